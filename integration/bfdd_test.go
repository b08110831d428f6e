package integration

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

const (
	bfdInterval   = 50 * time.Millisecond
	bfdMultiplier = 3
	bfdDetection  = bfdMultiplier * bfdInterval
	// The director advertises one priority with and another without the neighbour.
	bfdUp, bfdDown = 140, 100
)

// A watched is a director that has a higher priority while FRR's bfdd is there.
type watched struct {
	lab            *lab.Lab
	host, neighbor *lab.Host
	director       *lab.Director
	conf           string
	zebra          *lab.FRR
	bfdd           *lab.Process
	bfddConf       string
	witness        *lab.Witness
}

// testBFDD takes a session of director with bfdd up and down, each way there is.
func testBFDD(t *testing.T, own, neighbor netip.Addr) {
	l := lab.New(t)
	lan := l.Segment("lan")
	w := &watched{lab: l, witness: lan.Witness()}
	w.host = l.Host("director", lan.At("10.99.0.2/24", "fd99::2/64"))
	w.neighbor = l.Host("frr", lan.At("10.99.0.3/24", "fd99::3/64"))
	w.conf = l.File("director/director.hcl", fmt.Sprintf(bfdConf, neighbor, own, bfdInterval, bfdMultiplier, bfdDown, bfdUp-bfdDown))
	w.bfddConf = fmt.Sprintf("bfd\n peer %s local-address %s interface eth0\n  receive-interval %[3]d\n  transmit-interval %[3]d\n  detect-multiplier %[4]d\n",
		own, neighbor, bfdInterval.Milliseconds(), bfdMultiplier)
	w.zebra = w.neighbor.FRR()

	w.director = w.host.Director(w.conf)
	w.advertises(bfdDown, time.Now(), 5*time.Second)
	w.startBFDD()
	w.bothUp()
	lab.Claim(t, "the session with bfdd comes up on both sides, and the priority goes from %d to %d", bfdDown, bfdUp)

	begin := time.Now()
	w.bfdd.Kill()
	took := w.timesOut(begin)
	w.startBFDD()
	w.bothUp()
	lab.Claim(t, "bfdd is killed: %s later director advertises %d (detection time %s); it returns, and so does the priority", ms(took), bfdDown, ms(bfdDetection))

	begin = time.Now()
	w.neighbor.Cut()
	took = w.timesOut(begin)
	w.eventually("bfdd has timed out", w.bfddDown)
	w.neighbor.Connect()
	w.bothUp()
	lab.Claim(t, "the cable is cut: both sides time out, director after %s, and are up again when it is whole", ms(took))

	begin = time.Now()
	w.director.Kill()
	w.eventually("bfdd has timed out", w.bfddDown)
	took = time.Since(begin)
	w.director = w.host.Director(w.conf)
	w.bothUp()
	lab.Claim(t, "director is killed: bfdd says so after %s at most; director returns, the session and the priority too", ms(took))

	w.director.Stop()
	w.eventually("bfdd knows that director has stopped", func() bool {
		return w.bfddSays().RemoteDiagnostic == "administratively down"
	})
	lab.Claim(t, "stop of director: bfdd is told that the session is administratively down")
}

// bfdd wants the TTL that RFC 5881 demands, also of IPv6.
const bfdConf = `bfd_instance "frr" {
  neighbor_ip = "%s"
  source_ip   = "%s"
  min_rx      = "%[3]s"
  min_tx      = "%[3]s"
  multiplier  = %[4]d
  ttl         = 255
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = %[5]d
  advert_int        = "30ms"
  track_bfd "frr" { weight = %[6]d }
  virtual_ipaddress "10.99.0.100/24" {}
}
`

func (w *watched) startBFDD() { w.bfdd = w.zebra.Daemon(lab.BFDD, w.bfddConf) }

func (w *watched) eventually(what string, so func() bool) {
	w.lab.Eventually(5*time.Second+room, what, so)
}

// advertises waits for the first advert with a priority since a moment and
// returns when that was.
func (w *watched) advertises(priority uint8, since time.Time, within time.Duration) time.Time {
	var at time.Time
	w.lab.Eventually(within, fmt.Sprintf("director advertises %d", priority), func() bool {
		for _, a := range w.witness.Adverts(since) {
			if a.Priority == priority {
				at = a.At
				return true
			}
		}
		return false
	})
	return at
}

// bothUp waits until both sides call the session up and the priority says so,
// and then watches for longer than the detection time that it stays.
func (w *watched) bothUp() {
	w.eventually("bfdd is up", func() bool { return w.bfddSays().Status == "up" })
	w.eventually("director is up", func() bool { return w.session().Up })
	w.advertises(bfdUp, time.Now(), room)
	begin := time.Now()
	w.lab.Always(3*bfdDetection, "bfdd is up", func() bool { return w.bfddSays().Status == "up" })
	for _, a := range w.witness.Adverts(begin) {
		w.lab.Expect(a.Priority == bfdUp, "director advertised %d while the session was up", a.Priority)
	}
}

// timesOut waits until director has noticed that the neighbour is gone since a
// moment, and returns how long that took.
func (w *watched) timesOut(since time.Time) time.Duration {
	took := w.advertises(bfdDown, since, bfdDetection+room).Sub(since)
	// The last packet may have come an interval before, and takes up to a quarter
	// less than that to come (RFC 5880 section 6.8.7).
	w.lab.Expect(took > bfdDetection-bfdInterval-bfdInterval/4, "director noticed after %v, before the detection time", took)
	w.eventually("director's session is down", func() bool { s := w.session(); return !s.Up && s.State != "Up" })
	return took
}

// session is director's side.
func (w *watched) session() api.Session {
	var status api.Status
	if err := w.director.Status(&status); err != nil || len(status.BFD) != 1 {
		return api.Session{}
	}
	return status.BFD[0]
}

// A bfddPeer is what bfdd says of its session.
type bfddPeer struct {
	Status           string `json:"status"`
	Diagnostic       string `json:"diagnostic"`
	RemoteDiagnostic string `json:"remote-diagnostic"`
}

func (w *watched) bfddSays() bfddPeer {
	var peers []bfddPeer
	if err := json.Unmarshal([]byte(w.zebra.Show("show bfd peers json")), &peers); err != nil || len(peers) != 1 {
		return bfddPeer{}
	}
	return peers[0]
}

func (w *watched) bfddDown() bool {
	says := w.bfddSays()
	return says.Status == "down" && says.Diagnostic == "control detection time expired"
}
