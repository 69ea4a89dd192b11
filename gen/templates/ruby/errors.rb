# frozen_string_literal: true

# {{ notice }}

module LibNango
  class Error
{% for code in codes %}
{{ code.doc.ruby | comment("    #") }}
    class {{ code.camel }} < Error
      # The code.
      NUMBER = {{ code.number }}
      # The code's name.
      CODE_NAME = "{{ code.name }}"
    end

{% endfor %}
    CLASSES = constants.map { |name| const_get(name) }.grep(Class).to_h do |error|
      [error::NUMBER, error]
    end.freeze
    private_constant :CLASSES
  end
end
