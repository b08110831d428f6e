package control

import (
	"director/config"
	"director/internal/wire"
)

// begin is what the dataplane has to know of a configuration before its services.
func begin(cfg *config.Config, generation uint64, packed []byte) *wire.Begin {
	b := &wire.Begin{
		Generation: generation, Full: true, Source: packed,
		Static: wire.Static(cfg.Static), Sessions: cfg.Sessions, Settings: settings(&cfg.Global),
	}
	for n := range cfg.Instances {
		b.Instances = append(b.Instances, instance(&cfg.Instances[n]))
	}
	for _, g := range cfg.Groups {
		b.Groups = append(b.Groups, wire.Group{Name: g.Name, Members: g.Members})
	}
	return b
}

func instance(i *config.Instance) wire.Instance {
	return wire.Instance{
		VRRP: i.VRRP, Addresses: i.Addresses, Announce: i.Announce, Tracks: i.Tracks,
		Link: i.Link, XmitBase: i.XmitBase, MoreLinks: i.MoreLinks, Routes: i.Routes, Rules: i.Rules,
		Refuse: i.Refuse, PromoteSecondaries: i.PromoteSecondaries,
	}
}

func settings(g *config.Global) wire.Settings {
	s := wire.Settings{
		StartupDelay: g.StartupDelay, DelayAfterBoot: g.DelayAfterBoot, LogUnknownVRIDs: g.LogUnknownVRIDs,
		Firewall: g.Firewall, AnnounceGroups: g.AnnounceGroups, DisableLocalIGMP: g.DisableLocalIGMP,
		NetlinkBuffer: g.NetlinkBuffer, ChildWait: g.ChildWait,
	}
	for _, d := range g.InterfaceDelays {
		s.InterfaceDelays = append(s.InterfaceDelays, wire.InterfaceDelay(d))
	}
	return s
}
