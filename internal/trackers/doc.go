// Package trackers watches the scripts, files and processes that instances
// track, for the control process. What their states do to an instance is package
// track's.
package trackers
