package nango_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

const vectorsFolder = "../../tests/conformance"

type vector struct {
	Name   string
	Kind   string
	Client struct {
		Server           string
		BaseURL          *string `json:"base_url"`
		SecretKey        *string `json:"secret_key"`
		PluralRoutes     bool    `json:"plural_routes"`
		MaxRetries       uint32  `json:"max_retries"`
		MaxResponseBytes uint64  `json:"max_response_bytes"`
		UserAgentSuffix  string  `json:"user_agent_suffix"`
	}
	Call struct {
		Operation         string
		ProviderConfigKey string `json:"provider_config_key"`
		ConnectionID      string `json:"connection_id"`
		RefusedToken      string `json:"refused_token"`
		Filter            json.RawMessage
		Options           struct {
			ForceRefresh        bool     `json:"force_refresh"`
			IncludeRefreshToken bool     `json:"include_refresh_token"`
			TimeoutMS           *float64 `json:"timeout_ms"`
			Headers             [][2]string
		}
	}
	Typed     bool
	Calls     int
	Exchanges []struct{ Response struct{ Body any } }
	Filter    map[string]json.RawMessage
	PageSize  uint32          `json:"page_size"`
	Expect    json.RawMessage // for json_get, a text
}

type expectation struct {
	Text          *string
	JSON          json.RawMessage
	Token         *string
	Connection    map[string]json.RawMessage
	ConnectionIDs []string `json:"connection_ids"`
	Connections   []map[string]json.RawMessage
	Error         map[string]json.RawMessage
}

// outcome is the result of a call.
type outcome struct {
	text       []byte
	token      *nango.Secret
	connection *nango.Connection
	err        error
}

func TestConformance(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectorsFolder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", vectorsFolder, err)
	}
	run := "go-" + rand.Text()
	ran, skipped := 0, map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var content struct{ Vectors []vector }
		if err := json.Unmarshal(data, &content); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			for _, v := range content.Vectors {
				if v.Kind == "json_get" {
					skipped["json_get: Go has encoding/json"]++
					continue
				}
				ran++
				t.Run(v.Name, func(t *testing.T) { v.run(t, run) })
			}
		})
	}
	t.Logf("conformance vectors: %d ran, skipped: %v", ran, skipped)
	if ran == 0 {
		t.Error("no vector ran")
	}
}

func (v *vector) run(t *testing.T, run string) {
	var expect expectation
	if err := json.Unmarshal(v.Expect, &expect); err != nil {
		t.Fatal(err)
	}
	switch v.Kind {
	case "client":
		v.runClient(t, expect)
	case "list":
		v.runList(t, run, expect)
	case "call", "":
		v.runCall(t, run, expect)
		v.runTokenOfConnection(t, run+"-of-connection", expect)
	default:
		t.Fatalf("unknown kind %q", v.Kind)
	}
}

func (v *vector) runClient(t *testing.T, expect expectation) {
	var options []nango.Option
	if v.Client.BaseURL != nil {
		options = append(options, nango.WithBaseURL(*v.Client.BaseURL))
	}
	client, err := nango.New(*v.Client.SecretKey, options...)
	if err == nil {
		defer func() { _ = client.Close() }()
	}
	checkError(t, err, expect.Error)
}

