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

// Outcome is whether Nango did what was asked.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. Outcome prints without its secrets; [Outcome.Raw] returns everything.
type Outcome struct {
	// Success is whether it did.
	Success bool `json:"success"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (o Outcome) Raw() json.RawMessage { return o.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (o *Outcome) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return o.decode(data)
}

func (o *Outcome) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*o = Outcome{raw: newSecretJSON(data)}
	take(m, "success", &o.Success)
	o.Extra = m.rest()
	return nil
}

// String identifies the object, without its secrets.
func (o Outcome) String() string {
	return fmt.Sprintf(
		"nango.Outcome{Success:%v}",
		o.Success,
	)
}

// GoString returns the same as String.
func (o Outcome) GoString() string { return o.String() }

// Format prints String, whatever the verb.
func (o Outcome) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// LogValue identifies the object, without its secrets.
func (o Outcome) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("success", o.Success),
	)
}

// MetadataEcho is the request to change metadata, as Nango received it.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. MetadataEcho prints without its secrets; [MetadataEcho.Raw] returns everything.
type MetadataEcho struct {
	// ProviderConfigKey is the integration's unique key.
	ProviderConfigKey string `json:"provider_config_key"`
	// Metadata is the metadata of the request; nil if there is none, or null.
	Metadata json.RawMessage `json:"metadata"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (o MetadataEcho) Raw() json.RawMessage { return o.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (o *MetadataEcho) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return o.decode(data)
}

func (o *MetadataEcho) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*o = MetadataEcho{raw: newSecretJSON(data)}
	take(m, "provider_config_key", &o.ProviderConfigKey)
	m.takeJSON("metadata", &o.Metadata)
	o.Extra = m.rest()
	return nil
}

// String identifies the object, without its secrets.
func (o MetadataEcho) String() string {
	return fmt.Sprintf(
		"nango.MetadataEcho{ProviderConfigKey:%q}",
		o.ProviderConfigKey,
	)
}

// GoString returns the same as String.
func (o MetadataEcho) GoString() string { return o.String() }

// Format prints String, whatever the verb.
func (o MetadataEcho) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// LogValue identifies the object, without its secrets.
func (o MetadataEcho) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider_config_key", o.ProviderConfigKey),
	)
}

// Provider is the template of a provider. It has many more members, which differ by provider.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. Provider prints without its secrets; [Provider.Raw] returns everything.
type Provider struct {
	// Name is the name of the template, such as "github".
	Name string `json:"name"`
	// DisplayName is the name that users see.
	DisplayName string `json:"display_name"`
	// AuthMode is how users authorise, such as "OAUTH2".
	AuthMode string `json:"auth_mode"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (p Provider) Raw() json.RawMessage { return p.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (p *Provider) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return p.decode(data)
}

func (p *Provider) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*p = Provider{raw: newSecretJSON(data)}
	take(m, "name", &p.Name)
	take(m, "display_name", &p.DisplayName)
	take(m, "auth_mode", &p.AuthMode)
	p.Extra = m.rest()
	return nil
}

// String identifies the object, without its secrets.
func (p Provider) String() string {
	return fmt.Sprintf(
		"nango.Provider{Name:%q DisplayName:%q AuthMode:%q}",
		p.Name,
		p.DisplayName,
		p.AuthMode,
	)
}

// GoString returns the same as String.
func (p Provider) GoString() string { return p.String() }

// Format prints String, whatever the verb.
func (p Provider) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue identifies the object, without its secrets.
func (p Provider) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("name", p.Name),
		slog.String("display_name", p.DisplayName),
		slog.String("auth_mode", p.AuthMode),
	)
}

// FunctionTemplate is a function that Nango offers for a provider.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. FunctionTemplate prints without its secrets; [FunctionTemplate.Raw] returns everything.
type FunctionTemplate struct {
	// Type is "sync" or "action".
	Type string `json:"type"`
	// Name is the name of the function.
	Name string `json:"name"`
	// Description is what the function does.
	Description string `json:"description"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (o FunctionTemplate) Raw() json.RawMessage { return o.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (o *FunctionTemplate) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return o.decode(data)
}

func (o *FunctionTemplate) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*o = FunctionTemplate{raw: newSecretJSON(data)}
	take(m, "type", &o.Type)
	take(m, "name", &o.Name)
	take(m, "description", &o.Description)
	o.Extra = m.rest()
	return nil
}

