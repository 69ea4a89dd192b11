//go:build cgo

package nango

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// LogEvents writes the client's events to a logger until the context ends or the client is closed.
// Run it in its own goroutine. The client must have been created with [WithEvents].
//
//	go client.LogEvents(ctx, slog.Default())
//
// A successful attempt is logged at level Debug; a failed attempt and a warning are logged at level
// Warn. The attributes are the event's members, as [Client.NextEventJSON] describes them, and the
// time is the event's. Events hold no secrets.
//
// LogEvents returns nil if the client was closed, and the context's error otherwise.
func (c *Client) LogEvents(ctx context.Context, logger *slog.Logger) error {
	if err := c.check(ctx); err != nil {
		return err
	}
	if logger == nil {
		return newError(CodeInvalidArgument, "the logger is nil; pass slog.Default(), for example")
	}
	if !c.events {
		return newError(CodeInvalidArgument,
			"the client does not record events; create it with WithEvents")
	}
	// Hold the handle, not the client, so that this loop does not keep an abandoned client alive.
	handle := c.handle
	// A call signals its events when it completes; the ticker finds those of calls in progress.
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		for event := handle.nextEvent(); event != nil; event = handle.nextEvent() {
			logEvent(ctx, logger, event)
		}
		select {
		case <-handle.eventsPending:
		case <-ticker.C:
		case <-handle.ended:
			return nil
		case <-ctx.Done():
			return contextError(ctx)
		}
	}
}

// signalEvents wakes LogEvents, because there may be new events.
func (h *handle) signalEvents() {
	select {
	case h.eventsPending <- struct{}{}:
	default:
	}
}

func logEvent(ctx context.Context, logger *slog.Logger, event json.RawMessage) {
	m := membersOf(event)
	var kind, message string
	var at int64
	take(m, "event", &kind)
	take(m, "message", &message)
	take(m, "time_ms", &at)
	level := slog.LevelWarn
	if kind == "attempt" && string(m["error"]) == "null" {
		level = slog.LevelDebug
	}
	if !logger.Enabled(ctx, level) {
		return
	}
	record := slog.NewRecord(time.UnixMilli(at), level, "nango: "+kind, 0)
	if message != "" {
		record.AddAttrs(slog.String("message", message))
	}
	record.AddAttrs(attributes(m)...)
	_ = logger.Handler().Handle(ctx, record)
}

// attributes leaves out members without information: null, and a count of 0 dropped events.
func attributes(m members) (attrs []slog.Attr) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		text := string(m[name])
		if text == "null" || name == "dropped" && text == "0" {
			continue
		}
		if inner := membersOf(m[name]); inner != nil {
			attrs = append(attrs, slog.Attr{Key: name, Value: slog.GroupValue(attributes(inner)...)})
			continue
		}
		var number int64
		var other any
		switch {
		case json.Unmarshal(m[name], &number) == nil:
			attrs = append(attrs, slog.Int64(name, number))
		case json.Unmarshal(m[name], &other) == nil:
			attrs = append(attrs, slog.Any(name, other))
		}
	}
	return attrs
}