func (v *vector) newClient(t *testing.T, run string) *nango.Client {
	key := "0f8fad5b-d9cb-469f-a165-70867728950e"
	if v.Client.SecretKey != nil {
		key = *v.Client.SecretKey
	}
	options := []nango.Option{
		nango.WithBaseURL(os.Getenv("NANGO_DEV_VECTORS_URL") + "/" + run + "/" + v.Name),
		nango.WithMaxRetries(v.Client.MaxRetries),
		nango.WithUserAgentSuffix(v.Client.UserAgentSuffix),
		nango.WithEvents(64),
	}
	if v.Client.Server != "" {
		pem, err := os.ReadFile(os.Getenv("NANGO_DEV_CA_FILE"))
		if err != nil {
			t.Fatal(err)
		}
		options = append(
			options,
			nango.WithBaseURL(os.Getenv(v.Client.Server)),
			nango.WithTLSRoots(nango.TLSRootsCustomOnly),
			nango.WithCAPEM(pem),
		)
	}
	if v.Client.PluralRoutes {
		options = append(options, nango.WithPluralRoutes())
	}
	if v.Client.MaxResponseBytes != 0 {
		options = append(options, nango.WithMaxResponseBytes(v.Client.MaxResponseBytes))
	}
	client, err := nango.New(key, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (v *vector) runList(t *testing.T, run string, expect expectation) {
	client := v.newClient(t, run)
	filter := nango.Filter{PageSize: v.PageSize, Extra: map[string]json.RawMessage{}}
	for name, value := range v.Filter {
		switch name {
		case "connection_id":
			decode(t, value, &filter.ConnectionID)
		case "search":
			decode(t, value, &filter.Search)
		case "end_user_id":
			decode(t, value, &filter.EndUserID)
		case "end_user_organization_id":
			decode(t, value, &filter.EndUserOrganizationID)
		case "tags":
			decode(t, value, &filter.Tags)
		case "integration_id":
			if value[0] == '[' {
				decode(t, value, &filter.IntegrationIDs)
			} else {
				filter.IntegrationIDs = make([]string, 1)
				decode(t, value, &filter.IntegrationIDs[0])
			}
		default:
			filter.Extra[name] = value
		}
	}
	seen := []string{}
	var failure error
	for connection, err := range client.ListConnections(background(), filter) {
		if err != nil {
			failure = err
			continue
		}
		if failure != nil {
			t.Error("the walk continued after an error")
		}
		if len(seen) < len(expect.Connections) {
			checkSummary(t, connection, expect.Connections[len(seen)])
		}
		seen = append(seen, connection.ConnectionID)
	}
	checkError(t, failure, expect.Error)
	if !reflect.DeepEqual(seen, expect.ConnectionIDs) {
		t.Errorf("got %q, want %q", seen, expect.ConnectionIDs)
	}
}

func (v *vector) runCall(t *testing.T, run string, expect expectation) {
	client := v.newClient(t, run)
	var last outcome
	for range max(v.Calls, 1) {
		last = v.call(t, client, v.Typed || expect.Connection != nil)
	}
	v.checkSecrets(t, client, last)
	checkError(t, last.err, expect.Error)
	if last.err != nil {
		return
	}
	if expect.Text != nil && string(last.text) != *expect.Text {
		t.Errorf("got  %s\nwant %s", last.text, *expect.Text)
	}
	if expect.JSON != nil {
		wantJSON(t, "the answer", last.text, expect.JSON)
	}
	if expect.Token != nil && (last.token == nil || last.token.Reveal() != *expect.Token) {
		t.Errorf("got the token %q, want %q", last.token.Reveal(), *expect.Token)
	}
	if expect.Connection != nil {
		checkConnection(t, last.connection, expect.Connection)
	}
}

// checkSecrets checks that nothing printed about a call contains the key, or a text under
// `credentials` in the answers.
func (v *vector) checkSecrets(t *testing.T, client *nango.Client, last outcome) {
	secrets := []string{"0f8fad5b-d9cb-469f-a165-70867728950e"}
	if v.Client.SecretKey != nil {
		secrets[0] = *v.Client.SecretKey
	}
	for _, exchange := range v.Exchanges {
		secrets = append(secrets, secretTexts(exchange.Response.Body, false)...)
	}
	shown := fmt.Sprintf("%v %+v %#v", last.err, last.err, last.err)
	var e *nango.Error
	if errors.As(last.err, &e) {
		shown += fmt.Sprintf("%v %+v %#v %s", *e, *e, *e, e.BodyJSON)
	}
	for _, value := range []any{client, last.token, last.connection} {
		shown += fmt.Sprintf("%v %+v %#v %s", value, value, value, value)
	}
	for event := client.NextEventJSON(); event != nil; event = client.NextEventJSON() {
		shown += string(event)
	}
	for _, secret := range secrets {
		if strings.Contains(shown, secret) {
			t.Errorf("the secret %s is shown: %s", secret, shown)
		}
	}
}

// secretTexts returns the texts of eight letters or more under `credentials`.
func secretTexts(value any, inside bool) (secrets []string) {
	switch value := value.(type) {
	case string:
		if inside && len(value) >= 8 {
			secrets = append(secrets, value)
		}
	case []any:
		for _, element := range value {
			secrets = append(secrets, secretTexts(element, inside)...)
		}
	case map[string]any:
		for name, member := range value {
			if name != "type" && name != "expires_at" {
				secrets = append(secrets, secretTexts(member, inside || name == "credentials")...)
			}
		}
	}
	return secrets
}

// runTokenOfConnection takes a vector that expects a token, or none. It fetches the connection and
// checks the token in it.
func (v *vector) runTokenOfConnection(t *testing.T, run string, expect expectation) {
	want := marshal(t, expect.Token)
	if expect.Token == nil {
		want = marshal(t, map[string]json.RawMessage{"error": expect.Error["code"]})
	}
	code := string(expect.Error["code"])
	if v.Call.Operation != "get_token" || v.Calls != 0 ||
		expect.Token == nil && code != `"NO_SINGLE_TOKEN"` && code != `"NO_CREDENTIALS"` {
		return
	}
	client, key, id := v.newClient(t, run), v.Call.ProviderConfigKey, v.Call.ConnectionID
	connection, err := client.GetConnection(background(), key, id, v.callOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	checkSingleToken(t, connection.Credentials, want)
}

func (v *vector) callOptions() []nango.CallOption {
	var options []nango.CallOption
	if v.Call.Options.ForceRefresh {
		options = append(options, nango.ForceRefresh())
	}
	if v.Call.Options.IncludeRefreshToken {
		options = append(options, nango.IncludeRefreshToken())
	}
	if ms := v.Call.Options.TimeoutMS; ms != nil {
		options = append(options, nango.Timeout(time.Duration(*ms*float64(time.Millisecond))))
	}
	for _, header := range v.Call.Options.Headers {
		options = append(options, nango.Header(header[0], header[1]))
	}
	return options
}

// call fetches the typed view of a connection if the vector checks that. An answer without a body
// has no typed view.
func (v *vector) call(t *testing.T, client *nango.Client, typed bool) outcome {
	ctx := background()
	options := v.callOptions()
	key, id := v.Call.ProviderConfigKey, v.Call.ConnectionID
	switch v.Call.Operation {
	case "get_connection":
		if !typed {
			text, err := client.GetConnectionJSON(ctx, key, id, options...)
			return outcome{text: text, err: err}
		}
		connection, err := client.GetConnection(ctx, key, id, options...)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{text: connection.Raw(), connection: connection}
	case "get_token":
		token, err := client.GetToken(ctx, key, id, options...)
		return outcome{token: &token, err: err}
	case "replace_token":
		refused := nango.NewSecret(v.Call.RefusedToken)
		token, err := client.ReplaceToken(ctx, key, id, refused, options...)
		return outcome{token: &token, err: err}
	case "get_credentials":
		credentials, err := client.GetCredentials(ctx, key, id, options...)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{text: credentials.Raw()} // fetched by GetCredentialsJSON
	case "list_connections":
		text, err := client.ListConnectionsJSON(ctx, string(v.Call.Filter), options...)
		return outcome{text: text, err: err}
	}
	t.Fatalf("unknown operation %q", v.Call.Operation)
	return outcome{}
}

func checkError(t *testing.T, err error, want map[string]json.RawMessage) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
		return
	}
	var e *nango.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error", err)
	}
	for name, value := range want {
		switch name {
		case "code":
			wantJSON(t, name, marshal(t, e.Code.String()), value)
		case "http_status":
			wantJSON(t, name, marshal(t, e.HTTPStatus), value)
		case "api_code":
			wantJSON(t, name, marshal(t, orNull(e.APICode)), value)
		case "retryable":
			wantJSON(t, name, marshal(t, e.Retryable), value)
		case "retry_after_ms":
			after := int64(-1)
			if d, ok := e.RetryAfter(); ok {
				after = d.Milliseconds()
			}
			wantJSON(t, name, marshal(t, after), value)
		case "attempts":
			wantJSON(t, name, marshal(t, e.Attempts), value)
		case "body_json":
			if e.BodyJSON == nil {
				wantJSON(t, name, []byte("null"), value)
			} else {
				wantJSON(t, name, e.BodyJSON, value)
			}
		case "reveal_body":
			if body := e.RevealBody(); body == "" {
				wantJSON(t, name, []byte("null"), value)
			} else {
				wantJSON(t, name, marshal(t, body), value)
			}
		case "headers":
			var headers map[string]*string
			decode(t, value, &headers)
			for header, want := range headers {
				if got := e.Header(header); (want == nil) != (got == "") || want != nil && got != *want {
					t.Errorf("the header %s is %q", header, got)
				}
			}
		case "message_contains", "message_lacks", "body_lacks":
			var texts []string
			decode(t, value, &texts)
			in := e.Message
			if name == "body_lacks" {
				in = string(e.BodyJSON)
			}
			for _, text := range texts {
				if strings.Contains(in, text) != (name == "message_contains") {
					t.Errorf("%s %q: %s", name, text, in)
				}
			}
			if name == "message_lacks" {
				for _, text := range texts {
					if printed := fmt.Sprintf("%v %+v", err, err); strings.Contains(printed, text) {
						t.Errorf("%s %q: %s", name, text, printed)
					}
				}
			}
		default:
			t.Errorf("unknown member %q of an error", name)
		}
	}
}

