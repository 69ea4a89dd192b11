// Code generated from api/ by nango-gen. DO NOT EDIT.
// To change it, edit api/nango.openapi.yaml or api/library.toml and run `make generate`.

package main

import (
	"context"
	"encoding/json"

	nango "github.com/libnango/libnango/bindings/go"
)

// named calls an operation through its own method. It reports false if the types of the method
// cannot express the parameters.
func named(
	ctx context.Context, c *nango.Client, operation string, given map[string]json.RawMessage,
	options []nango.CallOption,
) (json.RawMessage, bool, error) {
	switch operation {
{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set positional = given | selectattr("positional") | list %}
{% set fields = given | rejectattr("positional") | list %}
	case "{{ operation.name }}":
{% if fields %}
		var params nango.{{ operation.go }}Params
{% endif %}
		{{ "ids" if positional else "_" }}, ok := split(given, {{ "&params" if fields else "nil" }}{% for parameter in positional %}, "{{ parameter.name }}"{% endfor %})
		if !ok {
			return nil, false, nil
		}
{% set call %}c.{{ operation.go }}(ctx{% for parameter in positional %}, {{ "nango.NewSecret(ids[" ~ loop.index0 ~ "])" if parameter.is_secret else "ids[" ~ loop.index0 ~ "]" }}{% endfor %}{{ ", params" if fields }}, options...){% endset %}
{% if operation.result == "nothing" %}
		return json.RawMessage("null"), true, {{ call }}
{% else %}
		result, err := {{ call }}
		return {{ {"object": "rawOf", "list": "rawsOf", "json": "jsonOf", "secret json": "secretJSONOf"}[operation.result] }}(result, err)
{% endif %}
{% endfor %}
	}
	return nil, false, nil
}
