// Command conformance makes the calls of the conformance vectors: it reads a request on each line of
// the standard input, and writes an answer on a line of the standard output.
// tests/conformance/README.md describes both.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

type request struct {
	Do        string
	Client    settings
	Operation string
	Params    map[string]json.RawMessage
	Options   struct {
		ForceRefresh        bool     `json:"force_refresh"`
		IncludeRefreshToken bool     `json:"include_refresh_token"`
		TimeoutMS           *float64 `json:"timeout_ms"`
		Headers             [][2]string
	}
	Calls    int
	Typed    bool
	Generic  bool
	PageSize uint32 `json:"page_size"`
	Asked    asked
}

type settings struct {
	BaseURL          *string `json:"base_url"`
	SecretKey        string  `json:"secret_key"`
	CAFile           string  `json:"ca_file"`
	PluralRoutes     bool    `json:"plural_routes"`
	MaxRetries       *uint32 `json:"max_retries"`
	MaxResponseBytes uint64  `json:"max_response_bytes"`
	UserAgentSuffix  string  `json:"user_agent_suffix"`
}

type asked struct {
	Headers, View, Credentials, Other []string
}

type object = map[string]any

// dedicated are the operations with methods for one connection.
var dedicated = []string{"get_connection", "get_token", "get_credentials", "replace_token"}

func main() {
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		answer, err := answerTo(line, err)
		if err != nil {
			answer = object{"failed": err.Error()}
		}
		text, err := json.Marshal(answer)
		if err != nil {
			text = fmt.Appendf(nil, `{"failed":%q}`, err)
		}
		fmt.Println(string(text))
	}
}

func answerTo(line []byte, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	if r.Do == "json_get" {
		return object{"skip": "json_get: Go has encoding/json"}, nil
	}
	client, err := r.Client.client()
	if err != nil {
		failure, err := r.failure(err)
		return object{"error": failure}, err
	}
	defer func() { _ = client.Close() }()
	switch r.Do {
	case "client":
		return object{}, nil
	case "list":
		return r.list(client)
	default:
		return r.call(client)
	}
}

func (s settings) client() (*nango.Client, error) {
	options := []nango.Option{
		nango.WithUserAgentSuffix(s.UserAgentSuffix),
		nango.WithEvents(64),
	}
	if s.BaseURL != nil {
		options = append(options, nango.WithBaseURL(*s.BaseURL))
	}
	if s.MaxRetries != nil {
		options = append(options, nango.WithMaxRetries(*s.MaxRetries))
	}
	if s.CAFile != "" {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, err
		}
		options = append(options, nango.WithTLSRoots(nango.TLSRootsCustomOnly), nango.WithCAPEM(pem))
	}
	if s.PluralRoutes {
		options = append(options, nango.WithPluralRoutes())
	}
	if s.MaxResponseBytes != 0 {
		options = append(options, nango.WithMaxResponseBytes(s.MaxResponseBytes))
	}
	return nango.New(s.SecretKey, options...)
}

// outcome is the result of a call.
type outcome struct {
	text []byte
	view *nango.Connection
	err  error
}

func (r *request) call(client *nango.Client) (object, error) {
	var last outcome
	for range max(r.Calls, 1) {
		var err error
		if last, err = r.perform(client); err != nil {
			return nil, err
		}
	}
	shown := object{"client": printed(client), "events": events(client)}
	answer := object{"shown": shown}
	if last.err != nil {
		failure, err := r.failure(last.err)
		shown["error"], answer["error"] = failure["shown"], failure
		return answer, err
	}
	if !r.Typed {
		answer["text"] = string(last.text)
		return answer, nil
	}
	view, err := viewOf(last.view, r.Asked)
	shown["view"], answer["view"] = printed(*last.view)+printed(last.view), view
	return answer, err
}

