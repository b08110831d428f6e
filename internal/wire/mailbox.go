package wire

import (
	"context"
	"sync"
)

// Mailbox keeps the newest value of each key until somebody takes it. Keys come
// out in the order in which they became occupied, so that none starves. It is
// safe for concurrent use; the zero value is not usable.
type Mailbox[K comparable, V any] struct {
	mu     sync.Mutex // guards the fields below
	order  []K
	values map[K]V
	ready  chan struct{}
}

// NewMailbox returns an empty mailbox.
func NewMailbox[K comparable, V any]() *Mailbox[K, V] {
	return &Mailbox[K, V]{values: map[K]V{}, ready: make(chan struct{}, 1)}
}

// Set replaces whatever is waiting for the key. It never blocks.
func (m *Mailbox[K, V]) Set(key K, v V) {
	m.mu.Lock()
	if _, waiting := m.values[key]; !waiting {
		m.order = append(m.order, key)
	}
	m.values[key] = v
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// Ready has an element whenever something may be waiting.
func (m *Mailbox[K, V]) Ready() <-chan struct{} { return m.ready }

// Take removes and returns everything that is waiting, oldest key first.
func (m *Mailbox[K, V]) Take() []V {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]V, 0, len(m.order))
	for _, k := range m.order {
		out = append(out, m.values[k])
	}
	m.order = m.order[:0]
	clear(m.values)
	return out
}

// Next waits for a value and removes it; the error is the context's.
func (m *Mailbox[K, V]) Next(ctx context.Context) (V, error) {
	for {
		m.mu.Lock()
		if len(m.order) > 0 {
			k := m.order[0]
			m.order = m.order[1:]
			v := m.values[k]
			delete(m.values, k)
			m.mu.Unlock()
			return v, nil
		}
		m.mu.Unlock()
		select {
		case <-ctx.Done():
			var zero V
			return zero, context.Cause(ctx)
		case <-m.ready:
		}
	}
}