// checkFact compares a member that connections and their summaries have in common. It returns false
// for any other member.
func checkFact(t *testing.T, name string, want json.RawMessage, c *nango.ConnectionSummary) bool {
	t.Helper()
	var got any
	switch name {
	case "id":
		got = orNull(c.ID)
	case "connection_id":
		got = orNull(c.ConnectionID)
	case "provider_config_key":
		got = orNull(c.ProviderConfigKey)
	case "provider":
		got = orNull(c.Provider)
	case "errors":
		errors := []any{}
		for _, e := range c.Errors {
			errors = append(errors, map[string]any{"type": orNull(e.Type), "log_id": orNull(e.LogID)})
		}
		got = errors
	case "end_user":
		got = endUserView(c.EndUser)
	case "tags":
		got = orEmpty(c.Tags)
	case "metadata":
		got = c.Metadata
	default:
		return false
	}
	wantJSON(t, name, marshal(t, got), want)
	return true
}

func endUserView(u *nango.EndUser) any {
	if u == nil {
		return nil
	}
	view := map[string]any{
		"id":           orNull(u.ID),
		"display_name": u.DisplayName,
		"email":        u.Email,
		"tags":         orEmpty(u.Tags),
		"organization": nil,
	}
	if o := u.Organization; o != nil {
		view["organization"] = map[string]any{"id": orNull(o.ID), "display_name": o.DisplayName}
	}
	return view
}

