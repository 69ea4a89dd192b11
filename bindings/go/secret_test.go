package nango_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	nango "github.com/libnango/libnango/bindings/go"
)

const secretConnection = `{
	"id": 7, "connection_id": "alice", "provider_config_key": "github", "provider": "github", "errors": [{"type": "auth", "log_id": "l1"}],
	"end_user": {"id": "eu", "display_name": "Zoë", "email": null, "tags": {"a": "b"}, "organization": {"id": "org", "display_name": null}},
	"tags": {"tier": "Gold"}, "metadata": {"plan": "free"}, "connection_config": {"subdomain": "acme", "jwtToken": "HUSH-config"},
	"webhook_url_override": null, "created_at": "2026-01-02T03:04:05.678+00:00", "updated_at": "soon", "last_fetched_at": null,
	"credentials": {"type": "OAUTH2", "access_token": "HUSH-access", "refresh_token": "HUSH-refresh", "expires_at": "2026-08-21T11:00:00.000Z",
		"username": "HUSH-user", "raw": {"access_token": "HUSH-raw"}, "number": 5, "none": null},
	"new_secret": {"token": "HUSH-new"}, "Provider": "HUSH-case"}`

func TestConnectionView(t *testing.T) {
	var c nango.Connection
	decode(t, []byte(secretConnection), &c)
	if c.ID != 7 || c.ConnectionID != "alice" || c.Provider != "github" ||
		c.Errors[0].LogID != "l1" || *c.EndUser.DisplayName != "Zoë" ||
		c.EndUser.Email != nil ||
		c.EndUser.Organization.ID != "org" ||
		c.Tags["tier"] != "Gold" ||
		string(c.Metadata) != `{"plan": "free"}` {
		t.Errorf("got %+v", c)
	}
	if c.CreatedAt.Time == nil || c.CreatedAt.Time.UnixMilli() != 1767323045678 ||
		c.CreatedAt.Text != "2026-01-02T03:04:05.678+00:00" {
		t.Errorf("got %v", c.CreatedAt)
	}
	if c.UpdatedAt.Text != "soon" || c.UpdatedAt.Time != nil ||
		c.LastFetchedAt != (nango.Timestamp{}) {
		t.Errorf("got %v, %v", c.UpdatedAt, c.LastFetchedAt)
	}
	if c.Credentials.AccessToken.Reveal() != "HUSH-access" || !c.Credentials.Token.IsEmpty() {
		t.Error("wrong credentials")
	}
	if value, ok := c.Credentials.Field("number"); !ok || value.Reveal() != "5" {
		t.Errorf("got %q", value.Reveal())
	}
	if value, ok := c.Credentials.Field("raw"); !ok ||
		value.Reveal() != `{"access_token": "HUSH-raw"}` {
		t.Errorf("got %q", value.Reveal())
	}
	for _, name := range []string{"none", "nothing"} {
		if _, ok := c.Credentials.Field(name); ok {
			t.Errorf("there is a member %q", name)
		}
	}
	if value, ok := c.ConnectionConfig.Field("subdomain"); !ok || value.Reveal() != "acme" {
		t.Errorf("got %q", value.Reveal())
	}
	want := []string{
		"access_token", "expires_at", "none", "number", "raw", "refresh_token", "type", "username",
	}
	if names := c.Credentials.Names(); !reflect.DeepEqual(names, want) {
		t.Errorf("got %q", names)
	}
	if len(c.Extra) != 2 || string(c.Extra["new_secret"].Reveal()) != `{"token": "HUSH-new"}` ||
		string(c.Raw()) != secretConnection {
		t.Errorf("got %v", c.Extra)
	}
}

// A null member counts as missing; an empty one does not.
func TestNullsInAConnection(t *testing.T) {
	var c nango.Connection
	decode(t, []byte(`{"id":null,"errors":null,"tags":null,"end_user":null,"metadata":null,
		"created_at":null,"credentials":null}`), &c)
	if c.Errors != nil || c.Tags != nil || c.EndUser != nil || c.Metadata != nil || c.Extra != nil ||
		!c.Credentials.IsEmpty() {
		t.Errorf("got %#v, %v", c, c.Extra)
	}
	decode(t, []byte(`{"errors":[],"tags":{}}`), &c)
	if c.Errors == nil || c.Tags == nil || c.Extra != nil {
		t.Errorf("got %#v, %v", c, c.Extra)
	}
}

