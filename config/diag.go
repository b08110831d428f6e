package config

import (
	"cmp"
	"slices"
)

// Severity tells errors from warnings.
type Severity string

// The severities. A configuration with errors is not loaded.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one problem of a configuration. It shows no secret.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	// Summary is one line: "Unknown argument \"prioriti\"".
	Summary string `json:"summary"`
	// Detail is further sentences for which the caret line is too short.
	Detail string `json:"detail,omitempty"`
	// Places are where it is, the main one first; none where there is no file.
	Places []Place `json:"places,omitempty"`
}

// Place is a part of a line of a file.
type Place struct {
	File string `json:"file"`
	// Line and Column count from 1; columns are characters.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Context is the block it is in: `vrrp_instance "VI_1"`; empty at the root.
	Context string `json:"context,omitempty"`
	// Source is the line, with secrets masked.
	Source string `json:"source"`
	// Hint is what is said beside the caret; may be empty.
	Hint string `json:"hint,omitempty"`

	// mark is the part of Source under the caret, in bytes.
	mark [2]int
	// offset is the place in the file, for sorting.
	offset int
	// order is the position of the file among the files.
	order int
}

// Diagnostics are the problems of one load, in the order of the files.
type Diagnostics []*Diagnostic

// HasErrors reports whether any of them is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Count returns the number of errors and of warnings.
func (ds Diagnostics) Count() (errors, warnings int) {
	for _, d := range ds {
		if d.Severity == Error {
			errors++
		} else {
			warnings++
		}
	}
	return errors, warnings
}

// sorted puts ds into file order.
func (ds Diagnostics) sorted() Diagnostics {
	slices.SortStableFunc(ds, func(a, b *Diagnostic) int {
		pa, pb := a.first(), b.first()
		return cmp.Or(cmp.Compare(pa.order, pb.order), cmp.Compare(pa.offset, pb.offset), cmp.Compare(a.Summary, b.Summary), cmp.Compare(pa.Hint, pb.Hint))
	})
	return ds
}

// first returns the main place, or the zero place.
func (d *Diagnostic) first() Place {
	if len(d.Places) == 0 {
		return Place{}
	}
	return d.Places[0]
}
