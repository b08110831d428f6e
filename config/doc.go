// Package config turns HCL files into a [Config]: complete, consistent values
// with every default filled in. Every mistake is a [Diagnostic] with its place,
// all of them in one run.
//
// What the language has is in tables (the schema_*.go files); one decoder walks
// them. A [Source] holds the bytes of everything that one load read, so that
// the same configuration can be had again when the files have changed.
//
// Package config looks at nothing but files, host name and environment: whether
// an interface exists is for others to find out. Nothing past it imports HCL.
package config
