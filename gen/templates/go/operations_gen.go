// Code generated from api/ by nango-gen. DO NOT EDIT.
// To change it, edit api/nango.openapi.yaml or api/library.toml and run `make generate`.

//go:build cgo

package nango

import (
	"context"
	"encoding/json"
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
