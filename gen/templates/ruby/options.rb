# frozen_string_literal: true

# {{ notice }}

module LibNango
  # The kind and the setter of each client option.
  # @api private
  module ClientOptions
    # The kind of each option's value.
    KINDS = {
{% for option in options %}
      {{ option.name }}: :{{ option.kind }}{{ "," if not loop.last }}
{% endfor %}
    }.freeze
    private_constant :KINDS

    # The native function that sets each option.
    SETTERS = {
{% for option in options %}
      {{ option.name }}: :nango_options_{{ "add" if option.add else "set" }}_{{ option.name }}{{ "_ms" if option.kind == "duration" }}{{ "," if not loop.last }}
{% endfor %}
    }.freeze
    private_constant :SETTERS
  end

  # The functions that set options.
  # @api private
  module Native
{% for option in options %}
    attach_function :nango_options_{{ "add" if option.add else "set" }}_{{ option.name }}{{ "_ms" if option.kind == "duration" }}, {{
      "%i[pointer string]" if option.kind in ["text", "text_or_null"] else
      "%i[pointer pointer size_t]" if option.kind == "pem" else
      "%i[pointer uint64]" if option.kind == "bytes" else
      "%i[pointer bool]" if option.kind == "flag" else
      "%i[pointer int32]" if option.kind == "tls_roots" else
      "%i[pointer uint32]" }}, :int32
{% endfor %}
{% for option in call_options %}
    attach_function :nango_call_options_set_{{ option.name }}{{ "_ms" if option.kind == "duration" }}, {{
      "%i[pointer bool]" if option.kind == "flag" else "%i[pointer uint32]" }}, :int32
{% endfor %}
  end
end
