// Code generated from api/ by nango-gen. DO NOT EDIT.
// To change it, edit api/nango.openapi.yaml and run `make generate`.

//go:build cgo

package nango

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// ConnectionError is a problem that a connection has now.
type ConnectionError struct {
	// Type is "auth" or "sync".
	Type string `json:"type"`
	// LogID is the id of the log that has the details.
	LogID string `json:"log_id"`
}

// UnmarshalJSON reads the object as Nango writes it.
func (c *ConnectionError) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = ConnectionError{}
	take(m, "type", &c.Type)
	take(m, "log_id", &c.LogID)
	return nil
}

// Organization is the organization that an end user belongs to.
type Organization struct {
	// ID is the id that your own code assigned.
	ID string `json:"id"`
	// DisplayName is the name to show; nil if there is none.
	DisplayName *string `json:"display_name"`
}

// UnmarshalJSON reads the object as Nango writes it.
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
	// Organization is the organization that the end user belongs to; nil if there is none.
	Organization *Organization `json:"organization"`
}

// UnmarshalJSON reads the object as Nango writes it.
func (e *EndUser) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*e = EndUser{}
	take(m, "id", &e.ID)
	take(m, "display_name", &e.DisplayName)
	take(m, "email", &e.Email)
	m.takeTexts("tags", &e.Tags)
	take(m, "organization", &e.Organization)
	return nil
}

// Credentials are the credentials of a connection. Which members there are depends on their type,
// and may depend on the provider.
//
// [Credentials.Field] returns any member, also one that has no field.
type Credentials struct {
	// Type is "OAUTH2", "API_KEY", "BASIC" and so on. Absent if there are no credentials.
	Type string
	// ExpiresAt is when the token expires, if the provider gave a time.
	ExpiresAt Timestamp
	// AccessToken is the token of OAUTH2, APP and APP_STORE.
	AccessToken Secret
	// RefreshToken is the refresh token, only if the call asked for it.
	RefreshToken Secret
	// Token is the token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU. It may have another type
	// than a string, which the readers treat as absent.
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

func (c *Credentials) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = Credentials{raw: newSecretJSON(data)}
	take(m, "type", &c.Type)
	take(m, "expires_at", &c.ExpiresAt)
	m.takeSecret("access_token", &c.AccessToken)
	m.takeSecret("refresh_token", &c.RefreshToken)
	m.takeSecret("token", &c.Token)
	m.takeSecret("apiKey", &c.APIKey)
	m.takeSecret("username", &c.Username)
	m.takeSecret("password", &c.Password)
	m.takeSecret("oauth_token", &c.OAuthToken)
	m.takeSecret("oauth_token_secret", &c.OAuthTokenSecret)
	return nil
}

// Connection is one connection, which is an account of one of your users at a provider.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. Connection prints without its secrets; [Connection.Raw] returns everything.
type Connection struct {
	// ID is Nango's internal number.
	ID int64
	// ConnectionID is the connection's id, which is unique within its integration.
	ConnectionID string
	// ProviderConfigKey is the integration's unique key.
	ProviderConfigKey string
	// Provider is the name of the provider's template, such as "github".
	Provider string
	// Errors are the problems that the connection has now.
	Errors []ConnectionError
	// EndUser is the user whose account it is; nil if there is none.
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
	// UpdatedAt is when the connection was last changed.
	UpdatedAt Timestamp
	// LastFetchedAt is when the connection's credentials were last requested.
	LastFetchedAt Timestamp
	// Credentials are the connection's credentials. They are empty if there are none, or if the key
	// may not read them.
	Credentials Credentials
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (c Connection) Raw() json.RawMessage { return c.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
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
	takeList(m, "errors", &c.Errors)
	take(m, "end_user", &c.EndUser)
	m.takeTexts("tags", &c.Tags)
	m.takeJSON("metadata", &c.Metadata)
	m.takeSecretJSON("connection_config", &c.ConnectionConfig)
	take(m, "webhook_url_override", &c.WebhookURLOverride)
	take(m, "created_at", &c.CreatedAt)
	take(m, "updated_at", &c.UpdatedAt)
	take(m, "last_fetched_at", &c.LastFetchedAt)
	take(m, "credentials", &c.Credentials)
	m.takeSecretJSON("credentials", &c.Credentials.raw)
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
		c.ID,
		c.ConnectionID,
		c.ProviderConfigKey,
		c.Provider,
		c.Errors,
		c.EndUser,
		c.Tags,
		c.Metadata,
		c.ConnectionConfig,
		c.WebhookURLOverride,
		c.CreatedAt,
		c.UpdatedAt,
		c.LastFetchedAt,
		c.Credentials,
	})
}

// String identifies the object, without its secrets.
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

// LogValue identifies the object, without its secrets.
func (c Connection) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("connection_id", c.ConnectionID),
		slog.String("provider_config_key", c.ProviderConfigKey),
		slog.String("provider", c.Provider),
		slog.Any("credentials", c.Credentials),
	)
}

// ConnectionSummary is a connection as it appears in a list, without credentials.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. ConnectionSummary prints without its secrets; [ConnectionSummary.Raw] returns everything.
type ConnectionSummary struct {
	// ID is Nango's internal number.
	ID int64 `json:"id"`
	// ConnectionID is the connection's id, which is unique within its integration.
	ConnectionID string `json:"connection_id"`
	// ProviderConfigKey is the integration's unique key. Servers older than October 2024 leave it out,
	// and write the key as the provider.
	ProviderConfigKey string `json:"provider_config_key"`
	// Provider is the name of the provider's template, such as "github".
	Provider string `json:"provider"`
	// Errors are the problems that the connection has now.
	Errors []ConnectionError `json:"errors"`
	// EndUser is the user whose account it is; nil if there is none.
	EndUser *EndUser `json:"end_user"`
	// Tags are the connection's tags.
	Tags map[string]string `json:"tags"`
	// Metadata is any JSON that your own code stored with the connection; nil if there is none, or
	// null.
	Metadata json.RawMessage `json:"metadata"`
	// Created is when the connection was created.
	Created Timestamp `json:"created"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (c ConnectionSummary) Raw() json.RawMessage { return c.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
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
	takeList(m, "errors", &c.Errors)
	take(m, "end_user", &c.EndUser)
	m.takeTexts("tags", &c.Tags)
	m.takeJSON("metadata", &c.Metadata)
	take(m, "created", &c.Created)
	c.Extra = m.rest()
	return nil
}

// String identifies the object, without its secrets.
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

// LogValue identifies the object, without its secrets.
func (c ConnectionSummary) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("connection_id", c.ConnectionID),
		slog.String("provider_config_key", c.ProviderConfigKey),
		slog.String("provider", c.Provider),
	)
}
