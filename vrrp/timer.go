package vrrp

import "time"

// defaultDownTimerAdverts is the standards' number of missed adverts.
const defaultDownTimerAdverts = 3

// skew is the part of the master-down time that depends on priority, so that
// the best backup wakes first (RFC 9568, section 6.1). Version 2 takes it of a
// second, version 3 of the master's interval. It is not rounded to
// centiseconds: at 30 ms and priority 254 it is 234 microseconds.
func skew(cfg *Config, priority uint8, interval time.Duration) time.Duration {
	if cfg.Version == 2 {
		interval = time.Second
	}
	return time.Duration(256-int64(priority)) * interval / 256
}

func (c *Config) downTimerAdverts() int {
	if c.DownTimerAdverts == 0 {
		return defaultDownTimerAdverts
	}
	return c.DownTimerAdverts
}

// downTime is how long a backup of that priority waits for a master that
// advertises at interval.
func downTime(cfg *Config, priority uint8, interval time.Duration) time.Duration {
	return time.Duration(cfg.downTimerAdverts())*interval + skew(cfg, priority, interval)
}