// String identifies the object, without its secrets.
func (o FunctionTemplate) String() string {
	return fmt.Sprintf(
		"nango.FunctionTemplate{Type:%q Name:%q}",
		o.Type,
		o.Name,
	)
}

// GoString returns the same as String.
func (o FunctionTemplate) GoString() string { return o.String() }

// Format prints String, whatever the verb.
func (o FunctionTemplate) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// LogValue identifies the object, without its secrets.
func (o FunctionTemplate) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("type", o.Type),
		slog.String("name", o.Name),
	)
}

// Integration is a provider that your users can connect, with your app's credentials.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. Integration prints without its secrets; [Integration.Raw] returns everything.
type Integration struct {
	// UniqueKey is the integration's key, which your own code chose.
	UniqueKey string
	// Provider is the name of the provider's template.
	Provider string
	// DisplayName is the name that users see; nil if there is none.
	DisplayName *string
	// Logo is the URL of the provider's logo.
	Logo string
	// ForwardWebhooks is whether Nango forwards the provider's webhooks.
	ForwardWebhooks bool
	// CreatedAt is when the integration was created.
	CreatedAt Timestamp
	// UpdatedAt is when the integration was last changed.
	UpdatedAt Timestamp
	// WebhookURL is the URL for the provider's webhooks, if the call asked for it; nil if there is
	// none.
	WebhookURL *string
	// Credentials is your app's credentials, if the call asked for them and the key may see them.
	Credentials SecretJSON
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (i Integration) Raw() json.RawMessage { return i.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (i *Integration) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return i.decode(data)
}

func (i *Integration) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*i = Integration{raw: newSecretJSON(data)}
	take(m, "unique_key", &i.UniqueKey)
	take(m, "provider", &i.Provider)
	take(m, "display_name", &i.DisplayName)
	take(m, "logo", &i.Logo)
	take(m, "forward_webhooks", &i.ForwardWebhooks)
	take(m, "created_at", &i.CreatedAt)
	take(m, "updated_at", &i.UpdatedAt)
	take(m, "webhook_url", &i.WebhookURL)
	m.takeSecretJSON("credentials", &i.Credentials)
	i.Extra = m.rest()
	return nil
}

// MarshalJSON returns the known members under Nango's names, with "[REDACTED]" for the secret ones.
func (i Integration) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		UniqueKey       string     `json:"unique_key"`
		Provider        string     `json:"provider"`
		DisplayName     *string    `json:"display_name"`
		Logo            string     `json:"logo"`
		ForwardWebhooks bool       `json:"forward_webhooks"`
		CreatedAt       Timestamp  `json:"created_at"`
		UpdatedAt       Timestamp  `json:"updated_at"`
		WebhookURL      *string    `json:"webhook_url"`
		Credentials     SecretJSON `json:"credentials"`
	}{
		i.UniqueKey,
		i.Provider,
		i.DisplayName,
		i.Logo,
		i.ForwardWebhooks,
		i.CreatedAt,
		i.UpdatedAt,
		i.WebhookURL,
		i.Credentials,
	})
}

// String identifies the object, without its secrets.
func (i Integration) String() string {
	return fmt.Sprintf(
		"nango.Integration{UniqueKey:%q Provider:%q}",
		i.UniqueKey,
		i.Provider,
	)
}

// GoString returns the same as String.
func (i Integration) GoString() string { return i.String() }

// Format prints String, whatever the verb.
func (i Integration) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, i.String()) }

