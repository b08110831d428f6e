package checkers

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ownHeaders are those that director writes itself, by what to do instead.
var ownHeaders = map[string]string{
	"host":              "write virtualhost",
	"connection":        "http_protocol decides",
	"content-length":    "requests have no body",
	"transfer-encoding": "requests have no body",
}

// CheckHeader says what is wrong with a header of a request; an error completes
// "NAME ...".
func CheckHeader(name, value string) error {
	const token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if name == "" || strings.Trim(name, token) != "" {
		return errors.New("is no name of a header")
	}
	if instead := ownHeaders[strings.ToLower(name)]; instead != "" {
		return errors.New("is written by director: " + instead)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return errors.New("must not have control characters")
	}
	return nil
}

// CheckHost says what is wrong with a Host header; an error completes "NAME ...".
func CheckHost(host string) error {
	if !visible(host) {
		return errors.New("must have no blanks")
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return fmt.Errorf("needs brackets: [%s]", host)
	}
	return nil
}

// request returns the bytes that ask for u.
func request(s *Spec, u *URL) ([]byte, error) {
	method := u.Method
	if method == "" {
		method = "GET"
	}
	if !slices.Contains(Methods, method) {
		return nil, fmt.Errorf("method %q: want one of %s", method, strings.Join(Methods, ", "))
	}
	if !strings.HasPrefix(u.Path, "/") || !visible(u.Path) {
		return nil, fmt.Errorf("path %q: must begin with / and have no blanks", u.Path)
	}
	host := u.Host
	if host == "" {
		// The port is always there, also when it is 80.
		host = strings.ReplaceAll(s.Target.String(), "%"+s.Target.Addr().Zone(), "")
	}
	if err := CheckHost(host); err != nil {
		return nil, fmt.Errorf("virtualhost %q: %w", host, err)
	}
	version, end := "1.0", ""
	switch s.HTTP.Protocol {
	case "1.0":
	case "1.0C":
		end = "Connection: close\r\n"
	case "1.1":
		version, end = "1.1", "Connection: close\r\n"
	default:
		return nil, fmt.Errorf("http_protocol %q: want 1.0, 1.0C or 1.1", s.HTTP.Protocol)
	}
	if method == "POST" {
		end += "Content-Length: 0\r\n"
	}
	more, err := headers(u)
	if err != nil {
		return nil, err
	}
	return []byte(method + " " + u.Path + " HTTP/" + version + "\r\nHost: " + host + "\r\n" + more + end + "\r\n"), nil
}

// headers returns the headers that u asks for, and our name where it gives none.
func headers(u *URL) (string, error) {
	more, named := "", false
	for _, h := range u.Headers {
		if err := CheckHeader(h.Name, h.Value); err != nil {
			return "", fmt.Errorf("header %q: %w", h.Name, err)
		}
		more += h.Name + ": " + h.Value + "\r\n"
		named = named || strings.EqualFold(h.Name, "User-Agent")
	}
	if !named {
		more += "User-Agent: director\r\n"
	}
	return more, nil
}

// visible says whether s can stand in the first line or in a header.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
