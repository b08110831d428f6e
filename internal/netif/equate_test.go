package netif

import (
	"net/netip"

	"github.com/google/go-cmp/cmp/cmpopts"
)

// equateNetip lets cmp compare addresses, whose fields are hidden.
var equateNetip = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})
