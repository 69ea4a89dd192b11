package nango_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) lines() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return strings.Split(strings.TrimSpace(b.buffer.String()), "\n")
}

func TestLogEvents(t *testing.T) {
	asked := 0
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"error":{"code":"server_error","message":"out of order"}}`))
			return
		}
		answer(`{"connection_id":"alice","credentials":{"type":"OAUTH2","access_token":"HUSH"}}`)(w, r)
	})
	client := newClient(t, nango.WithBaseURL(url), nango.WithEvents(16))
	var out lockedBuffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ended := make(chan error, 1)
	go func() { ended <- client.LogEvents(background(), logger) }()
	if _, err := client.GetToken(background(), "github", "alice"); err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, func() {
		for len(out.lines()) < 2 {
			time.Sleep(time.Millisecond)
		}
	})
	var failed, done struct {
		Time      time.Time
		Level     string
		Msg       string
		Operation string
		Attempt   int
		RetryIn   *int64 `json:"retry_in_ms"`
		Error     *struct {
			Code       string
			HTTPStatus int    `json:"http_status"`
			APICode    string `json:"api_code"`
			Message    string
		}
	}
	lines := out.lines()
	decode(t, []byte(lines[0]), &failed)
	decode(t, []byte(lines[1]), &done)
	if failed.Level != "WARN" || failed.Msg != "nango: attempt" ||
		failed.Operation != "get_token" || failed.Attempt != 1 || failed.RetryIn == nil ||
		failed.Error == nil || failed.Error.Code != "SERVER" || failed.Error.HTTPStatus != 500 ||
		failed.Error.APICode != "server_error" ||
		failed.Error.Message == "" {
		t.Errorf("got %s", lines[0])
	}
	if done.Level != "DEBUG" || done.Attempt != 2 || done.Error != nil || done.RetryIn != nil ||
		time.Since(done.Time) > time.Minute {
		t.Errorf("got %s", lines[1])
	}
	if strings.Contains(strings.Join(lines, ""), "HUSH") {
		t.Error("a secret in the log")
	}
	_ = client.Close()
	if err := <-ended; err != nil {
		t.Errorf("got %v", err)
	}
}

func TestLogEventsEnds(t *testing.T) {
	client := newClient(t, nango.WithEvents(1))
	ctx, cancel := context.WithCancel(background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := client.LogEvents(ctx, slog.Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantCode(
		t,
		newClient(t).LogEvents(background(), slog.Default()),
		nango.ErrInvalidArgument,
		nango.CodeInvalidArgument,
	)

	// The loop does not keep an abandoned client alive.
	ended := make(chan error, 1)
	func() {
		abandoned, err := nango.NewFromEnv(nango.WithEvents(1))
		if err != nil {
			t.Fatal(err)
		}
		go func() { ended <- abandoned.LogEvents(background(), slog.Default()) }()
	}()
	for range 200 {
		runtime.GC()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("got %v", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the loop keeps an abandoned client alive")
}

func TestWarningEvent(t *testing.T) {
	client := newClient(t, nango.WithBaseURL("http://nango.example"), nango.WithEvents(4))
	var out lockedBuffer
	ctx, cancel := context.WithTimeout(background(), 50*time.Millisecond)
	defer cancel()
	_ = client.LogEvents(ctx, slog.New(slog.NewJSONHandler(&out, nil)))
	var line map[string]json.RawMessage
	decode(t, []byte(out.lines()[0]), &line)
	if string(line["level"]) != `"WARN"` || string(line["msg"]) != `"nango: warning"` ||
		!strings.Contains(string(line["message"]), "plain HTTP") {
		t.Errorf("got %s", out.lines())
	}
}
