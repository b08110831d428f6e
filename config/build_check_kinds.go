package config

import (
	"fmt"

	"director/checkers"
	"director/internal/script"
	"director/internal/track"
)

func (b *builder) dns(scope []*node, s *checkers.Spec) {
	s.DNS = &checkers.DNS{Type: or(scope[0], "type", "SOA"), Name: or(scope[0], "name", ".")}
}

func (b *builder) smtp(scope []*node, s *checkers.Spec) {
	s.SMTP = &checkers.SMTP{Hello: or(scope[0], "helo_name", "director.invalid")}
}

func (b *builder) udp(scope []*node, s *checkers.Spec) {
	k := scope[0]
	u := &checkers.UDP{Payload: or(k, "payload", []byte(checkers.DefaultPayload))}
	s.UDP = u
	var pattern bool
	u.Reply, pattern = get[checkers.Pattern](k, "require_reply")
	u.RequireReply = pattern || or(k, "require_reply", false)
	if !u.RequireReply {
		wrong := k.misspelt("require_reply") || k.has("require_reply") && k.values["require_reply"].v == nil
		for _, name := range []string{"min_reply_length", "max_reply_length"} {
			if v, ok := k.values[name]; ok && !wrong {
				b.fail(v.name, name+" does not fit here", "it needs require_reply")
			}
		}
		return
	}
	u.MinReply, u.MaxReply = int(or(k, "min_reply_length", int64(0))), int(or(k, "max_reply_length", int64(255)))
	switch {
	case u.MinReply > u.MaxReply:
		b.fail(k.at("min_reply_length"), "No reply can be good", "max_reply_length is %d", u.MaxReply)
	case len(u.Reply.Bytes) > u.MaxReply:
		b.fail(k.at("require_reply"), "No reply can be good", "it has %d bytes, and max_reply_length is %d", len(u.Reply.Bytes), u.MaxReply)
	}
}

func (b *builder) misc(scope []*node, s *checkers.Spec) {
	k := scope[0]
	user := or(k, "user", identity{})
	s.Misc = &checkers.Misc{
		Command: script.Command{Args: or(k, "misc_path", []string(nil)), User: user.user, Group: user.group},
		Timeout: or(k, "misc_timeout", s.DelayLoop),
		Dynamic: or(k, "misc_dynamic", false),
	}
}

func (b *builder) fileCheck(scope []*node, s *checkers.Spec) {
	k := scope[0]
	s.Follow = &checkers.Follow{Name: or(k, "track_file", "")}
	if t := b.followed(k, "track_file", track.File); t != nil {
		s.Follow.Weight = int(or(k, "weight", t.weight))
		s.Follow.Reverse = or(k, "reverse", t.reverse)
	}
}

func (b *builder) bfdCheck(scope []*node, s *checkers.Spec) {
	s.Alpha = nearestOf(scope, "alpha", false)
	s.Follow = &checkers.Follow{Name: or(scope[0], "name", "")}
	b.followed(scope[0], "name", track.BFD)
}

// followed returns the tracked object that an argument of a checker names, or
// nil.
func (b *builder) followed(k *node, attr string, kind track.Kind) *tracked {
	name, ok := get[string](k, attr)
	if !ok {
		return nil
	}
	t := b.tracked[track.ID{Kind: kind, Name: name}]
	if t == nil {
		b.unknownTracked(k.at(attr), track.ID{Kind: kind, Name: name})
		return nil
	}
	t.used = true
	return t
}

// require settles how many checks of a server must pass.
func (b *builder) require(r, vs *node, rs *RealServer) {
	rs.RequireAny = nearestOf([]*node{r, vs}, "require", "all") == "any"
	if !rs.RequireAny || !r.has("require") {
		return
	}
	if len(rs.Checks) < 2 {
		b.warn(r.at("require"), `require = "any" has no effect here`, "the server has %s", checkCount(len(rs.Checks)))
	}
}

func checkCount(n int) string {
	if n == 0 {
		return "no check"
	}
	return fmt.Sprintf("%d check", n)
}
