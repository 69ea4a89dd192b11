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
{% for operation in operations if operation.dedicated %}
{% set typed = operation.returns in ["Body", "Credentials"] %}
{% set kept = operation.parameters | selectattr("location", "eq", "Kept") | list %}

{{ operation.go_doc | comment("//") }}
{% for error in operation.errors %}
{% if loop.first %}
//
{% endif %}
{{ ("It fails with [Err" ~ error.go ~ "] " ~ error.when.go ~ ".") | comment("//") }}
{% endfor %}
func (c *Client) {{ operation.go }}(
	ctx context.Context,
	providerConfigKey, connectionID string,
{% for parameter in kept %}
	{{ parameter.go_argument }} Secret,
{% endfor %}
	options ...CallOption,
) ({{ "*" ~ operation.answer if typed else "Secret" }}, error) {
{% if typed %}
	text, err := c.{{ operation.go }}JSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	result := new({{ operation.answer }})
	if err := result.decode(text); err != nil {
		return nil, err
	}
	return result, nil
}

// {{ operation.go }}JSON is like [Client.{{ operation.go }}], but returns the JSON byte for byte as Nango
// wrote it, including secrets.
func (c *Client) {{ operation.go }}JSON(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (json.RawMessage, error) {
	return c.callForOne(ctx, "{{ operation.name }}\x00", providerConfigKey, connectionID, options)
}
{% else %}
{% for parameter in kept %}
	if err := rejectNUL("{{ parameter.name }}", {{ parameter.go_argument }}.Reveal()); err != nil {
		return Secret{}, err
	}
{% endfor %}
	return secretOf(c.callForOne(
		ctx, "{{ operation.name }}\x00", providerConfigKey, connectionID, options,
{% for parameter in kept %}
		`,"{{ parameter.name }}":`, quote({{ parameter.go_argument }}.Reveal()),
{% endfor %}
	))
}
{% endif %}
{% endfor %}
{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set positional = given | selectattr("positional") | list %}
{% set fields = given | rejectattr("positional") | list %}
{% set params = operation.go ~ "Params" %}
{% set ids = positional | rejectattr("is_secret") | list %}
{% set secrets = positional | selectattr("is_secret") | list %}
{% if fields %}

// {{ params }} are the parameters of [Client.{{ operation.go }}].
type {{ params }} struct {
{% for field in fields %}
{% if not loop.first %}

{% endif %}
{{ (field.go_name ~ ": " ~ (field.doc | lower_first) ~ "." ~ (" Required." if field.required else "")) | comment("	//") }}
	{{ field.go_name }} {{ field.go_type }} {{ field.go_tag }}
{% endfor %}
}
{% if fields | selectattr("is_secret") | list %}

// String returns only the name of the type, because the parameters may hold secrets.
func (p {{ params }}) String() string { return "nango.{{ params }}" }

// GoString returns the same as String.
func (p {{ params }}) GoString() string { return p.String() }

// Format prints String, whatever the verb.
func (p {{ params }}) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, p.String())
}

// LogValue returns the same as String.
func (p {{ params }}) LogValue() slog.Value { return slog.StringValue(p.String()) }
{% endif %}
{% endif %}

{{ operation.go_doc | comment("//") }}
{% if operation.result == "json" %}
//
// The result is nil if there is none.
{% endif %}
{% for error in operation.errors %}
{% if loop.first %}
//
{% endif %}
{{ ("It fails with [Err" ~ error.go ~ "] " ~ error.when.go ~ ".") | comment("//") }}
{% endfor %}
func (c *Client) {{ operation.go }}(
	ctx context.Context,
{% if ids %}
	{{ ids | map(attribute="go_argument") | join(", ") }} string,
{% endif %}
{% for secret in secrets %}
	{{ secret.go_argument }} Secret,
{% endfor %}
{% if fields %}
	params {{ params }},
{% endif %}
	options ...CallOption,
) {{ {"nothing": "error", "object": "(*" ~ operation.answer ~ ", error)", "list": "([]*" ~ operation.answer ~ ", error)", "json": "(json.RawMessage, error)", "secret json": "(SecretJSON, error)"}[operation.result] }} {
	{{ {"nothing": "_, err := ", "object": "return decoded[" ~ operation.answer ~ "](", "list": "return decodedList[" ~ operation.answer ~ "](", "json": "return orNil(", "secret json": "return secretJSONOf("}[operation.result] }}c.callNamed(
		ctx, "{{ operation.name }}", {{ "params" if fields else "nil" }}, options,
{% for parameter in positional %}
		"{{ parameter.name }}", {{ parameter.go_argument }}{{ ".Reveal()" if parameter.is_secret }},
{% endfor %}
	{{ "))" if operation.result != "nothing" else ")" }}
{% if operation.result == "nothing" %}
	return err
{% endif %}
}
{% endfor %}
