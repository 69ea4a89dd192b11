package nango_test

import (
	"bytes"
	"cmp"
	"encoding/asn1"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"expvar"
	"fmt"
	html "html/template"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	text "text/template"

	nango "github.com/libnango/libnango/bindings/go"
)

const vectorsFolder = "../../tests/conformance"

// No serialiser of the standard library writes a secret of any vector of credentials, nor does code
// that inspects values by reflection.
func TestNoSerialiserShowsASecret(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(vectorsFolder, "credentials.json"))
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Vectors []struct {
			Name      string
			Exchanges []struct{ Response struct{ Body any } }
		}
	}
	if err := json.Unmarshal(data, &content); err != nil {
		t.Fatal(err)
	}
	shown, looked := 0, 0
	for _, v := range content.Vectors {
		for _, exchange := range v.Exchanges {
			secrets := secretTexts(exchange.Response.Body, false)
			body, err := json.Marshal(exchange.Response.Body)
			if _, ok := exchange.Response.Body.(map[string]any); !ok || err != nil || len(secrets) == 0 {
				continue
			}
			looked++
			for _, value := range valuesOf(t, body) {
				for way, text := range waysToWrite(value) {
					shown++
					for _, secret := range secrets {
						digits := hex.EncodeToString([]byte(secret))
						for _, form := range []string{secret, digits, strings.ToUpper(digits)} {
							if strings.Contains(text, form) {
								t.Errorf("%s: %s of a %T shows %s", v.Name, way, value, text)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d texts of %d answers", shown, looked)
	if looked < 30 {
		t.Errorf("only %d answers hold secrets", looked)
	}
}

// valuesOf returns the values that a program may hold of a connection, alone and inside others.
func valuesOf(t *testing.T, body []byte) []any {
	var connection nango.Connection
	var summary nango.ConnectionSummary
	decode(t, body, &connection)
	decode(t, body, &summary)
	credentials := connection.Credentials
	token, err := credentials.SingleToken()
	if err != nil {
		token = nango.NewSecret("")
	}
	type exported struct {
		Connection  *nango.Connection
		Summary     nango.ConnectionSummary
		Credentials nango.Credentials
		Token       nango.Secret
		Config      nango.SecretJSON
	}
	type unexported struct {
		connection  nango.Connection
		summary     *nango.ConnectionSummary
		credentials nango.Credentials
		token       *nango.Secret
		config      nango.SecretJSON
		any         any
	}
	return []any{
		connection, &connection, summary, &summary, credentials, &credentials, token, &token,
		connection.ConnectionConfig, []nango.ConnectionSummary{summary},
		map[string]nango.Secret{"a": token}, []any{connection, summary, credentials, token},
		exported{&connection, summary, credentials, token, connection.ConnectionConfig},
		&unexported{connection, &summary, credentials, &token, connection.ConnectionConfig, credentials},
		fmt.Errorf("no token: %w", cmp.Or(err, errors.ErrUnsupported)),
	}
}

// waysToWrite writes a value in every way. If a writer fails, the error is its text.
func waysToWrite(value any) map[string]string {
	written := map[string]string{"reflection": walk(reflect.ValueOf(value), 0)}
	for _, verb := range []string{
		"%v", "%+v", "%#v", "%s", "%q", "%#q", "%+q", "%x", "%X", "% x", "%# X", "%d", "%o", "%b", "%c",
		"%U", "%e", "%g", "%t", "%T", "%p", "%w", "%20.300v", "%[1]*d", "%!",
	} {
		written[verb] = fmt.Sprintf(verb, value)
	}
	written["Sprint"] = fmt.Sprint(value)
	written["Errorf"] = fmt.Errorf("with %v: %w", value, errors.New(fmt.Sprint(value))).Error()
	var out bytes.Buffer
	take := func(name string, err error) {
		written[name] = fmt.Sprintf("%s %v", out.String(), err)
		out.Reset()
	}
	take("json", json.NewEncoder(&out).Encode(value))
	take("json in a map", json.NewEncoder(&out).Encode(map[string]any{"it": []any{value}}))
	take("xml", xml.NewEncoder(&out).Encode(value))
	take("xml in a struct", xml.NewEncoder(&out).Encode(struct{ It any }{value}))
	take("gob", gob.NewEncoder(&out).Encode(value))
	take("binary", binary.Write(&out, binary.LittleEndian, value))
	der, err := asn1.Marshal(value)
	out.Write(der)
	take("asn1", err)
	lines := csv.NewWriter(&out)
	err = lines.Write([]string{fmt.Sprint(value)})
	lines.Flush()
	take("csv", err)
	for name, source := range map[string]string{
		"dot": "{{.}}", "printf": `{{printf "%#v %s %x" . . .}}`, "print": "{{print . .}}",
		"js": "{{js .}}", "html": "{{html .}}", "range": "{{range $k, $v := .}}{{$k}} {{$v}}{{end}}",
		"fields": "{{.Credentials}} {{.Token}} {{.Connection}}", "equal": "{{eq . .}}",
		"index": `{{index . "a"}}`,
	} {
		take("text/template "+name, text.Must(text.New("t").Parse(source)).Execute(&out, value))
		page := strings.ReplaceAll(
			"<p title='@'>@</p><script>let a = @; let b = '@'</script><a href='/?q=@'>",
			"@",
			source,
		)
		take("html/template "+name, html.Must(html.New("t").Parse(page)).Execute(&out, value))
	}
	for name, handler := range map[string]slog.Handler{
		"slog JSON": slog.NewJSONHandler(&out, &slog.HandlerOptions{AddSource: true}),
		"slog text": slog.NewTextHandler(&out, nil),
	} {
		logger := slog.New(handler).With("with", value)
		logger.WithGroup("group").Info("it", "value", value, slog.Any("any", value),
			slog.Group("in", "value", value), "list", []any{value})
		take(name, nil)
	}
	log.New(&out, "", 0).Printf("%v %+v %#v", value, value, value)
	take("log", nil)
	written["expvar"] = expvar.Func(func() any { return value }).String()
	return written
}

// walk writes everything that reflection reaches, as spew does: unexported fields, and values
// behind pointers and in interfaces. It calls no methods.
func walk(value reflect.Value, depth int) string {
	if depth > 20 || !value.IsValid() {
		return ""
	}
	var inside strings.Builder
	switch value.Kind() {
	case reflect.String:
		return value.String() + " "
	case reflect.Pointer, reflect.Interface:
		return walk(value.Elem(), depth+1)
	case reflect.Struct:
		for i := range value.NumField() {
			inside.WriteString(walk(value.Field(i), depth+1))
		}
	case reflect.Slice, reflect.Array:
		if value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Uint8 {
			return string(value.Bytes()) + " "
		}
		for i := range value.Len() {
			inside.WriteString(walk(value.Index(i), depth+1))
		}
	case reflect.Map:
		for entry := value.MapRange(); entry.Next(); {
			inside.WriteString(walk(entry.Key(), depth+1) + walk(entry.Value(), depth+1))
		}
	default:
		return fmt.Sprintf("%v ", value)
	}
	return inside.String()
}

// The walk finds texts that are not hidden, so it would have found a secret.
func TestTheWalkSees(t *testing.T) {
	kept := "a-text"
	value := struct {
		a *string
		b any
		c []byte
	}{&kept, map[string]string{"b": "another"}, []byte("bytes")}
	if seen := walk(reflect.ValueOf(value), 0); seen != "a-text b another bytes " {
		t.Errorf("got %q", seen)
	}
}

func TestAClientAndItsErrorsShowNoKey(t *testing.T) {
	const key = "0f8fad5b-d9cb-469f-a165-70867728950e"
	url, _ := server(t, answer(`{"connection_id":"x","provider_config_key":"github"}`))
	client, err := nango.New(key, nango.WithBaseURL(url), nango.WithMaxRetries(0), nango.WithEvents(9))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	header := nango.Header("x-secret", "HUSH-HUSH")
	_, failure := client.GetToken(background(), "github", "alice", header)
	if failure == nil {
		t.Fatal("the call succeeded")
	}
	// Use a separate transport: the default one's buffers hold what other tests have sent.
	transport := client.Transport("github", "alice", new(http.Transport))
	for _, value := range []any{
		client, failure, transport, header, []any{client, failure}, struct{ c *nango.Client }{client},
		string(client.NextEventJSON()),
	} {
		for way, text := range waysToWrite(value) {
			if strings.Contains(text, key) || strings.Contains(text, "HUSH-HUSH") {
				t.Errorf("%s of a %T shows %s", way, value, text)
			}
		}
	}
	if text := fmt.Sprintf("%v %#v", client, client); text != "nango.Client nango.Client" {
		t.Errorf("got %s", text)
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
