
{% for operation in operations if operation.dedicated %}
{% set json = operation.returns in ["Body", "Credentials"] %}
{% set fixed = operation.parameters | selectattr("location", "ne", "Kept") | selectattr("required") | list %}
{% set kept = operation.parameters | selectattr("location", "eq", "Kept") | list %}
{% set flags = operation.parameters | rejectattr("option", "none") | list %}
{% set keywords = (fixed | map(attribute="ruby_keyword") | list) + (kept | map(attribute="ruby_keyword") | list) + (flags | map(attribute="ruby_keyword") | list) + ["timeout: nil", "headers: nil"] %}
{% set passed = (fixed | map(attribute="ruby_argument") | list) + (flags | map(attribute="ruby_argument") | list) + ["timeout: timeout", "headers: headers"] %}
{% set options = (flags | map(attribute="ruby_argument") | list) + ["timeout: timeout", "headers: headers"] %}
{{ (operation.summary ~ " " ~ operation.doc.ruby) | comment("    #") }}
{% for parameter in operation.parameters if parameter.required or parameter.option %}
{{ ("@param " ~ parameter.ruby_name ~ " [" ~ parameter.ruby_type ~ "] " ~ (parameter.doc | lower_first)) | yard }}
{% endfor %}
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [{{ operation.answer if json else "String" }}]{{ " frozen" if not json }}
{% for error in operation.errors %}
{{ ("@raise [Error::" ~ error.camel ~ "] " ~ error.when.ruby) | yard }}
{% endfor %}
    # @raise [Error]
    def {{ operation.name }}({{ keywords | arguments(9 + operation.name | length) }})
{% if json %}
      {{ operation.answer }}.parse(
        {{ operation.name }}_json(
          {{ passed | arguments(10) }}
        )
      )
    end

    # Like {% raw %}{#{% endraw %}{{ operation.name }}}, but returns the JSON, byte for byte as Nango sent it.
    # @param (see #{{ operation.name }})
    # @return [String]
    # @raise [Error]
    def {{ operation.name }}_json({{ keywords | arguments(14 + operation.name | length) }})
      fetch(
        :{{ operation.name }}, provider_config_key, connection_id,
        {{ options | arguments(8) }}
      )
    end
{% elif kept %}
      secrets = { {%- for parameter in kept %}{{ parameter.name }}: Native.text({{ parameter.name }}, :{{ parameter.name }}){{ ", " if not loop.last }}{% endfor -%} }
      fetch(
        :{{ operation.name }}, provider_config_key, connection_id, secrets,
        {{ options | arguments(8) }}
      ).freeze
    end
{% else %}
      fetch(
        :{{ operation.name }}, provider_config_key, connection_id,
        {{ options | arguments(8) }}
      ).freeze
    end
{% endif %}

{% endfor %}
