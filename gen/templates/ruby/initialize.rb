
    # Creates a client without sending anything. An option that is nil keeps its default. Times are
    # in seconds and may have a fraction.
{% for option in options %}
{% set default = option.default_ruby or ((option.default_ms | seconds) if option.default_ms else (option.text_default and option.text_default.ruby)) %}
{{ ("@param " ~ option.name ~ " [" ~ option.ruby_type ~ ", nil] " ~ option.ruby_brief
    ~ ("; default: " ~ default if default and option.kind != "tls_roots" else "")) | yard }}
{% endfor %}
    # @param logger [Logger, nil] where to log each attempt of a call: at level debug if it
    #   succeeds, and at level warn if it fails. It takes the events that `next_event` would return
    # @param from_env [Boolean] take the key and the server from the environment
    # @raise [Error::InvalidArgument]
    def initialize({{ (options | map(attribute="ruby_parameter") | list + ["logger: nil", "from_env: false"]) | arguments(19) }})
      events ||= Instrumentation::EVENTS if logger
      pointer = ClientOptions.make_client(
        {{ (["from_env: from_env"] + options | map(attribute="ruby_argument") | list) | arguments(8) }}
      )
      @handle = Handle.new(pointer, Native.method(:nango_client_free), "client")
      @logger = logger
      log_events
    end
