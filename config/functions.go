package config

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are what expressions may call, by Terraform's names. None of them
// depends on anything but its arguments and what src has recorded.
func functions(src *Source) map[string]function.Function {
	return map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "chomp": stdlib.ChompFunc,
		"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
		"floor": stdlib.FloorFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc,
		"indent": stdlib.IndentFunc, "index": indexFunc, "join": stdlib.JoinFunc,
		"jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc, "keys": stdlib.KeysFunc,
		"length": lengthFunc, "log": stdlib.LogFunc, "lookup": lookupFunc, "lower": stdlib.LowerFunc,
		"max": stdlib.MaxFunc, "merge": stdlib.MergeFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc,
		"pow": stdlib.PowFunc, "range": stdlib.RangeFunc, "regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc,
		"replace": replaceFunc, "reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
		"setproduct": stdlib.SetProductFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc,
		"signum": stdlib.SignumFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "split": stdlib.SplitFunc,
		"strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc,
		"trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc,
		"upper": stdlib.UpperFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
		"tobool": stdlib.MakeToFunc(cty.Bool), "tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String),
		"tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)), "tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"try":   tryfunc.TryFunc, "can": tryfunc.CanFunc,
		"startswith": startsWith, "endswith": endsWith, "cidrhost": cidrHost, "cidrsubnet": cidrSubnet, "cidrnetmask": cidrNetmask, "file": fileFunc(src),
	}
}

// fileFunc returns the contents of a file that is UTF-8 text.
func fileFunc(src *Source) function.Function {
	return stringFunc([]function.Parameter{{Name: "path", Type: cty.String}}, func(args []cty.Value) (string, error) {
		data, err := src.readOnce(args[0].AsString())
		if err != nil {
			return "", function.NewArgErrorf(0, "%s: %s", args[0].AsString(), err)
		}
		if !utf8.Valid(data) {
			return "", function.NewArgErrorf(0, "%s is not UTF-8 text", args[0].AsString())
		}
		return string(data), nil
	})
}

// stringFunc makes a function that returns a string.
func stringFunc(params []function.Parameter, impl func([]cty.Value) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: params, Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := impl(args)
			if err != nil {
				return cty.UnknownVal(cty.String), err
			}
			return cty.StringVal(s), nil
		},
	})
}

// cidrHost is the address of a host number in a network; negative numbers
// count from the end.
var cidrHost = stringFunc([]function.Parameter{{Name: "prefix", Type: cty.String}, {Name: "hostnum", Type: cty.Number}},
	func(args []cty.Value) (string, error) {
		p, err := network(args[0])
		if err != nil {
			return "", err
		}
		n, acc := args[1].AsBigFloat().Int(nil)
		if acc != big.Exact {
			return "", function.NewArgErrorf(1, "a whole number is required")
		}
		size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
		if n.Sign() < 0 {
			n.Add(n, size)
		}
		if n.Sign() < 0 || n.Cmp(size) >= 0 {
			return "", function.NewArgErrorf(1, "%s has no such host", p)
		}
		return addTo(p.Addr(), n).String(), nil
	})

// cidrSubnet is a subnet of a network, newbits longer.
var cidrSubnet = stringFunc([]function.Parameter{{Name: "prefix", Type: cty.String}, {Name: "newbits", Type: cty.Number}, {Name: "netnum", Type: cty.Number}},
	func(args []cty.Value) (string, error) {
		p, err := network(args[0])
		if err != nil {
			return "", err
		}
		newbits, acc := args[1].AsBigFloat().Int64()
		if acc != big.Exact || newbits < 0 || newbits > int64(p.Addr().BitLen()-p.Bits()) {
			return "", function.NewArgErrorf(1, "%s cannot be extended by that many bits", p)
		}
		n, acc := args[2].AsBigFloat().Int(nil)
		if acc != big.Exact || n.Sign() < 0 || n.BitLen() > int(newbits) {
			return "", function.NewArgErrorf(2, "there is no such subnet")
		}
		bits := p.Bits() + int(newbits)
		n.Lsh(n, uint(p.Addr().BitLen()-bits))
		return netip.PrefixFrom(addTo(p.Addr(), n), bits).String(), nil
	})

// cidrNetmask is the mask of an IPv4 network.
var cidrNetmask = stringFunc([]function.Parameter{{Name: "prefix", Type: cty.String}}, func(args []cty.Value) (string, error) {
	p, err := network(args[0])
	if err != nil {
		return "", err
	}
	if !p.Addr().Is4() {
		return "", function.NewArgError(0, errors.New("IPv6 has no netmask"))
	}
	return netmask(uint8(p.Bits())).String(), nil
})

// network parses an argument as a network.
func network(v cty.Value) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(v.AsString())
	if err != nil {
		return p, function.NewArgError(0, fmt.Errorf("%q is not a network such as 10.0.0.0/24", v.AsString()))
	}
	return p.Masked(), nil
}

// addTo adds n, which fits, to an address.
func addTo(a netip.Addr, n *big.Int) netip.Addr {
	sum := new(big.Int).Add(new(big.Int).SetBytes(a.AsSlice()), n)
	out, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, a.BitLen()/8)))
	return out
}