// A member of an unexpected type is not an error.
func TestUnexpectedTypes(t *testing.T) {
	var c nango.Connection
	decode(t, []byte(`{"id":"x","connection_id":"a","errors":{},"tags":{"a":"b","c":1},
		"end_user":[],"created_at":5,"credentials":"HUSH"}`), &c)
	if c.ConnectionID != "a" || c.ID != 0 || len(c.Tags) != 1 || c.Tags["a"] != "b" ||
		c.EndUser != nil ||
		len(c.Extra) != 5 {
		t.Errorf("got %v, %v", c, c.Extra)
	}
	if string(c.Credentials.Raw()) != `"HUSH"` || c.Credentials.Names() != nil {
		t.Errorf("got %s", c.Credentials.Raw())
	}
	for _, bad := range []string{"[]", `"x"`, "1"} {
		err := json.Unmarshal([]byte(bad), &c)
		wantCode(t, err, nango.ErrInvalidResponse, nango.CodeInvalidResponse)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	var connection nango.Connection
	decode(t, []byte(secretConnection), &connection)
	type hidden struct {
		secret      nango.Secret
		config      nango.SecretJSON
		credentials nango.Credentials
		connection  nango.Connection
	}
	type shown struct {
		Secret     nango.Secret
		Pointer    *nango.Secret
		List       []nango.Secret
		Map        map[string]nango.Secret
		Connection *nango.Connection
		Value      nango.Connection
	}
	secret := connection.Credentials.AccessToken
	values := map[string]any{
		"Secret":       secret,
		"*Secret":      &secret,
		"SecretJSON":   connection.ConnectionConfig,
		"*SecretJSON":  &connection.ConnectionConfig,
		"Credentials":  connection.Credentials,
		"*Credentials": &connection.Credentials,
		"Connection":   connection,
		"*Connection":  &connection,
		"[]Connection": []nango.Connection{connection},
		"exported": shown{
			secret,
			&secret,
			[]nango.Secret{secret},
			map[string]nango.Secret{"a": secret},
			&connection,
			connection,
		},
		"unexported": hidden{secret, connection.ConnectionConfig, connection.Credentials, connection},
		"interface":  []any{secret, connection.Credentials},
		"error":      fmt.Errorf("with %v and %w", connection, errors.New(secret.String())),
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			var printed []string
			for _, verb := range []string{
				"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%c", "%U", "%T", "%p", "%08b",
				"%-20.5v",
			} {
				printed = append(printed, fmt.Sprintf(verb, value))
			}
			printed = append(printed, fmt.Sprint(value), fmt.Sprintln(value))
			data, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			printed = append(printed, string(data))
			if data, err := json.MarshalIndent(map[string]any{"value": value}, "", " "); err == nil {
				printed = append(printed, string(data))
			}
			var log bytes.Buffer
			for _, handler := range []slog.Handler{
				slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil),
			} {
				slog.New(handler).Info("it", "value", value, slog.Group("group", "value", value))
			}
			printed = append(printed, log.String())
			for _, text := range printed {
				if strings.Contains(text, "HUSH") || strings.Contains(strings.ToLower(text), "48555348") ||
					strings.Contains(text, "72 85 83 72") {
					t.Errorf("a secret in %s", text)
				}
			}
		})
	}
	text := fmt.Sprintf("%v %+v %#v %s %q %x", secret, secret, secret, secret, secret, secret)
	if text != strings.Repeat(" [REDACTED]", 6)[1:] {
		t.Errorf("got %s", text)
	}
	data, _ := json.Marshal(connection)
	wantJSON(t, "a connection", data, []byte(`{
		"id": 7, "connection_id": "alice", "provider_config_key": "github", "provider": "github", "errors": [{"type": "auth", "log_id": "l1"}],
		"end_user": {"id": "eu", "display_name": "Zoë", "email": null, "tags": {"a": "b"}, "organization": {"id": "org", "display_name": null}},
		"tags": {"tier": "Gold"}, "metadata": {"plan": "free"}, "connection_config": "[REDACTED]", "webhook_url_override": null,
		"created_at": "2026-01-02T03:04:05.678+00:00", "updated_at": "soon", "last_fetched_at": null,
		"credentials": {"type": "OAUTH2", "expires_at": "2026-08-21T11:00:00.000Z", "access_token": "[REDACTED]", "refresh_token": "[REDACTED]",
			"username": "[REDACTED]", "raw": "[REDACTED]", "number": "[REDACTED]", "none": "[REDACTED]"}}`))
}

// Only RevealBody returns what an error does not show.
func TestErrorsDoNotPrintTheirBodies(t *testing.T) {
	body := `{"error":{"code":"script_x","message":"no","payload":{"access_token":"HUSH-1"}}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	client := newClient(t, nango.WithBaseURL(server.URL))
	_, err := client.GetToken(context.Background(), "github", "alice")
	var failure *nango.Error
	if !errors.As(err, &failure) || failure.RevealBody() != body {
		t.Fatalf("got %v", err)
	}
	printed := string(failure.BodyJSON)
	values := []any{err, failure, *failure, []any{*failure}, map[string]any{"a": failure}}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed += fmt.Sprintf(verb, value)
		}
		data, _ := json.Marshal(value)
		printed += string(data)
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("it", "value", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("it", "value", value)
		printed += log.String()
	}
	if strings.Contains(printed, "HUSH") || strings.Contains(strings.ToLower(printed), "48555348") {
		t.Errorf("a secret in %s", printed)
	}
	if (&nango.Error{}).RevealBody() != "" {
		t.Error("an error without a body has one")
	}
}

func TestSecret(t *testing.T) {
	a, b := nango.NewSecret("a"), nango.NewSecret("b")
	if !a.Equal(nango.NewSecret("a")) || a.Equal(b) || a.Equal(nango.Secret{}) ||
		!(nango.Secret{}).Equal(nango.NewSecret("")) {
		t.Error("Equal is wrong")
	}
	if (nango.Secret{}).Reveal() != "" || !(nango.Secret{}).IsEmpty() || a.IsEmpty() ||
		(nango.SecretJSON{}).Reveal() != nil {
		t.Error("the zero value is not empty")
	}
}

func TestClientDoesNotPrintItsKey(t *testing.T) {
	client := newClient(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, client); strings.Contains(text, "0f8fad5b") {
			t.Errorf("%s: %s", verb, text)
		}
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
