//go:build cgo

package nango

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[REDACTED]"

// Secret is a text that does not print. [Secret.Reveal] returns the text; everything else prints
// [REDACTED], and encoders that use none of its methods return an error. Compare two secrets with
// [Secret.Equal].
type Secret struct {
	// A closure hides the text from fmt, which cannot call methods on another type's unexported field,
	// and from code that inspects values by reflection, such as spew and testify's failure messages.
	text func() string
}

// NewSecret returns a Secret that holds the text.
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

// IsEmpty reports whether the text is empty.
func (s Secret) IsEmpty() bool {
	return s.Reveal() == ""
}

// Equal compares two secrets in time that depends only on their lengths.
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

// SecretJSON is a JSON text that may hold secrets and does not print. [SecretJSON.Reveal] returns
// the text.
type SecretJSON struct {
	// A closure, as in Secret.
	text func() string
}

func newSecretJSON(text []byte) SecretJSON {
	kept := string(text)
	return SecretJSON{func() string { return kept }}
}

// Reveal returns the JSON text as the server wrote it, or nil if there was none.
func (s SecretJSON) Reveal() json.RawMessage {
	if s.text == nil {
		return nil
	}
	return json.RawMessage(s.text())
}

// Field returns a member of the object: the text of a string, the JSON of anything else. It returns
// false if the member is missing or null.
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