// checkOther looks for members that the view does not know. They are in Extra and in Raw.
func checkOther(t *testing.T, extra map[string]nango.SecretJSON, raw, want json.RawMessage) {
	t.Helper()
	var all, others map[string]json.RawMessage
	decode(t, raw, &all)
	decode(t, want, &others)
	for name, value := range others {
		got, ok := extra[name]
		if !ok {
			t.Errorf("Extra lacks %q", name)
			continue
		}
		wantJSON(t, "other."+name, got.Reveal(), value)
		wantJSON(t, name+" in Raw", all[name], value)
	}
}

// checkConnection compares the typed view, in its canonical form, with the members that the vector
// names.
func checkConnection(t *testing.T, c *nango.Connection, want map[string]json.RawMessage) {
	t.Helper()
	common := &nango.ConnectionSummary{
		ID:                c.ID,
		ConnectionID:      c.ConnectionID,
		ProviderConfigKey: c.ProviderConfigKey,
		Provider:          c.Provider,
		Errors:            c.Errors,
		EndUser:           c.EndUser,
		Tags:              c.Tags,
		Metadata:          c.Metadata,
	}
	for name, value := range want {
		if checkFact(t, name, value, common) {
			continue
		}
		var got any
		switch name {
		case "connection_config":
			got = c.ConnectionConfig.Reveal()
		case "webhook_url_override":
			got = c.WebhookURLOverride
		case "created_at":
			got = checkTime(t, c.CreatedAt)
		case "updated_at":
			got = checkTime(t, c.UpdatedAt)
		case "last_fetched_at":
			got = checkTime(t, c.LastFetchedAt)
		case "credential_names":
			got = append([]string{}, c.Credentials.Names()...)
			if c.Credentials.IsEmpty() != (string(value) == "[]") {
				t.Errorf("IsEmpty is %v, and the names are %s", c.Credentials.IsEmpty(), value)
			}
		case "credentials":
			var members map[string]json.RawMessage
			decode(t, value, &members)
			checkCredentials(t, &c.Credentials, members)
			continue
		case "single_token":
			checkSingleToken(t, c.Credentials, value)
			continue
		case "other":
			checkOther(t, c.Extra, c.Raw(), value)
			continue
		default:
			t.Errorf("unknown member %q of a connection", name)
			continue
		}
		wantJSON(t, name, marshal(t, got), value)
	}
}

