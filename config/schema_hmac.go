package config

// hmacBlock is auth_hmac.
var hmacBlock = &block{
	name: "auth_hmac", once: true, doc: "Signs adverts of both versions with HMAC-SHA-256, as keepalived 2.4.2 does. No other router has been tried.",
	attrs: []attr{
		{name: "active_key", kind: integer(1, 255), required: true, doc: "The key that signs."},
		{name: "time_window", kind: wholeSeconds(1, 300), doc: "Accepted difference of the clocks.", def: "three times advert_int, at least 5"},
		{name: "anti_replay", kind: oneOf("time", "monotonic"), doc: "time: a stamp must be within time_window and newer than the last; monotonic: newer than the last, and no clock is compared.", def: `"time"`},
		{name: "mode", kind: oneOf("enforce", "permissive", "receive-only"), doc: "enforce: drop what is not signed; permissive: accept it; receive-only: accept it, and sign nothing.", def: `"enforce"`},
	},
	blocks: []*block{{
		name: "key", label: "id", doc: "A key, 1 to 255.",
		attrs: []attr{
			{name: "value", kind: text_, required: true, secret: true, doc: `32 to 64 bytes: as text, "hex:" and digits, or "file:" and the path of a file that holds either.`},
		},
	}},
}
