package control

import (
	"director/config"
	"director/internal/api"
	"director/internal/track"
	"director/internal/wire"
)

// instance is what the dataplane last said of an instance; before the first
// word, what is configured.
func (e *engine) instance(c *config.Instance) api.Instance {
	t := e.instances[c.VRRP.Name]
	i, st := t.what, t.what.Status
	out := api.Instance{
		Name: c.VRRP.Name, Interface: c.VRRP.Interface, Family: c.VRRP.Family.String(), VirtualRouterID: int(c.VRRP.VRID),
		Version: int(c.VRRP.Version), SyncGroup: c.Group,
		State: st.Role.String(), Since: since(i.Since + age(t.at)), Reason: st.Reason, Transitions: st.Transitions,
		Faults: list(st.Faults), Waiting: list(st.Waits),
		Priority: int(st.Priority), BasePriority: int(c.VRRP.Priority), Terms: terms(i.Terms), LastResort: list(i.LastResort),
		Preparing: st.Preparing, Wishing: st.Wishing, HandingOver: st.HandingOver, HandedOver: st.Ceded, Lingering: i.Lingering,
		SmallestMarginSeconds: st.SmallestMargin.Seconds(),
		Adverts: api.Adverts{
			Sent: st.Sent, SentPriorityZero: st.SentZero, Received: st.Received, ReceivedPriorityZero: st.ReceivedZero,
			SendErrors: st.SendErrors, WorstLatenessSeconds: st.WorstLateness.Seconds(),
		},
		Dropped: st.Drops, Odd: api.Odd(st.Odd), Addresses: addresses(i.Addresses), Routes: routes(i.Routes),
		Error: i.Error, AgeSeconds: age(t.at).Seconds(),
	}
	if out.Dropped == nil {
		out.Dropped = map[string]uint64{}
	}
	if st.Source.IsValid() {
		out.Source = st.Source.String()
	}
	if st.Master.IsValid() {
		out.LastMaster, out.LastMasterPriority = st.Master.String(), int(st.MasterPriority)
	}
	return out
}

// list is never null in JSON.
func list(names []string) []string { return append([]string{}, names...) }

func terms(terms []track.Term) []api.Term {
	out := make([]api.Term, 0, len(terms))
	for _, t := range terms {
		out = append(out, api.Term{Source: t.ID.String(), Delta: t.Delta})
	}
	return out
}

func addresses(states []wire.AddressState) []api.Address {
	out := make([]api.Address, 0, len(states))
	for _, a := range states {
		out = append(out, api.Address{Address: a.Key.Prefix.String(), Interface: a.Key.Interface, State: a.State, Error: a.Error})
	}
	return out
}

func routes(states []wire.ObjectState) []api.Route {
	out := make([]api.Route, 0, len(states))
	for _, r := range states {
		out = append(out, api.Route{Route: r.Text, State: r.State, Error: r.Error})
	}
	return out
}
