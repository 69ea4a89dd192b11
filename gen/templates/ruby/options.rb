# frozen_string_literal: true

# {{ notice }}

module LibNango
  # How each option of a client goes into the library.
  # @api private
  module ClientOptions
    # The options, by the kind of their value.
    KINDS = {
{% for option in options %}
      {{ option.name }}: :{{ option.kind }}{{ "," if not loop.last }}
{% endfor %}
    }.freeze
    private_constant :KINDS

    # The function that sets each.
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
