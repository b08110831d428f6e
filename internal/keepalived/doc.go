// Package keepalived knows keepalived's configuration: every keyword of it, and
// what director makes of each. docs/keepalived.md says it to people; the tests
// here hold that page against the table of what keepalived does and against the
// language of package config.
package keepalived