func (r *request) perform(client *nango.Client) (outcome, error) {
	ctx := context.Background()
	var key, id, refused string
	options := r.options()
	if r.Operation == "list_connections" && !r.Generic {
		filter, err := json.Marshal(r.Params)
		if err != nil {
			return outcome{}, err
		}
		text, err := client.ListConnectionsJSON(ctx, string(filter), options...)
		return outcome{text: text, err: err}, nil
	}
	if !r.Generic {
		text, ok, err := named(ctx, client, r.Operation, r.Params, options)
		if ok {
			return outcome{text: text, err: err}, nil
		}
	}
	if r.Generic || !slices.Contains(dedicated, r.Operation) {
		text, err := client.CallJSON(ctx, r.Operation, r.Params, options...)
		return outcome{text: text, err: err}, nil
	}
	for name, into := range map[string]*string{
		"provider_config_key": &key, "connection_id": &id, "refused_token": &refused,
	} {
		if value, ok := r.Params[name]; ok {
			if err := json.Unmarshal(value, into); err != nil {
				return outcome{}, err
			}
		}
	}
	switch r.Operation {
	case "get_connection":
		if !r.Typed {
			text, err := client.GetConnectionJSON(ctx, key, id, options...)
			return outcome{text: text, err: err}, nil
		}
		view, err := client.GetConnection(ctx, key, id, options...)
		return outcome{view: view, err: err}, nil
	case "get_token":
		token, err := client.GetToken(ctx, key, id, options...)
		return outcome{text: []byte(token.Reveal()), err: err}, nil
	case "replace_token":
		token, err := client.ReplaceToken(ctx, key, id, nango.NewSecret(refused), options...)
		return outcome{text: []byte(token.Reveal()), err: err}, nil
	case "get_credentials":
		credentials, err := client.GetCredentials(ctx, key, id, options...)
		if err != nil {
			return outcome{err: err}, nil
		}
		return outcome{text: credentials.Raw()}, nil // fetched by GetCredentialsJSON
	}
	return outcome{}, fmt.Errorf("unknown operation %q", r.Operation)
}

func (r *request) options() []nango.CallOption {
	var options []nango.CallOption
	if r.Options.ForceRefresh {
		options = append(options, nango.ForceRefresh())
	}
	if r.Options.IncludeRefreshToken {
		options = append(options, nango.IncludeRefreshToken())
	}
	if ms := r.Options.TimeoutMS; ms != nil {
		options = append(options, nango.Timeout(time.Duration(*ms*float64(time.Millisecond))))
	}
	for _, header := range r.Options.Headers {
		options = append(options, nango.Header(header[0], header[1]))
	}
	return options
}

