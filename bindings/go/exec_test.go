package nango_test

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	nango "github.com/libnango/libnango/bindings/go"
)

// A Go program forks only to run another program. If it does so during a call, the call continues,
// and the other program inherits none of the call's descriptors.
func TestOtherProgramsDuringCalls(t *testing.T) {
	pem, err := os.ReadFile(os.Getenv("NANGO_DEV_CA_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	inherited := func() int {
		out, err := exec.Command("sh", "-c", "ls -l /proc/self/fd").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		count := 0
		for _, kind := range []string{"socket:", "eventfd", "eventpoll"} {
			count += strings.Count(string(out), kind)
		}
		return count
	}
	before := inherited()
	clients := []*nango.Client{
		newClient(t),
		newClient(t, nango.WithBaseURL(os.Getenv("NANGO_DEV_TLS_HOST")), nango.WithCAPEM(pem)),
	}
	var over atomic.Bool
	var calls atomic.Int64
	var running sync.WaitGroup
	for worker := range 8 {
		running.Add(1)
		go func() {
			defer running.Done()
			for !over.Load() {
				token, err := clients[worker%2].GetToken(background(), "stripe-key", "carol")
				if err != nil || token.Reveal() != "sk_dev_carol" {
					t.Errorf("got %q, %v", token.Reveal(), err)
					return
				}
				calls.Add(1)
			}
		}()
	}
	for range 50 {
		if now := inherited(); now > before {
			t.Errorf("a program that was started meanwhile inherits %d descriptors", now-before)
			break
		}
	}
	over.Store(true)
	running.Wait()
	t.Logf("%d calls while 50 programs ran", calls.Load())
	if calls.Load() == 0 {
		t.Error("no call was made meanwhile")
	}
}
