package netif

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// AddRule adds a rule. If it is there as wanted it is AlreadyOurs, or Foreign
// if somebody else has made it; then nothing is changed. A rule with a Protocol
// of its own counts as ours when it stands exactly as wanted.
//
// An error wraps what Check says or the kernel's errno, and names the rule.
func (t *Table) AddRule(ctx context.Context, r Rule) (Outcome, error) {
	outcome, err := t.addRule(ctx, r)
	if err != nil {
		return 0, fmt.Errorf("add rule %s: %w", r.Key(), err)
	}
	return outcome, nil
}

func (t *Table) addRule(ctx context.Context, r Rule) (Outcome, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	want := r.Key()
	t.change.Lock()
	defer t.change.Unlock()
	all, err := t.rules(ctx, want.Family)
	if err != nil {
		return 0, err
	}
	if slices.Contains(all, want) {
		t.own.keepRule(want)
		return AlreadyOurs, nil
	}
	for _, have := range all {
		have.Protocol = want.Protocol
		if have == want {
			return Foreign, nil
		}
	}
	return Added, t.createRule(want)
}

// createRule asks the kernel for a rule that was not listed. NLM_F_EXCL is left
// out on purpose: with it the kernel takes a rule that says more for the same.
func (t *Table) createRule(k RuleKey) error {
	req := t.request(unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_ACK)
	k.write(req)
	t.own.keepRule(k) // before its event comes
	if _, err := req.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		t.own.dropRule(k)
		return err
	}
	return nil
}

// DeleteRule takes a rule of ours away. One that is not there, or not ours, is
// left alone without an error.
func (t *Table) DeleteRule(ctx context.Context, r Rule) error {
	if err := t.deleteRule(ctx, r); err != nil {
		return fmt.Errorf("delete rule %s: %w", r.Key(), err)
	}
	return nil
}

func (t *Table) deleteRule(ctx context.Context, r Rule) error {
	if err := r.Check(); err != nil {
		return err
	}
	want := r.Key()
	t.change.Lock()
	defer t.change.Unlock()
	before, err := t.rules(ctx, want.Family)
	if err != nil {
		return err
	}
	if !slices.Contains(before, want) {
		t.own.dropRule(want)
		return nil
	}
	// The kernel deletes the first rule that has what is named; one that has
	// more besides, and comes earlier, would go in place of ours.
	var errs []error
	for {
		if err := t.dropOneRule(want); err != nil {
			return errors.Join(append(errs, err)...)
		}
		after, err := t.rules(context.WithoutCancel(ctx), want.Family)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if !slices.Contains(after, want) {
			errs = append(errs, t.restoreRules(before, after, want))
			break
		}
		if len(after) >= len(before) {
			return errors.Join(append(errs, unix.EBUSY)...)
		}
	}
	t.own.dropRule(want)
	return errors.Join(errs...)
}

// dropOneRule sends the deletion; a rule that has gone already is no error.
func (t *Table) dropOneRule(k RuleKey) error {
	req := t.request(unix.RTM_DELRULE, unix.NLM_F_ACK)
	k.write(req)
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// restoreRules adds those rules of ours again that went with another one.
func (t *Table) restoreRules(before, after []RuleKey, deleted RuleKey) error {
	var errs []error
	for _, k := range before {
		if k == deleted || k.Preference != deleted.Preference || k.Protocol != deleted.Protocol || slices.Contains(after, k) {
			continue
		}
		if err := t.createRule(k); err != nil {
			errs = append(errs, fmt.Errorf("restore %s, which the kernel deleted for it: %w", k, err))
		}
	}
	return errors.Join(errs...)
}

// OurRules lists the rules of ours, as the kernel has them: all that carry
// Mark, also those of an earlier run, and those of this run that were given a
// protocol. DeleteRule takes what it returns.
func (t *Table) OurRules(ctx context.Context) ([]Rule, error) {
	var ours []Rule
	for _, f := range []Family{IPv4, IPv6} {
		all, err := t.rules(ctx, uint8(f))
		if err != nil {
			return nil, err
		}
		for _, k := range all {
			if t.own.ownsRule(k) {
				ours = append(ours, Rule(k))
			}
		}
	}
	return ours, nil
}

// rules lists all rules of a family, in the kernel's order.
func (t *Table) rules(ctx context.Context, fam uint8) ([]RuleKey, error) {
	all, err := dump(ctx, func() ([]RuleKey, error) {
		r := t.request(unix.RTM_GETRULE, unix.NLM_F_DUMP)
		r.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: Family(fam).number()}})
		var all []RuleKey
		var broken error
		err := r.ExecuteIter(unix.NETLINK_ROUTE, unix.RTM_NEWRULE, func(message []byte) bool {
			var k RuleKey
			if k, broken = parseRule(message); broken != nil {
				return false
			}
			if k.Family == fam {
				all = append(all, k)
			}
			return true
		})
		return all, cmp.Or(broken, err)
	})
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return all, nil
}