func checkSummary(t *testing.T, c *nango.ConnectionSummary, want map[string]json.RawMessage) {
	t.Helper()
	for name, value := range want {
		switch {
		case checkFact(t, name, value, c):
		case name == "created":
			wantJSON(t, name, marshal(t, checkTime(t, c.Created)), value)
		case name == "other":
			checkOther(t, c.Extra, c.Raw(), value)
		default:
			t.Errorf("unknown member %q of a list's connection", name)
		}
	}
}

// checkSingleToken expects a text, or {"error": the code}.
func checkSingleToken(t *testing.T, c nango.Credentials, want json.RawMessage) {
	t.Helper()
	var got any
	token, err := c.SingleToken()
	var e *nango.Error
	switch {
	case err == nil:
		got = token.Reveal()
	case errors.As(err, &e):
		got = map[string]string{"error": e.Code.String()}
	default:
		t.Fatal(err)
	}
	wantJSON(t, "single_token", marshal(t, got), want)
}

func checkCredentials(t *testing.T, c *nango.Credentials, want map[string]json.RawMessage) {
	t.Helper()
	typed := map[string]nango.Secret{
		"access_token":       c.AccessToken,
		"refresh_token":      c.RefreshToken,
		"token":              c.Token,
		"apiKey":             c.APIKey,
		"username":           c.Username,
		"password":           c.Password,
		"oauth_token":        c.OAuthToken,
		"oauth_token_secret": c.OAuthTokenSecret,
	}
	for name, value := range want {
		switch name {
		case "type":
			wantJSON(t, name, marshal(t, orNull(c.Type)), value)
			continue
		case "expires_at":
			wantJSON(t, name, marshal(t, checkTime(t, c.ExpiresAt)), value)
			continue
		}
		field, ok := c.Field(name)
		isText := len(value) > 0 && value[0] == '"'
		switch {
		case !ok:
			wantJSON(t, "credentials."+name, []byte("null"), value)
		case isText:
			wantJSON(t, "credentials."+name, marshal(t, field.Reveal()), value)
		default:
			wantJSON(t, "credentials."+name, []byte(field.Reveal()), value)
		}
		if secret, named := typed[name]; named && isText {
			wantJSON(t, "the named field of credentials."+name, marshal(t, secret.Reveal()), value)
		} else if named && !secret.IsEmpty() {
			t.Errorf("the named field of credentials.%s is set, but the member is not a string", name)
		}
	}
}

// checkTime returns the timestamp, and checks that its text was parsed.
func checkTime(t *testing.T, at nango.Timestamp) any {
	t.Helper()
	if at.Text != "" && at.Time == nil {
		t.Errorf("the time %q was not parsed", at.Text)
	}
	return at
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

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// wantJSON compares JSON values; it compares numbers by their text.
func wantJSON(t *testing.T, name string, got, want []byte) {
	t.Helper()
	read := func(data []byte) (value any) {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			t.Fatalf("%s: %q: %v", name, data, err)
		}
		return value
	}
	if !reflect.DeepEqual(read(got), read(want)) {
		t.Errorf("%s: got  %s\nwant %s", name, got, want)
	}
}
