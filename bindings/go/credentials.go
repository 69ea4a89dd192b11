package nango

// #include <nango.h>
import "C"

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
)

// Field returns a member by the server's name for it, such as "client_id": the text of a string,
// the JSON of anything else. It returns false if the member is missing or null.
func (c Credentials) Field(name string) (Secret, bool) { return c.raw.Field(name) }

// Names returns the names of all members, sorted.
func (c Credentials) Names() []string {
	return slices.Sorted(maps.Keys(membersOf(c.Raw())))
}

// Raw returns the credentials as Nango wrote them, including secrets, or nil if there were none.
func (c Credentials) Raw() json.RawMessage { return c.raw.Reveal() }

// IsEmpty reports whether there are no credentials: the connection has none, or the key may not
// read them.
func (c Credentials) IsEmpty() bool { return len(membersOf(c.Raw())) == 0 }

// SingleToken returns the text that goes after "Bearer", or the API key: what [Client.GetToken]
// would have fetched instead of these credentials. It sends nothing. It fails with
// [ErrNoSingleToken] if the credentials have no single token, and with [ErrNoCredentials] if there
// are none.
func (c Credentials) SingleToken() (Secret, error) {
	text := []byte("{}\x00")
	if raw := c.raw.Reveal(); raw != nil {
		text = append(raw, 0)
	}
	var cErr *C.nango_error
	token := C.nango_credentials_token(bytesForC(text), &cErr)
	if token == nil {
		return Secret{}, takeError(cErr)
	}
	defer C.nango_free_string(token)
	return NewSecret(C.GoString(token)), nil
}

// UnmarshalJSON reads credentials as Nango writes them.
func (c *Credentials) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return c.decode(data)
}

// MarshalJSON returns the type and the expiry, and "[REDACTED]" for every other member.
func (c Credentials) MarshalJSON() ([]byte, error) {
	printed := map[string]any{}
	for _, name := range c.Names() {
		printed[name] = redacted
	}
	if c.Type != "" {
		printed["type"] = c.Type
	}
	if c.ExpiresAt.Text != "" {
		printed["expires_at"] = c.ExpiresAt
	}
	return json.Marshal(printed)
}

// String shows the type and the expiry of the credentials, without secrets.
func (c Credentials) String() string {
	return fmt.Sprintf(
		"nango.Credentials{Type:%q ExpiresAt:%q %s}",
		c.Type,
		c.ExpiresAt.Text,
		redacted,
	)
}

// GoString returns the same as String.
func (c Credentials) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue shows the type and the expiry of the credentials, without secrets.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("type", c.Type), slog.String("expires_at", c.ExpiresAt.Text))
}
