package lab

// Latest returns the last advert of a virtual router that was seen, from
// whomever; false: there was none.
func (w *Witness) Latest(vrid uint8) (Advert, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := len(w.adverts) - 1; n >= 0; n-- {
		if w.adverts[n].VRID == vrid {
			return w.adverts[n], true
		}
	}
	return Advert{}, false
}
