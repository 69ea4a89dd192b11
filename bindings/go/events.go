package nango

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// LogEvents writes the client's events to a logger, until the context ends or the client is closed:
// run it in a goroutine of its own. The client must be made with [WithEvents].
//
//	go client.LogEvents(ctx, slog.Default())
//
// An attempt that succeeded has the level Debug, one that failed Warn, and so has a warning. The
// attributes are the members of the event, as [Client.NextEventJSON] tells them; the time is the
// event's. Nothing in it is a secret.
//
// It returns nil when the client was closed, or else the error of the context.
func (c *Client) LogEvents(ctx context.Context, logger *slog.Logger) error {
	if !c.events {
		return newError(CodeInvalidArgument, "this client keeps no events: make it with WithEvents")
	}
	// A client that is forgotten but for this loop is forgotten.
	handle := c.handle
	// Calls stir it; what a call tells before its end is seen by the clock.
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	for {
		for event := handle.nextEvent(); event != nil; event = handle.nextEvent() {
			logEvent(ctx, logger, event)
		}
		select {
		case <-handle.stirred:
		case <-clock.C:
		case <-handle.ended:
			return nil
		case <-ctx.Done():
			return contextError(ctx)
		}
	}
}

// stir tells who logs events that there may be some.
func (h *handle) stir() {
	select {
	case h.stirred <- struct{}{}:
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

// attributes leaves out what says nothing: null, and that no event was dropped.
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
