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
	"time"
)

// Connection is one connection: an account of one of your users at a provider.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. A Connection prints without its secrets; [Connection.Raw] returns everything.
type Connection struct {
	// ID is Nango's internal number.
	ID int64
	// ConnectionID names the connection within its integration.
	ConnectionID string
	// ProviderConfigKey is the integration's unique key.
	ProviderConfigKey string
	// Provider is the name of the provider's template, such as "github".
	Provider string
	// Errors are the problems that the connection has now.
	Errors []ConnectionError
	// EndUser is the user whose account it is; nil if none was given.
	EndUser *EndUser
	// Tags are the connection's tags.
	Tags map[string]string
	// Metadata is any JSON that your own code stored with the connection; nil if there is none, or
	// null.
	Metadata json.RawMessage
	// ConnectionConfig is what the provider needs in addition to the credentials, such as a subdomain.
	// It may hold secrets.
	ConnectionConfig SecretJSON
	// WebhookURLOverride is a URL that receives the connection's webhooks instead of the usual one;
	// nil if there is none.
	WebhookURLOverride *string
	// CreatedAt is when the connection was created.
	CreatedAt Timestamp
	// UpdatedAt is when the connection was changed.
	UpdatedAt Timestamp
	// LastFetchedAt is when the connection's credentials were last requested.
	LastFetchedAt Timestamp
	// Credentials are the connection's credentials. Their Type is empty if there are none, or if the
	// key may not read them.
	Credentials Credentials
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON

	raw SecretJSON
}

// ConnectionError is a problem that a connection has now.
type ConnectionError struct {
	// Type is "auth" or "sync".
	Type string `json:"type"`
	// LogID is the id of the log that has the details.
	LogID string `json:"log_id"`
}

// UnmarshalJSON reads a problem as Nango writes it.
func (e *ConnectionError) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*e = ConnectionError{}
	take(m, "type", &e.Type)
	take(m, "log_id", &e.LogID)
	return nil
}

// EndUser is one of your users.
type EndUser struct {
	// ID is the id that your own code assigned.
	ID string `json:"id"`
	// DisplayName is the name to show; nil if there is none.
	DisplayName *string `json:"display_name"`
	// Email is the email address; nil if there is none.
	Email *string `json:"email"`
	// Tags are the end user's tags.
	Tags map[string]string `json:"tags"`
	// Organization is the organization that the end user belongs to; nil if none was given.
	Organization *Organization `json:"organization"`
}

// UnmarshalJSON reads an end user as Nango writes it.
func (u *EndUser) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*u = EndUser{}
	take(m, "id", &u.ID)
	take(m, "display_name", &u.DisplayName)
	take(m, "email", &u.Email)
	m.takeTexts("tags", &u.Tags)
	take(m, "organization", &u.Organization)
	return nil
}

// Organization is the organization that an end user belongs to.
type Organization struct {
	// ID is the id that your own code assigned.
	ID string `json:"id"`
	// DisplayName is the name to show; nil if there is none.
	DisplayName *string `json:"display_name"`
}

// UnmarshalJSON reads an organization as Nango writes it.
func (o *Organization) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*o = Organization{}
	take(m, "id", &o.ID)
	take(m, "display_name", &o.DisplayName)
	return nil
}

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

// HasAuthError reports whether one of the connection's errors concerns its authorisation. This is a
// hint: Nango records the same error for a revoked grant, an outage of the provider and a blocked
// URL. Let the user choose between reconnecting and trying again, and disable nothing because of a
// hint.
func (c Connection) HasAuthError() bool { return hasAuthError(c.Errors) }

// Raw returns the whole answer as Nango wrote it, including secrets.
func (c Connection) Raw() json.RawMessage { return c.raw.Reveal() }

// UnmarshalJSON reads a connection as Nango writes it.
func (c *Connection) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return c.decode(data)
}

func (c *Connection) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = Connection{raw: newSecretJSON(data)}
	take(m, "id", &c.ID)
	take(m, "connection_id", &c.ConnectionID)
	take(m, "provider_config_key", &c.ProviderConfigKey)
	take(m, "provider", &c.Provider)
	m.takeErrors("errors", &c.Errors)
	take(m, "end_user", &c.EndUser)
	m.takeTexts("tags", &c.Tags)
	m.takeJSON("metadata", &c.Metadata)
	var config json.RawMessage
	if m.takeJSON("connection_config", &config); config != nil {
		c.ConnectionConfig = newSecretJSON(config)
	}
	take(m, "webhook_url_override", &c.WebhookURLOverride)
	take(m, "created_at", &c.CreatedAt)
	take(m, "updated_at", &c.UpdatedAt)
	take(m, "last_fetched_at", &c.LastFetchedAt)
	take(m, "credentials", &c.Credentials)
	if notAnObject, ok := m["credentials"]; ok {
		c.Credentials.raw = newSecretJSON(notAnObject)
		delete(m, "credentials")
	}
	c.Extra = m.rest()
	return nil
}

