// Code generated from api/ by nango-gen. DO NOT EDIT.
// To change it, edit api/nango.openapi.yaml or api/library.toml and run `make generate`.

//go:build cgo

package nango

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// GetConnection fetches a connection with its credentials. Nango first refreshes the token if it
// expires soon. Call it just before you use the token, and do not store the result. A key without
// the scope environment:connections:read_credentials gets no credentials.
func (c *Client) GetConnection(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (*Connection, error) {
	text, err := c.GetConnectionJSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	result := new(Connection)
	if err := result.decode(text); err != nil {
		return nil, err
	}
	return result, nil
}

// GetConnectionJSON is like [Client.GetConnection], but returns the JSON byte for byte as Nango
// wrote it, including secrets.
func (c *Client) GetConnectionJSON(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (json.RawMessage, error) {
	return c.callForOne(ctx, "get_connection\x00", providerConfigKey, connectionID, options)
}

// GetToken fetches the one token of a connection: the text that goes after "Bearer", or the API
// key. Nango first refreshes the token if it expires soon. Call it just before each use, and do not
// store the result.
//
// It fails with [ErrNoCredentials] if there are no credentials, or the key may not read them.
// It fails with [ErrNoSingleToken] for credentials that have no single token, such as BASIC and
// OAUTH1; use [Client.GetCredentials] for these.
func (c *Client) GetToken(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (Secret, error) {
	return secretOf(c.callForOne(
		ctx, "get_token\x00", providerConfigKey, connectionID, options,
	))
}

// GetCredentials fetches the credentials of a connection, of any type. Nango first refreshes the
// token if it expires soon.
//
// It fails with [ErrNoCredentials] if there are none, or the key may not read them.
func (c *Client) GetCredentials(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (*Credentials, error) {
	text, err := c.GetCredentialsJSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	result := new(Credentials)
	if err := result.decode(text); err != nil {
		return nil, err
	}
	return result, nil
}

// GetCredentialsJSON is like [Client.GetCredentials], but returns the JSON byte for byte as Nango
// wrote it, including secrets.
func (c *Client) GetCredentialsJSON(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (json.RawMessage, error) {
	return c.callForOne(ctx, "get_credentials\x00", providerConfigKey, connectionID, options)
}

// ReplaceToken fetches a token to replace one that the provider refused, with 401 for example. It
// reads the connection, and makes Nango refresh the token if it is still the refused one.
// Concurrent calls of one client that replace the same token of a connection share one refresh, and
// each keeps its own timeout. No token is kept after that. Nango answers a forced refresh with the
// old token if the refresh coincides with another read of the connection, so the call forces up to
// three refreshes, 0.5 s and 1 s apart, within its timeout.
//
// It fails with [ErrInvalidArgument] if a call option forces a refresh or asks for the refresh
// token.
// It fails with [ErrTokenNotReplaced] if none of the refreshes returned another token, or if Nango
// does not refresh this type of credentials (API_KEY and others, and OAUTH2 without a refresh
// token), so that no refresh was forced.
func (c *Client) ReplaceToken(
	ctx context.Context,
	providerConfigKey, connectionID string,
	refusedToken Secret,
	options ...CallOption,
) (Secret, error) {
	if err := rejectNUL("refused_token", refusedToken.Reveal()); err != nil {
		return Secret{}, err
	}
	return secretOf(c.callForOne(
		ctx, "replace_token\x00", providerConfigKey, connectionID, options,
		`,"refused_token":`, quote(refusedToken.Reveal()),
	))
}

// CreateConnectionParams are the parameters of [Client.CreateConnection].
type CreateConnectionParams struct {
	// ProviderConfigKey: the integration's unique key. Required.
	ProviderConfigKey string `json:"provider_config_key"`

	// ConnectionID: the connection's id. Without it, Nango makes one up.
	ConnectionID string `json:"connection_id,omitempty"`

	// Credentials: the credentials: "type" and the members of that type. OAUTH2, OAUTH2_CC, OAUTH1,
	// API_KEY, BASIC, TBA, APP, CUSTOM and NONE can be imported. Required.
	Credentials any `json:"credentials"`

	// Metadata: any JSON that your own code stores with the connection.
	Metadata any `json:"metadata,omitempty"`

	// ConnectionConfig: what the provider needs in addition to the credentials.
	ConnectionConfig any `json:"connection_config,omitempty"`

	// WebhookURLOverride: a URL that receives the connection's webhooks instead of the usual one.
	WebhookURLOverride *string `json:"webhook_url_override,omitempty"`

	// EndUser: the user whose account it is: "id", and optionally "email", "display_name" and "tags".
	// Nango prefers tags.
	EndUser any `json:"end_user,omitempty"`

	// Tags: the connection's tags.
	Tags map[string]string `json:"tags,omitzero"`
}

// String returns only the name of the type, because the parameters may hold secrets.
func (p CreateConnectionParams) String() string { return "nango.CreateConnectionParams" }

// GoString returns the same as String.
func (p CreateConnectionParams) GoString() string { return p.String() }

// Format prints String, whatever the verb.
func (p CreateConnectionParams) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, p.String())
}

// LogValue returns the same as String.
func (p CreateConnectionParams) LogValue() slog.Value { return slog.StringValue(p.String()) }

// CreateConnection imports a connection with credentials that your own code already has. If the
// connection exists, all of it is replaced: what the call leaves out is reset. Nango verifies the
// credentials with the provider if the provider's template says how. The result includes the
// refresh token.
func (c *Client) CreateConnection(
	ctx context.Context,
	params CreateConnectionParams,
	options ...CallOption,
) (*Connection, error) {
	return decoded[Connection](c.callNamed(
		ctx, "create_connection", params, options,
	))
}

// GetRawTokenResponse fetches what the provider answered to the request for the token, as the
// provider wrote it. Nango first refreshes the token if it expires soon. The result is null for
// credentials that come from no such request, such as API_KEY and BASIC.
//
// It fails with [ErrNoCredentials] if there are none, or the key may not read them.
func (c *Client) GetRawTokenResponse(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (SecretJSON, error) {
	return secretJSONOf(c.callNamed(
		ctx, "get_raw_token_response", nil, options,
		"provider_config_key", providerConfigKey,
		"connection_id", connectionID,
	))
}

// GetMetadata fetches the metadata of a connection. Nango first refreshes the token if it expires
// soon, as for get_connection. The metadata in a list costs no refresh.
//
// The result is nil if there is none.
func (c *Client) GetMetadata(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (json.RawMessage, error) {
	return orNil(c.callNamed(
		ctx, "get_metadata", nil, options,
		"provider_config_key", providerConfigKey,
		"connection_id", connectionID,
	))
}

// PatchConnectionParams are the parameters of [Client.PatchConnection].
type PatchConnectionParams struct {
	// Tags: the connection's tags.
	Tags map[string]string `json:"tags,omitzero"`

	// EndUser: the user whose account it is: "id", and optionally "email", "display_name" and "tags".
	EndUser any `json:"end_user,omitempty"`

	// WebhookURLOverride: a URL that receives the connection's webhooks instead of the usual one. The
	// empty text removes it.
	WebhookURLOverride *string `json:"webhook_url_override,omitempty"`
}

// PatchConnection changes the tags, the end user or the webhook URL of a connection. The tags, or
// those made from the end user, replace all tags that the connection has.
func (c *Client) PatchConnection(
	ctx context.Context,
	providerConfigKey, connectionID string,
	params PatchConnectionParams,
	options ...CallOption,
) (*Outcome, error) {
	return decoded[Outcome](c.callNamed(
		ctx, "patch_connection", params, options,
		"provider_config_key", providerConfigKey,
		"connection_id", connectionID,
	))
}

// DeleteConnection deletes a connection. Nango does not revoke the credentials at the provider. If
// the call is repeated after it was processed, it fails with NOT_FOUND.
func (c *Client) DeleteConnection(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (*Outcome, error) {
	return decoded[Outcome](c.callNamed(
		ctx, "delete_connection", nil, options,
		"provider_config_key", providerConfigKey,
		"connection_id", connectionID,
	))
}

// SetMetadataParams are the parameters of [Client.SetMetadata].
type SetMetadataParams struct {
	// ProviderConfigKey: the integration's unique key. Required.
	ProviderConfigKey string `json:"provider_config_key"`

	// ConnectionIDs: the id of a connection, or the ids of several. Required.
	ConnectionIDs []string `json:"connection_id"`

	// Metadata: the metadata. Required.
	Metadata any `json:"metadata"`
}

// SetMetadata replaces the metadata of connections of one integration. All connections are changed,
// or none.
func (c *Client) SetMetadata(
	ctx context.Context,
	params SetMetadataParams,
	options ...CallOption,
) (*MetadataEcho, error) {
	return decoded[MetadataEcho](c.callNamed(
		ctx, "set_metadata", params, options,
	))
}

// UpdateMetadataParams are the parameters of [Client.UpdateMetadata].
type UpdateMetadataParams struct {
	// ProviderConfigKey: the integration's unique key. Required.
	ProviderConfigKey string `json:"provider_config_key"`

	// ConnectionIDs: the id of a connection, or the ids of several. Required.
	ConnectionIDs []string `json:"connection_id"`

	// Metadata: the metadata. Required.
	Metadata any `json:"metadata"`
}

// UpdateMetadata adds members to the metadata of connections of one integration. A member that
// exists is replaced as a whole. All connections are changed, or none. The result is the request,
// not the merged metadata.
func (c *Client) UpdateMetadata(
	ctx context.Context,
	params UpdateMetadataParams,
	options ...CallOption,
) (*MetadataEcho, error) {
	return decoded[MetadataEcho](c.callNamed(
		ctx, "update_metadata", params, options,
	))
}

// ListProvidersParams are the parameters of [Client.ListProviders].
type ListProvidersParams struct {
	// Search: a part of the provider's name. Case does not matter, and Nango reads it as a regular
	// expression.
	Search *string `json:"search,omitempty"`
}

// ListProviders lists the templates of all providers that Nango knows. The answer is about 1 MB
// long.
func (c *Client) ListProviders(
	ctx context.Context,
	params ListProvidersParams,
	options ...CallOption,
) ([]*Provider, error) {
	return decodedList[Provider](c.callNamed(
		ctx, "list_providers", params, options,
	))
}

// GetProvider fetches the template of a provider.
func (c *Client) GetProvider(
	ctx context.Context,
	provider string,
	options ...CallOption,
) (*Provider, error) {
	return decoded[Provider](c.callNamed(
		ctx, "get_provider", nil, options,
		"provider", provider,
	))
}

// GetProviderTemplates lists the functions that Nango offers for a provider. For an unknown
// provider, the list is empty.
func (c *Client) GetProviderTemplates(
	ctx context.Context,
	provider string,
	options ...CallOption,
) ([]*FunctionTemplate, error) {
	return decodedList[FunctionTemplate](c.callNamed(
		ctx, "get_provider_templates", nil, options,
		"provider", provider,
	))
}

// ListIntegrations lists the environment's integrations.
func (c *Client) ListIntegrations(
	ctx context.Context,
	options ...CallOption,
) ([]*Integration, error) {
	return decodedList[Integration](c.callNamed(
		ctx, "list_integrations", nil, options,
	))
}

// CreateIntegrationParams are the parameters of [Client.CreateIntegration].
type CreateIntegrationParams struct {
	// Provider: the name of the provider's template, such as "github". Required.
	Provider string `json:"provider"`

	// UniqueKey: the key of the new integration. Required.
	UniqueKey string `json:"unique_key"`

	// DisplayName: the name that users see.
	DisplayName *string `json:"display_name,omitempty"`

	// Credentials: what identifies your app at the provider: "type" and the members of that type, such
	// as "client_id" and "client_secret" of OAUTH2.
	Credentials any `json:"credentials,omitempty"`

	// ForwardWebhooks: whether Nango forwards the provider's webhooks.
	ForwardWebhooks *bool `json:"forward_webhooks,omitempty"`

	// IntegrationConfig: what the provider's template asks for.
	IntegrationConfig map[string]string `json:"integration_config,omitzero"`

	// Custom: more values for the provider.
	Custom map[string]string `json:"custom,omitzero"`
}

// String returns only the name of the type, because the parameters may hold secrets.
func (p CreateIntegrationParams) String() string { return "nango.CreateIntegrationParams" }

// GoString returns the same as String.
func (p CreateIntegrationParams) GoString() string { return p.String() }

// Format prints String, whatever the verb.
func (p CreateIntegrationParams) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, p.String())
}

// LogValue returns the same as String.
func (p CreateIntegrationParams) LogValue() slog.Value { return slog.StringValue(p.String()) }

// CreateIntegration creates an integration.
func (c *Client) CreateIntegration(
	ctx context.Context,
	params CreateIntegrationParams,
	options ...CallOption,
) (*Integration, error) {
	return decoded[Integration](c.callNamed(
		ctx, "create_integration", params, options,
	))
}

// CreateQuickstartIntegrationParams are the parameters of [Client.CreateQuickstartIntegration].
type CreateQuickstartIntegrationParams struct {
	// Provider: the name of the provider's template, such as "github". Required.
	Provider string `json:"provider"`

	// UniqueKey: the key of the new integration. Required.
	UniqueKey string `json:"unique_key"`

	// DisplayName: the name that users see.
	DisplayName *string `json:"display_name,omitempty"`

	// ForwardWebhooks: whether Nango forwards the provider's webhooks.
	ForwardWebhooks *bool `json:"forward_webhooks,omitempty"`
}

// CreateQuickstartIntegration creates an integration that uses an app of Nango's own. It is for
// trying a provider. Nango has an app at some providers only.
func (c *Client) CreateQuickstartIntegration(
	ctx context.Context,
	params CreateQuickstartIntegrationParams,
	options ...CallOption,
) (*Integration, error) {
	return decoded[Integration](c.callNamed(
		ctx, "create_quickstart_integration", params, options,
	))
}

// GetIntegrationParams are the parameters of [Client.GetIntegration].
type GetIntegrationParams struct {
	// Include: what else the result has, "webhook" or "credentials" or both.
	Include []string `json:"include,omitzero"`
}

// GetIntegration fetches an integration. The result has the integration's own credentials if the
// call asks for them and the key may see them.
func (c *Client) GetIntegration(
	ctx context.Context,
	uniqueKey string,
	params GetIntegrationParams,
	options ...CallOption,
) (*Integration, error) {
	return decoded[Integration](c.callNamed(
		ctx, "get_integration", params, options,
		"unique_key", uniqueKey,
	))
}

// UpdateIntegrationParams are the parameters of [Client.UpdateIntegration].
type UpdateIntegrationParams struct {
	// NewUniqueKey: another key for the integration. Only an integration without connections can get
	// one.
	NewUniqueKey string `json:"new_unique_key,omitempty"`

	// DisplayName: the name that users see.
	DisplayName *string `json:"display_name,omitempty"`

	// Credentials: what identifies your app at the provider: "type" and the members of that type.
	Credentials any `json:"credentials,omitempty"`

	// ForwardWebhooks: whether Nango forwards the provider's webhooks.
	ForwardWebhooks *bool `json:"forward_webhooks,omitempty"`

	// IntegrationConfig: what the provider's template asks for.
	IntegrationConfig map[string]string `json:"integration_config,omitzero"`

	// Custom: more values for the provider.
	Custom map[string]string `json:"custom,omitzero"`
}

// String returns only the name of the type, because the parameters may hold secrets.
func (p UpdateIntegrationParams) String() string { return "nango.UpdateIntegrationParams" }

// GoString returns the same as String.
func (p UpdateIntegrationParams) GoString() string { return p.String() }

// Format prints String, whatever the verb.
func (p UpdateIntegrationParams) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, p.String())
}

// LogValue returns the same as String.
func (p UpdateIntegrationParams) LogValue() slog.Value { return slog.StringValue(p.String()) }

// UpdateIntegration changes an integration.
func (c *Client) UpdateIntegration(
	ctx context.Context,
	uniqueKey string,
	params UpdateIntegrationParams,
	options ...CallOption,
) (*Integration, error) {
	return decoded[Integration](c.callNamed(
		ctx, "update_integration", params, options,
		"unique_key", uniqueKey,
	))
}

// DeleteIntegration deletes an integration with all its connections. If the call is repeated after
// it was processed, it fails.
func (c *Client) DeleteIntegration(
	ctx context.Context,
	uniqueKey string,
	options ...CallOption,
) (*Outcome, error) {
	return decoded[Outcome](c.callNamed(
		ctx, "delete_integration", nil, options,
		"unique_key", uniqueKey,
	))
}

// CreateConnectSessionParams are the parameters of [Client.CreateConnectSession].
type CreateConnectSessionParams struct {
	// Tags: the tags of the new connection.
	Tags map[string]string `json:"tags,omitzero"`

	// EndUser: the user who connects the account: "id", and optionally "email", "display_name" and
	// "tags".
	EndUser any `json:"end_user,omitempty"`

	// Organization: the organization of the user: "id", and optionally "display_name".
	Organization any `json:"organization,omitempty"`

	// AllowedIntegrations: the integrations that the user can choose from. Without it, all.
	AllowedIntegrations []string `json:"allowed_integrations,omitzero"`

	// IntegrationsConfigDefaults: defaults by integration: "user_scopes", "authorization_params" and
	// "connection_config".
	IntegrationsConfigDefaults any `json:"integrations_config_defaults,omitempty"`

	// Overrides: what differs by integration: "docs_connect", a URL of a help page.
	Overrides any `json:"overrides,omitempty"`

	// WebhookURLOverride: a URL that receives the connection's webhooks instead of the usual one.
	WebhookURLOverride *string `json:"webhook_url_override,omitempty"`
}

// CreateConnectSession creates a session in which a user connects an account. Give its link, or its
// token, to the user's browser. It expires after 30 minutes. It needs tags or an end user, by which
// your code recognises the new connection.
func (c *Client) CreateConnectSession(
	ctx context.Context,
	params CreateConnectSessionParams,
	options ...CallOption,
) (*ConnectSession, error) {
	return decoded[ConnectSession](c.callNamed(
		ctx, "create_connect_session", params, options,
	))
}

// CreateReconnectSessionParams are the parameters of [Client.CreateReconnectSession].
type CreateReconnectSessionParams struct {
	// IntegrationID: the integration's unique key. Required.
	IntegrationID string `json:"integration_id"`

	// ConnectionID: the connection's id. Required.
	ConnectionID string `json:"connection_id"`

	// EndUser: the user whose account it is: "id", and optionally "email", "display_name" and "tags".
	EndUser any `json:"end_user,omitempty"`

	// Organization: the organization of the user: "id", and optionally "display_name".
	Organization any `json:"organization,omitempty"`

	// IntegrationsConfigDefaults: defaults by integration: "user_scopes", "authorization_params" and
	// "connection_config".
	IntegrationsConfigDefaults any `json:"integrations_config_defaults,omitempty"`

	// Overrides: what differs by integration: "docs_connect", a URL of a help page.
	Overrides any `json:"overrides,omitempty"`

	// WebhookURLOverride: a URL that receives the connection's webhooks instead of the usual one.
	WebhookURLOverride *string `json:"webhook_url_override,omitempty"`

	// Tags: the connection's tags.
	Tags map[string]string `json:"tags,omitzero"`
}

// CreateReconnectSession creates a session in which a user authorises an existing connection again.
// Give its link, or its token, to the user's browser. It expires after 30 minutes. The connection
// keeps its id.
func (c *Client) CreateReconnectSession(
	ctx context.Context,
	params CreateReconnectSessionParams,
	options ...CallOption,
) (*ConnectSession, error) {
	return decoded[ConnectSession](c.callNamed(
		ctx, "create_reconnect_session", params, options,
	))
}

// GetConnectSession fetches a connect session.
func (c *Client) GetConnectSession(
	ctx context.Context,
	sessionToken Secret,
	options ...CallOption,
) (*ConnectSessionDetails, error) {
	return decoded[ConnectSessionDetails](c.callNamed(
		ctx, "get_connect_session", nil, options,
		"session_token", sessionToken.Reveal(),
	))
}

// DeleteConnectSession deletes a connect session, so that its link no longer works. If the call is
// repeated after it was processed, it fails with UNAUTHORIZED.
func (c *Client) DeleteConnectSession(
	ctx context.Context,
	sessionToken Secret,
	options ...CallOption,
) error {
	_, err := c.callNamed(
		ctx, "delete_connect_session", nil, options,
		"session_token", sessionToken.Reveal(),
	)
	return err
}
