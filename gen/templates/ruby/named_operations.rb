# frozen_string_literal: true

# {{ notice }}

module LibNango
  # The operations of {Client} that take their parameters by name. A parameter that is nil is not
  # sent.
  module Operations
{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set ordered = (given | selectattr("required") | list) + (given | rejectattr("required") | list) %}
{% set flags = operation.parameters | rejectattr("option", "none") | list %}
{% set keywords = (ordered | map(attribute="typed_keyword") | list) + (flags | map(attribute="ruby_keyword") | list) + ["timeout: nil", "headers: nil"] %}
{% set options = (flags | map(attribute="ruby_argument") | list) + ["timeout: timeout", "headers: headers"] %}
{{ (operation.summary ~ " " ~ operation.doc.ruby) | trim | comment("    #") }}
{% for parameter in ordered + flags %}
{{ ("@param " ~ (parameter.ruby_name if parameter.option else parameter.name) ~ " [" ~ parameter.ruby_type ~ ("" if parameter.required or parameter.option else ", nil") ~ "] " ~ (parameter.doc | lower_first)) | yard }}
{% endfor %}
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [{% if operation.result == "object" %}{{ operation.answer }}{% elif operation.result == "list" %}Array<{{ operation.answer }}>{% elif operation.result == "nothing" %}nil{% elif operation.result == "secret json" %}Record, nil{% else %}Hash, nil{% endif %}]
{% for error in operation.errors %}
{{ ("@raise [Error::" ~ error.camel ~ "] " ~ error.when.ruby) | yard }}
{% endfor %}
    # @raise [Error]
    def {{ operation.name }}({{ keywords | arguments(9 + operation.name | length) }})
{% if ordered %}
      parameters = {
        {{ ordered | map(attribute="typed_argument") | arguments(8) }}
      }
{% endif %}
{% set call = "call_named(:" ~ operation.name ~ ", " ~ ("parameters" if ordered else "{}") ~ ", " %}
{% if operation.result == "nothing" %}
      {{ call }}{{ options | join(", ") }})
      nil
{% elif flags %}
      {{ {"object": operation.answer ~ ".parse(", "list": operation.answer ~ ".parse_list(", "json": "Record.parse_any(", "secret json": "Record.parse_optional("}[operation.result] }}
        call_named(
          :{{ operation.name }}, {{ "parameters" if ordered else "{}" }},
          {{ options | arguments(10) }}
        )
      )
{% else %}
      {{ {"object": operation.answer ~ ".parse(", "list": operation.answer ~ ".parse_list(", "json": "Record.parse_any(", "secret json": "Record.parse_optional("}[operation.result] }}
        {{ call }}{{ options | join(", ") }})
      )
{% endif %}
    end
{% if not loop.last %}

{% endif %}
{% endfor %}
  end
end
