// Package lab builds small networks of machines for tests: each [Host] is a
// network namespace, each [Segment] a bridge, and the programs on them are real
// ones: directors, keepalived, FRR, web servers, a client that counts what it sees.
//
// A test reads like a runbook:
//
//	lab.Need(t, lab.Netns, lab.Keepalived)
//	l := lab.New(t)
//	lan := l.Segment("lan")
//	a := l.Host("a", lan.At("10.99.0.2/24"))
//	b := l.Host("b", lan.At("10.99.0.3/24"))
//	a.Keepalived(confA)
//	b.Keepalived(confB)
//	a.EventuallyHas(vip, 5*time.Second)
//	lab.Claim(t, "the higher priority holds the address")
//	a.Crash()
//	b.EventuallyHas(vip, 5*time.Second)
//
// Everything a lab makes has a random name and is gone when the test ends. The
// package itself decides nothing about directors and never mocks anything.
package lab
