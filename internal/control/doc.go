// Package control is the process that reads the configuration, runs the checks
// and answers questions. It tells the dataplane what is wanted and holds
// nothing that the dataplane would miss: it may be killed at any moment, and the
// next one goes on from what the dataplane remembers.
//
// One goroutine owns its state ([engine]); checks, the socket and the wire post
// to it.
package control