func (r *request) list(client *nango.Client) (object, error) {
	filter, err := r.filter()
	if err != nil {
		return nil, err
	}
	items, answer := []object{}, object{}
	for connection, err := range client.ListConnections(context.Background(), filter) {
		if answer["error"] != nil {
			return nil, errors.New("the walk continued after an error")
		}
		if err != nil {
			if answer["error"], err = r.failure(err); err != nil {
				return nil, err
			}
			continue
		}
		item, err := summaryOf(connection, r.Asked)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	shown := object{"client": printed(client), "events": events(client)}
	if failure, ok := answer["error"].(object); ok {
		shown["error"] = failure["shown"]
	}
	answer["items"], answer["shown"] = items, shown
	return answer, nil
}

func (r *request) filter() (nango.Filter, error) {
	filter := nango.Filter{PageSize: r.PageSize, Extra: map[string]json.RawMessage{}}
	for name, value := range r.Params {
		var err error
		switch name {
		case "connection_id":
			err = json.Unmarshal(value, &filter.ConnectionID)
		case "search":
			err = json.Unmarshal(value, &filter.Search)
		case "end_user_id":
			err = json.Unmarshal(value, &filter.EndUserID)
		case "end_user_organization_id":
			err = json.Unmarshal(value, &filter.EndUserOrganizationID)
		case "tags":
			err = json.Unmarshal(value, &filter.Tags)
		case "integration_id":
			if value[0] == '[' {
				err = json.Unmarshal(value, &filter.IntegrationIDs)
			} else {
				filter.IntegrationIDs = make([]string, 1)
				err = json.Unmarshal(value, &filter.IntegrationIDs[0])
			}
		default:
			filter.Extra[name] = value
		}
		if err != nil {
			return filter, err
		}
	}
	return filter, nil
}

// failure describes an error of the package. Any other error is one of this program.
func (r *request) failure(err error) (object, error) {
	var e *nango.Error
	if !errors.As(err, &e) {
		return nil, err
	}
	after := int64(-1)
	if wait, ok := e.RetryAfter(); ok {
		after = wait.Milliseconds()
	}
	headers := object{}
	for _, name := range r.Asked.Headers {
		headers[name] = orNull(e.Header(name))
	}
	return object{
		"code": e.Code.String(), "http_status": e.HTTPStatus, "api_code": orNull(e.APICode),
		"retryable": e.Retryable, "retry_after_ms": after, "attempts": e.Attempts,
		"message": e.Message, "body_json": orNull(string(e.BodyJSON)),
		"reveal_body": orNull(e.RevealBody()), "headers": headers,
		"shown": printed(err) + printed(e) + printed(*e) + string(e.BodyJSON),
	}, nil
}

// printed is what a program could print of a value.
func printed(value any) string {
	text := fmt.Sprintf("%v %+v %#v %s", value, value, value, value)
	if data, err := json.Marshal(value); err == nil {
		text += string(data)
	}
	return text
}

func events(client *nango.Client) string {
	var all strings.Builder
	for event := client.NextEventJSON(); event != nil; event = client.NextEventJSON() {
		all.Write(event)
	}
	return all.String()
}

func viewOf(c *nango.Connection, asked asked) (object, error) {
	view := common(&nango.ConnectionSummary{
		ID: c.ID, ConnectionID: c.ConnectionID, ProviderConfigKey: c.ProviderConfigKey,
		Provider: c.Provider, Errors: c.Errors, EndUser: c.EndUser, Tags: c.Tags,
		Metadata: c.Metadata,
	}, c.Extra, asked)
	view["connection_config"] = c.ConnectionConfig.Reveal()
	view["webhook_url_override"] = c.WebhookURLOverride
	credentials, err := credentialsOf(c.Credentials, asked)
	view["credentials"] = credentials
	for name, at := range map[string]nango.Timestamp{
		"created_at": c.CreatedAt, "updated_at": c.UpdatedAt, "last_fetched_at": c.LastFetchedAt,
	} {
		view[name] = at
		err = errors.Join(err, parsed(at))
	}
	return view, err
}

func summaryOf(c *nango.ConnectionSummary, asked asked) (object, error) {
	view := common(c, c.Extra, asked)
	view["created"] = c.Created
	return view, parsed(c.Created)
}

// common are the members of both kinds of connections.
func common(
	c *nango.ConnectionSummary, extra map[string]nango.SecretJSON, asked asked,
) object {
	problems := []object{}
	for _, e := range c.Errors {
		problems = append(problems, object{"type": orNull(e.Type), "log_id": orNull(e.LogID)})
	}
	other := object{}
	for _, name := range asked.Other {
		if value, ok := extra[name]; ok {
			other[name] = value.Reveal()
		}
	}
	view := object{
		"id": orNull(c.ID), "connection_id": c.ConnectionID,
		"provider_config_key": c.ProviderConfigKey, "provider": c.Provider, "errors": problems,
		"end_user": endUserOf(c.EndUser), "tags": orEmpty(c.Tags), "other": other,
	}
	// The driver cannot read every number that it may hold.
	if slices.Contains(asked.View, "metadata") {
		view["metadata"] = c.Metadata
	}
	return view
}

func endUserOf(u *nango.EndUser) any {
	if u == nil {
		return nil
	}
	view := object{
		"id": orNull(u.ID), "display_name": u.DisplayName, "email": u.Email,
		"tags": orEmpty(u.Tags), "organization": nil,
	}
	if o := u.Organization; o != nil {
		view["organization"] = object{"id": orNull(o.ID), "display_name": o.DisplayName}
	}
	return view
}

func credentialsOf(c nango.Credentials, asked asked) (object, error) {
	readers := map[string]nango.Secret{
		"access_token": c.AccessToken, "refresh_token": c.RefreshToken, "token": c.Token,
		"api_key": c.APIKey, "username": c.Username, "password": c.Password,
		"oauth_token": c.OAuthToken, "oauth_token_secret": c.OAuthTokenSecret,
	}
	read, names := object{}, asked.Credentials
	for name, secret := range readers {
		read[name] = secret.Reveal()
		names = append(names, strings.Replace(name, "api_key", "apiKey", 1))
	}
	var raw map[string]json.RawMessage
	if text := c.Raw(); text != nil && text[0] == '{' {
		if err := json.Unmarshal(text, &raw); err != nil {
			return nil, err
		}
	}
	members := object{}
	for _, name := range names {
		field, ok := c.Field(name)
		switch {
		case !ok:
			members[name] = nil
		case raw[name][0] == '"':
			members[name] = field.Reveal()
		default:
			members[name] = json.RawMessage(field.Reveal())
		}
	}
	return object{
		"type": c.Type, "expires_at": c.ExpiresAt, "empty": c.IsEmpty(),
		"names": append([]string{}, c.Names()...), "members": members, "readers": read,
		"single_token": singleTokenOf(c),
	}, parsed(c.ExpiresAt)
}

func singleTokenOf(c nango.Credentials) any {
	token, err := c.SingleToken()
	var e *nango.Error
	if errors.As(err, &e) {
		return object{"error": e.Code.String()}
	}
	return token.Reveal()
}

// parsed checks that a time was parsed.
func parsed(at nango.Timestamp) error {
	if at.Text != "" && at.Time == nil {
		return fmt.Errorf("the time %q was not parsed", at.Text)
	}
	return nil
}

func orNull[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

func orEmpty(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return tags
}
