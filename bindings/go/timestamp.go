//go:build cgo

package nango

import (
	"encoding/json"
	"time"
)

// Timestamp is a time as the server wrote it, or the zero value if the server left it out.
type Timestamp struct {
	// Text is what the server wrote.
	Text string
	// Time is the parsed text; nil if the text is not a time in the format of RFC 3339.
	Time *time.Time
}

// String returns the server's text.
func (t Timestamp) String() string { return t.Text }

// MarshalJSON returns the server's text, or null.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if t.Text == "" {
		return []byte("null"), nil
	}
	return json.Marshal(t.Text)
}

// UnmarshalJSON reads a string or null.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	*t = Timestamp{}
	if err := json.Unmarshal(data, &t.Text); err != nil {
		return err
	}
	if parsed, err := time.Parse(time.RFC3339, t.Text); err == nil {
		t.Time = &parsed
	}
	return nil
}
