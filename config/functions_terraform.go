package config

import (
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// The functions here are those whose namesakes in cty do not do what Terraform
// does.

var dynamicParam = function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true}

// lengthFunc also counts the characters of a string.
var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{dynamicParam},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		if ty != cty.String && ty != cty.DynamicPseudoType && !args[0].CanIterateElements() && !ty.IsTupleType() && !ty.IsCollectionType() && !ty.IsObjectType() {
			return cty.Number, function.NewArgErrorf(0, "a string, list or map is required")
		}
		return cty.Number, nil
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].Type() == cty.String {
			return stdlib.Strlen(args[0])
		}
		return cty.NumberIntVal(int64(args[0].LengthInt())), nil
	},
})

// indexFunc is the position of a value in a list.
var indexFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, dynamicParam},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if ty := args[0].Type(); !ty.IsListType() && !ty.IsTupleType() {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "a list is required")
		}
		i := int64(0)
		for it := args[0].ElementIterator(); it.Next(); i++ {
			if _, v := it.Element(); v.RawEquals(args[1]) {
				return cty.NumberIntVal(i), nil
			}
		}
		return cty.UnknownVal(cty.Number), errors.New("the value is not in the list")
	},
})

// lookupFunc is the value of a key in a map or object, or the default.
var lookupFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "map", Type: cty.DynamicPseudoType}, {Name: "key", Type: cty.String},
	},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		v, err := lookup(args)
		return v.Type(), err
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return lookup(args) },
})

func lookup(args []cty.Value) (cty.Value, error) {
	if ty := args[0].Type(); ty != cty.DynamicPseudoType && !ty.IsMapType() && !ty.IsObjectType() {
		return cty.DynamicVal, function.NewArgErrorf(0, "a map or object is required")
	}
	if len(args) > 3 {
		return cty.DynamicVal, function.NewArgErrorf(3, "there can be one default")
	}
	if !args[0].IsKnown() || !args[1].IsKnown() {
		return cty.DynamicVal, nil
	}
	if v, ok := args[0].AsValueMap()[args[1].AsString()]; ok {
		return v, nil
	}
	if len(args) < 3 {
		return cty.DynamicVal, errors.New("there is no such key, and no default")
	}
	return args[2], nil
}

// replaceFunc takes a pattern between slashes for a regular expression.
var replaceFunc = stringFunc([]function.Parameter{{Name: "str", Type: cty.String}, {Name: "substr", Type: cty.String}, {Name: "replace", Type: cty.String}},
	func(args []cty.Value) (string, error) {
		p := args[1].AsString()
		do := stdlib.Replace
		if len(p) > 1 && strings.HasPrefix(p, "/") && strings.HasSuffix(p, "/") {
			do, p = stdlib.RegexReplace, p[1:len(p)-1]
		}
		v, err := do(args[0], cty.StringVal(p), args[2])
		if err != nil {
			return "", err
		}
		return v.AsString(), nil
	})

// startsWith and endsWith look at the ends of a string.
var (
	startsWith = boolFunc("prefix", strings.HasPrefix)
	endsWith   = boolFunc("suffix", strings.HasSuffix)
)

func boolFunc(what string, is func(s, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: what, Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(is(args[0].AsString(), args[1].AsString())), nil
		},
	})
}
