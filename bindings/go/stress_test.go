package nango_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// Clients are created, used, closed and abandoned at the same time, while the garbage collector
// runs all the time.
func TestStress(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	long := newClient(t)
	silent, _ := silence(t)
	end := time.Now().Add(3 * time.Second)
	var done, ended, closed atomic.Int64
	check := func(token nango.Secret, err error) {
		switch {
		case err == nil && token.Reveal() == "sk_dev_carol":
			done.Add(1)
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			ended.Add(1)
		case errors.Is(err, nango.ErrClosed):
			closed.Add(1)
		default:
			t.Errorf("got %q, %v", token.Reveal(), err)
		}
	}
	var running sync.WaitGroup
	for worker := range 16 {
		running.Add(1)
		go func() {
			defer running.Done()
			for time.Now().Before(end) {
				ctx, cancel := context.WithTimeout(
					background(),
					time.Duration(rand.IntN(4000))*time.Microsecond,
				)
				switch worker % 4 {
				case 0:
					check(long.GetToken(ctx, "stripe-key", "carol"))
				case 1:
					client, err := nango.NewFromEnv(nango.WithEvents(2))
					if err != nil {
						t.Error(err)
						cancel()
						return
					}
					if rand.IntN(2) == 0 {
						time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, func() { _ = client.Close() })
					}
					// Otherwise the client is abandoned.
					check(client.GetToken(background(), "stripe-key", "carol"))
					_ = client.NextEventJSON()
				case 2:
					for connection, err := range long.ListConnections(ctx, nango.Filter{PageSize: 3}) {
						if err != nil {
							check(nango.Secret{}, err)
						} else if connection.ConnectionID == "" {
							t.Error("an empty connection")
						}
					}
				case 3:
					client, err := nango.NewFromEnv(nango.WithBaseURL(silent))
					if err != nil {
						t.Error(err)
						cancel()
						return
					}
					check(client.GetToken(ctx, "stripe-key", "carol"))
				}
				cancel()
			}
		}()
	}
	running.Wait()
	t.Logf(
		"%d done, %d ended by their contexts, %d by Close",
		done.Load(),
		ended.Load(),
		closed.Load(),
	)
	if done.Load() == 0 || ended.Load() == 0 || closed.Load() == 0 {
		t.Error("some outcomes did not occur")
	}
}
