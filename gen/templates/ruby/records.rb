# frozen_string_literal: true

# {{ notice }}

module LibNango
{% for type in types %}
{{ type.doc | comment("  #") }}
  class {{ type.name }} < {{ (type.base | capitalize) if type.base }}Record
{% for member in type.members %}
{% if member.shape == "Time" %}
{{ (member.doc | trim(".") ~ ", as the server wrote it.") | comment("    #") }}
    # @return [String, nil]
    def {{ member.name }}
      text("{{ member.wire }}")
    end

    # {% raw %}{#{% endraw %}{{ member.name }}} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def {{ member.name }}_time
      time({{ member.name }})
    end
{% else %}
{{ member.doc | comment("    #") }}
{% if member.shape == "Text" %}
    # @return [String, nil]
    def {{ member.name }}
      text("{{ member.wire }}")
    end
{% elif member.shape == "Integer" %}
    # @return [Integer, nil] nil also if it does not fit in 64 bits
    def {{ member.name }}
      integer("{{ member.wire }}")
    end
{% elif member.shape == "Flag" %}
    # @return [Boolean, nil]
    def {{ member.name }}
      flag("{{ member.wire }}")
    end
{% elif member.shape == "Texts" %}
    # @return [Array<String>]
    def {{ member.name }}
      list("{{ member.wire }}", String)
    end
{% elif member.shape == "Map" %}
    # @return [Hash{String => String}]
    def {{ member.name }}
      texts("{{ member.wire }}")
    end
{% elif member.shape == "Part" and member.optional %}
    # @return [{{ member.part }}, nil]
    def {{ member.name }}
      part("{{ member.wire }}", {{ member.part }})
    end
{% elif member.shape == "Part" %}
    # @return [{{ member.part }}]
    def {{ member.name }}
      @{{ member.name }} ||= part("{{ member.wire }}", {{ member.part }}) || {{ member.part }}.new({}.freeze)
    end
{% elif member.shape == "Parts" %}
    # @return [Array<{{ member.part }}>]
    def {{ member.name }}
      list("{{ member.wire }}", Hash).map { |fields| {{ member.part }}.new(fields) }
    end
{% else %}
    # @return [Object, nil] parsed JSON
    def {{ member.name }}
      self["{{ member.wire }}"]
    end
{% endif %}
{% endif %}

{% endfor %}
    private

    def shown
      %w[{{ type.shown | join(" ") }}]
    end
{% if not type.private %}

    def redacted
      ""
    end
{% endif %}
  end
{% if not loop.last %}

{% endif %}
{% endfor %}
end