// MarshalJSON returns the known members under Nango's names, with "[REDACTED]" for the secret ones.
func (c Connection) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID                 int64             `json:"id"`
		ConnectionID       string            `json:"connection_id"`
		ProviderConfigKey  string            `json:"provider_config_key"`
		Provider           string            `json:"provider"`
		Errors             []ConnectionError `json:"errors"`
		EndUser            *EndUser          `json:"end_user"`
		Tags               map[string]string `json:"tags"`
		Metadata           json.RawMessage   `json:"metadata"`
		ConnectionConfig   SecretJSON        `json:"connection_config"`
		WebhookURLOverride *string           `json:"webhook_url_override"`
		CreatedAt          Timestamp         `json:"created_at"`
		UpdatedAt          Timestamp         `json:"updated_at"`
		LastFetchedAt      Timestamp         `json:"last_fetched_at"`
		Credentials        Credentials       `json:"credentials"`
	}{
		c.ID, c.ConnectionID, c.ProviderConfigKey, c.Provider, c.Errors, c.EndUser, c.Tags,
		c.Metadata, c.ConnectionConfig, c.WebhookURLOverride, c.CreatedAt, c.UpdatedAt,
		c.LastFetchedAt, c.Credentials,
	})
}

// String identifies the connection, without its secrets.
func (c Connection) String() string {
	return fmt.Sprintf(
		"nango.Connection{ConnectionID:%q ProviderConfigKey:%q Provider:%q Credentials:%v}",
		c.ConnectionID,
		c.ProviderConfigKey,
		c.Provider,
		c.Credentials,
	)
}

// GoString returns the same as String.
func (c Connection) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c Connection) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue identifies the connection, without its secrets.
func (c Connection) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("connection_id", c.ConnectionID),
		slog.String("provider_config_key", c.ProviderConfigKey),
		slog.String("provider", c.Provider),
		slog.Any("credentials", c.Credentials),
	)
}