// LogValue identifies the object, without its secrets.
func (i Integration) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("unique_key", i.UniqueKey),
		slog.String("provider", i.Provider),
	)
}

// ConnectSession is a session in which a user connects an account.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. ConnectSession prints without its secrets; [ConnectSession.Raw] returns everything.
type ConnectSession struct {
	// Token is the token of the session, for Nango's frontend SDK.
	Token Secret
	// ConnectLink is the URL of a page where the user connects the account. It holds the token.
	ConnectLink Secret
	// ExpiresAt is when the session ends.
	ExpiresAt Timestamp
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (c ConnectSession) Raw() json.RawMessage { return c.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (c *ConnectSession) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return c.decode(data)
}

func (c *ConnectSession) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = ConnectSession{raw: newSecretJSON(data)}
	m.takeSecret("token", &c.Token)
	m.takeSecret("connect_link", &c.ConnectLink)
	take(m, "expires_at", &c.ExpiresAt)
	c.Extra = m.rest()
	return nil
}

// MarshalJSON returns the known members under Nango's names, with "[REDACTED]" for the secret ones.
func (c ConnectSession) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Token       Secret    `json:"token"`
		ConnectLink Secret    `json:"connect_link"`
		ExpiresAt   Timestamp `json:"expires_at"`
	}{
		c.Token,
		c.ConnectLink,
		c.ExpiresAt,
	})
}

// String identifies the object, without its secrets.
func (c ConnectSession) String() string {
	return fmt.Sprintf(
		"nango.ConnectSession{ExpiresAt:%v}",
		c.ExpiresAt,
	)
}

// GoString returns the same as String.
func (c ConnectSession) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c ConnectSession) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue identifies the object, without its secrets.
func (c ConnectSession) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("expires_at", c.ExpiresAt),
	)
}

// ConnectSessionDetails is what a connect session was created with.
//
// A field is its zero value if the server left the member out, or if the member has an unexpected
// type. ConnectSessionDetails prints without its secrets; [ConnectSessionDetails.Raw] returns
// everything.
type ConnectSessionDetails struct {
	// EndUser is the user who connects the account; nil if there is none.
	EndUser *EndUser `json:"endUser"`
	// ConnectUISettings is how the page looks; nil if there is none, or null.
	ConnectUISettings json.RawMessage `json:"connectUISettings"`
	// AllowedIntegrations are the integrations that the user can choose from; empty for all.
	AllowedIntegrations []string `json:"allowed_integrations"`
	// Reconnecting is whether the session is for an existing connection.
	Reconnecting bool `json:"isReconnecting"`
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON `json:"-"`

	raw SecretJSON
}

// Raw returns the whole object as Nango wrote it, including secrets.
func (c ConnectSessionDetails) Raw() json.RawMessage { return c.raw.Reveal() }

// UnmarshalJSON reads the object as Nango writes it.
func (c *ConnectSessionDetails) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return c.decode(data)
}

func (c *ConnectSessionDetails) decode(data []byte) error {
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*c = ConnectSessionDetails{raw: newSecretJSON(data)}
	take(m, "endUser", &c.EndUser)
	m.takeJSON("connectUISettings", &c.ConnectUISettings)
	takeList(m, "allowed_integrations", &c.AllowedIntegrations)
	take(m, "isReconnecting", &c.Reconnecting)
	c.Extra = m.rest()
	return nil
}

// String identifies the object, without its secrets.
func (c ConnectSessionDetails) String() string {
	return fmt.Sprintf(
		"nango.ConnectSessionDetails{AllowedIntegrations:%v}",
		c.AllowedIntegrations,
	)
}

// GoString returns the same as String.
func (c ConnectSessionDetails) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c ConnectSessionDetails) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue identifies the object, without its secrets.
func (c ConnectSessionDetails) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("allowed_integrations", c.AllowedIntegrations),
	)
}
