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
{% for type in types %}
{# Other variables have these names. #}
{% set v = "o" if type.snake | first in ["f", "m"] else type.snake | first %}
{% set own = type.base != "credentials" %}

{{ type.go_doc | comment("//") }}
{% if not own %}
//
// [Credentials.Field] returns any member, also one that has no field.
{% endif %}
{% if type.whole %}
//
{{ ("A field is its zero value if the server left the member out, or if the member has an unexpected type. " ~ type.name ~ " prints without its secrets; [" ~ type.name ~ ".Raw] returns everything.") | comment("//") }}
{% endif %}
type {{ type.name }} struct {
{% for member in type.members %}
{{ member.go_doc | comment("	//") }}
	{{ member.go }} {{ member.go_type }}{% if not type.secret %} `json:"{{ member.wire }}"`{% endif %}

{% endfor %}
{% if type.whole %}
	// Extra holds the members that this package does not know, and those of an unexpected type. They
	// may be secrets.
	Extra map[string]SecretJSON{% if not type.secret %} `json:"-"`{% endif %}


{% endif %}
{% if type.whole or not own %}
{{ "" if type.whole else "
" }}	raw SecretJSON
{% endif %}
}
{% if type.whole %}

// Raw returns the whole object as Nango wrote it, including secrets.
func ({{ v }} {{ type.name }}) Raw() json.RawMessage { return {{ v }}.raw.Reveal() }
{% endif %}
{% if own %}

// UnmarshalJSON reads the object as Nango writes it.
func ({{ v }} *{{ type.name }}) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
{% endif %}
{% if type.whole %}
	return {{ v }}.decode(data)
}
{% endif %}
{% if type.whole or not own %}

func ({{ v }} *{{ type.name }}) decode(data []byte) error {
{% endif %}
	m, err := objectOf(data)
	if err != nil {
		return err
	}
	*{{ v }} = {{ type.name }}{ {%- if type.whole or not own %}raw: newSecretJSON(data){% endif -%} }
{% for member in type.members %}
{% if member.shape == "Map" %}
	m.takeTexts("{{ member.wire }}", &{{ v }}.{{ member.go }})
{% elif member.shape in ["Parts", "Texts"] %}
	takeList(m, "{{ member.wire }}", &{{ v }}.{{ member.go }})
{% elif member.shape == "Text" and member.secret %}
	m.takeSecret("{{ member.wire }}", &{{ v }}.{{ member.go }})
{% elif member.shape == "Json" and member.secret %}
	m.takeSecretJSON("{{ member.wire }}", &{{ v }}.{{ member.go }})
{% elif member.shape == "Json" %}
	m.takeJSON("{{ member.wire }}", &{{ v }}.{{ member.go }})
{% else %}
	take(m, "{{ member.wire }}", &{{ v }}.{{ member.go }})
{% if member.shape == "Part" and not member.optional %}
	m.takeSecretJSON("{{ member.wire }}", &{{ v }}.{{ member.go }}.raw)
{% endif %}
{% endif %}
{% endfor %}
{% if type.whole %}
	{{ v }}.Extra = m.rest()
{% endif %}
	return nil
}
{% if type.secret and own %}

// MarshalJSON returns the known members under Nango's names, with "[REDACTED]" for the secret ones.
func ({{ v }} {{ type.name }}) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
{% for member in type.members %}
		{{ member.go | pad(type.go_width) }} {{ member.go_type | pad(type.go_type_width) }} `json:"{{ member.wire }}"`
{% endfor %}
	}{
{% for member in type.members %}
		{{ v }}.{{ member.go }},
{% endfor %}
	})
}
{% endif %}
{% if type.whole %}

// String identifies the object, without its secrets.
func ({{ v }} {{ type.name }}) String() string {
	return fmt.Sprintf(
		"nango.{{ type.name }}{{ "{" }}{% for member in type.go_shown %}{{ member.go }}:{{ "%q" if member.go_type == "string" else "%v" }}{{ " " if not loop.last }}{% endfor %}{{ "}" }}",
{% for member in type.go_shown %}
		{{ v }}.{{ member.go }},
{% endfor %}
	)
}

// GoString returns the same as String.
func ({{ v }} {{ type.name }}) GoString() string { return {{ v }}.String() }

// Format prints String, whatever the verb.
func ({{ v }} {{ type.name }}) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, {{ v }}.String()) }

// LogValue identifies the object, without its secrets.
func ({{ v }} {{ type.name }}) LogValue() slog.Value {
	return slog.GroupValue(
{% for member in type.go_shown %}
		slog.{{ "String" if member.go_type == "string" else "Any" }}("{{ member.wire }}", {{ v }}.{{ member.go }}),
{% endfor %}
	)
}
{% endif %}
{% endfor %}
