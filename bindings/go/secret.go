package nango

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[REDACTED]"

// Secret is a text that does not print: [Secret.Reveal] returns it, everything else says
// [REDACTED], and encoders that know none of its methods refuse it. Compare two with
// [Secret.Equal].
type Secret struct {
	// A closure: neither fmt, where it reaches somebody's unexported field, nor what walks through
	// values by reflection, as spew and the failure messages of testify do, looks inside.
	text func() string
}

// NewSecret keeps a text from being printed.
func NewSecret(text string) Secret {
	return Secret{func() string { return text }}
}

// Reveal returns the secret text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text()
}

// IsEmpty reports whether there is no text.
func (s Secret) IsEmpty() bool {
	return s.Reveal() == ""
}

// Equal compares two secrets in a time that depends only on their lengths.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns [REDACTED].
func (Secret) String() string { return redacted }

// GoString returns [REDACTED].
func (Secret) GoString() string { return redacted }

// Format prints [REDACTED], whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns [REDACTED].
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "[REDACTED]".
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// LogValue returns [REDACTED].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// SecretJSON is a JSON text that may hold secrets and does not print: [SecretJSON.Reveal] returns
// it.
type SecretJSON struct {
	// As in a Secret.
	text func() string
}

func newSecretJSON(text []byte) SecretJSON {
	kept := string(text)
	return SecretJSON{func() string { return kept }}
}

// Reveal returns the JSON text as the server wrote it; nil: there was none.
func (s SecretJSON) Reveal() json.RawMessage {
	if s.text == nil {
		return nil
	}
	return json.RawMessage(s.text())
}

// Field returns a member of the object: a string as its text, anything else as its JSON. False: it
// has none of this name, or it is null.
func (s SecretJSON) Field(name string) (Secret, bool) {
	return membersOf(s.Reveal()).field(name)
}

// String returns [REDACTED].
func (SecretJSON) String() string { return redacted }

// GoString returns [REDACTED].
func (SecretJSON) GoString() string { return redacted }

// Format prints [REDACTED], whatever the verb.
func (SecretJSON) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns [REDACTED].
func (SecretJSON) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "[REDACTED]".
func (SecretJSON) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// LogValue returns [REDACTED].
func (SecretJSON) LogValue() slog.Value { return slog.StringValue(redacted) }