// ConnectionSummary is a connection as it appears in a list, without credentials.
type ConnectionSummary struct {
	// ID is Nango's internal number.
	ID int64 `json:"id"`
	// ConnectionID names the connection within its integration.
	ConnectionID string `json:"connection_id"`
	// ProviderConfigKey is the integration's unique key. It is empty on servers older than October
	// 2024, which write the key as the provider.
	ProviderConfigKey string `json:"provider_config_key"`
	// Provider is the name of the provider's template. On servers older than October 2024 it is the
	// integration's unique key.
	Provider string `json:"provider"`
	// Errors are the problems that the connection has now.
	Errors []ConnectionError `json:"errors"`
	// EndUser is the user whose account it is; nil if none was given.
	EndUser *EndUser `json:"end_user"`
	// Tags are the connection's tags.
	Tags map[string]string `json:"tags"`
	// Metadata is any JSON that your own code stored with the connection; nil if there is none, or
	// null.
	Metadata json.RawMessage `json:"metadata"`
	// CreatedAt is when the connection was created.
	CreatedAt Timestamp `json:"created"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// HasAuthError is [Connection.HasAuthError] for an element of a list.
func (c ConnectionSummary) HasAuthError() bool { return hasAuthError(c.Errors) }

func hasAuthError(errors []ConnectionError) bool {
	return slices.ContainsFunc(errors, func(e ConnectionError) bool { return e.Type == "auth" })
}

// Raw returns the list's element as Nango wrote it.
func (c ConnectionSummary) Raw() json.RawMessage { return c.raw.Reveal() }

// UnmarshalJSON reads an element of a list as Nango writes it.
func (c *ConnectionSummary) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return c.decode(data)
}

func (c *ConnectionSummary) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = ConnectionSummary{raw: newSecretJSON(data)}
	take(m, "id", &c.ID)
	take(m, "connection_id", &c.ConnectionID)
	take(m, "provider_config_key", &c.ProviderConfigKey)
	take(m, "provider", &c.Provider)
	m.takeErrors("errors", &c.Errors)
	take(m, "end_user", &c.EndUser)
	m.takeTexts("tags", &c.Tags)
	m.takeJSON("metadata", &c.Metadata)
	take(m, "created", &c.CreatedAt)
	c.Extra = m.rest()
	return nil
}

// String identifies the connection.
func (c ConnectionSummary) String() string {
	return fmt.Sprintf(
		"nango.ConnectionSummary{ConnectionID:%q ProviderConfigKey:%q Provider:%q}",
		c.ConnectionID,
		c.ProviderConfigKey,
		c.Provider,
	)
}

// GoString returns the same as String.
func (c ConnectionSummary) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c ConnectionSummary) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue identifies the connection.
func (c ConnectionSummary) LogValue() slog.Value {
	return slog.GroupValue(slog.String("connection_id", c.ConnectionID),
		slog.String("provider_config_key", c.ProviderConfigKey), slog.String("provider", c.Provider))
}

// Credentials are a connection's credentials, of any type. The named fields are the members that
// many types have; [Credentials.Field] returns any member.
type Credentials struct {
	// Type is "OAUTH2", "API_KEY", "BASIC" and so on, or empty if there are no credentials. Nango may
	// add more types.
	Type string
	// ExpiresAt is when the token expires, if the provider gave a time.
	ExpiresAt Timestamp
	// AccessToken is the token of OAUTH2, APP and APP_STORE.
	AccessToken Secret
	// RefreshToken is set only if the call used [IncludeRefreshToken].
	RefreshToken Secret
	// Token is the token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU, if it is a string.
	Token Secret
	// APIKey is the key of API_KEY.
	APIKey Secret
	// Username is the username of BASIC, BILL and SIGNATURE.
	Username Secret
	// Password is the password of BASIC, BILL and SIGNATURE.
	Password Secret
	// OAuthToken is the token of OAUTH1.
	OAuthToken Secret
	// OAuthTokenSecret is the token's secret of OAUTH1.
	OAuthTokenSecret Secret

	raw SecretJSON
}

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

func (c *Credentials) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = Credentials{raw: newSecretJSON(data)}
	for name, field := range map[string]*Secret{
		"access_token":       &c.AccessToken,
		"refresh_token":      &c.RefreshToken,
		"token":              &c.Token,
		"apiKey":             &c.APIKey,
		"username":           &c.Username,
		"password":           &c.Password,
		"oauth_token":        &c.OAuthToken,
		"oauth_token_secret": &c.OAuthTokenSecret,
	} {
		var text *string
		if take(m, name, &text); text != nil {
			*field = NewSecret(*text)
		}
	}
	take(m, "type", &c.Type)
	take(m, "expires_at", &c.ExpiresAt)
	return nil
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

// members are the members of a JSON object. Decoding into a struct would accept "Type" for "type",
// and fail at a member of an unexpected type.
type members map[string]json.RawMessage

func objectOf(data []byte) (members, error) {
	var m members
	if err := json.Unmarshal(data, &m); err != nil || m == nil {
		return nil, unexpected()
	}
	return m, nil
}

// unexpected leaves out the message of encoding/json, which may quote the text.
func unexpected() error {
	return newError(CodeInvalidResponse,
		"the answer is JSON, but not of the expected form; check the base URL")
}

func membersOf(data json.RawMessage) members {
	m, err := objectOf(data)
	if err != nil {
		return nil
	}
	return m
}

// take moves a member into a variable. A member of another type stays.
func take[T any](m members, name string, into *T) {
	var taken T
	if value, ok := m[name]; ok && json.Unmarshal(value, &taken) == nil {
		*into = taken
		delete(m, name)
	}
}

// takeErrors copies the objects of a list, and removes the list unless it holds anything else.
func (m members) takeErrors(name string, into *[]ConnectionError) {
	var elements []json.RawMessage
	if json.Unmarshal(m[name], &elements) != nil {
		return
	}
	problems := make([]ConnectionError, 0, len(elements))
	for _, element := range elements {
		var problem ConnectionError
		if string(element) != "null" && json.Unmarshal(element, &problem) == nil {
			problems = append(problems, problem)
		}
	}
	if elements != nil {
		*into = problems
	}
	if len(problems) == len(elements) {
		delete(m, name)
	}
}

// takeTexts copies the strings of an object, and removes the object unless it holds anything else.
func (m members) takeTexts(name string, into *map[string]string) {
	var all map[string]json.RawMessage
	if json.Unmarshal(m[name], &all) != nil {
		return
	}
	texts := make(map[string]string, len(all))
	for name, value := range all {
		var text *string
		if json.Unmarshal(value, &text) == nil && text != nil {
			texts[name] = *text
		}
	}
	if all != nil {
		*into = texts
	}
	if len(texts) == len(all) {
		delete(m, name)
	}
}

// takeJSON moves a member of any type; null becomes nil.
func (m members) takeJSON(name string, into *json.RawMessage) {
	if value, ok := m[name]; ok {
		if string(value) != "null" {
			*into = value
		}
		delete(m, name)
	}
}

// rest returns the members that were not taken.
func (m members) rest() map[string]SecretJSON {
	if len(m) == 0 {
		return nil
	}
	rest := make(map[string]SecretJSON, len(m))
	for name, value := range m {
		rest[name] = newSecretJSON(value)
	}
	return rest
}

func (m members) field(name string) (Secret, bool) {
	value, ok := m[name]
	if !ok || string(value) == "null" {
		return Secret{}, false
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return NewSecret(text), true
	}
	return NewSecret(string(value)), true
}
