package ipvs

import (
	"slices"
)

// Record says which services this director has programmed, or is about to. The
// kernel keeps no owner, so the record is what tells a director's own leftovers
// from the services of others after a crash. It is written before the kernel is
// changed ([Ownership].Before) and again after ([Ownership].After); where both
// are lost, as /run is at a reboot, so is the kernel's table. It is plain JSON.
type Record struct {
	// Services are keys as Key.String prints them, sorted.
	Services []string `json:"services"`
}

// Has reports whether the service is in the record.
func (r Record) Has(k Key) bool {
	return slices.Contains(r.Services, k.normal().String())
}

// Ownership says what of the kernel's table is whose.
type Ownership struct {
	// Ours are the kernel's services that are wanted or in the record: what
	// Diff may be given as have. Those that are not wanted will be removed.
	Ours []Service
	// TakenOver are those of Ours that are wanted and not in the record:
	// somebody else made them, or the record is lost. That is said in the log.
	TakenOver []Key
	// Foreign are the services of others, which stay as they are.
	Foreign []Key
	// Before is the record to write before the kernel is changed: what is
	// wanted, and what of the record is still in the kernel.
	Before Record
	// After is the record to write when every operation has succeeded.
	After Record
}

// Owned tells the services in the kernel apart. A service that others made under
// a key that is wanted is taken over, because a key exists once; one under a key
// that is configured but not wanted now, as on a backup, is foreign until then.
// The order of kernel is kept.
func Owned(record Record, kernel, wanted []Service) Ownership {
	recorded := make(map[string]bool, len(record.Services))
	for _, name := range record.Services {
		recorded[name] = true
	}
	want := make(map[Key]bool, len(wanted))
	for i := range wanted {
		want[wanted[i].Key.normal()] = true
	}
	var o Ownership
	before := make([]Key, 0, len(want))
	for key := range want {
		before = append(before, key)
	}
	o.After = recordOf(before)
	for _, s := range kernel {
		key := s.Key.normal()
		switch inRecord := recorded[key.String()]; {
		case want[key]:
			o.Ours = append(o.Ours, s)
			if !inRecord {
				o.TakenOver = append(o.TakenOver, key)
			}
		case inRecord:
			o.Ours = append(o.Ours, s)
			before = append(before, key)
		default:
			o.Foreign = append(o.Foreign, key)
		}
	}
	o.Before = recordOf(before)
	return o
}

// recordOf returns the record of the keys.
func recordOf(keys []Key) Record {
	names := make([]string, 0, len(keys))
	for _, k := range keys {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return Record{Services: slices.Compact(names)}
}
