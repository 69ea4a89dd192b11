# frozen_string_literal: true

require_relative "generated/options"

module LibNango
  # Passes the options of a client to the library. {Client#initialize} documents them.
  # @api private
  module ClientOptions
    CONVERSIONS = {
      text: ->(value, name) { Native.text(value, name) },
      text_or_null: ->(value, name) { Native.text(value, name) },
      duration: ->(value, name) { Native.milliseconds(value, name) },
      count: ->(value, name) { Native.integer(value, name, 32) },
      bytes: ->(value, name) { Native.integer(value, name, 64) }
    }.freeze
    private_constant :CONVERSIONS

    TLS_ROOTS = {platform: 0, bundled: 1, custom_only: 2}.freeze
    private_constant :TLS_ROOTS

    class << self
      # Creates a client. If a setter fails, the options keep its error, and creating the client
      # fails with it.
      # @return [FFI::Pointer]
      # @raise [Error]
      def make_client(from_env:, **options)
        native = new_options(from_env)
        begin
          options.compact.each { |name, value| set(native, name, value) }
          Native.checked { |error| Native.nango_client_new_with_options(native, error) }
        ensure
          Native.nango_options_free(native)
        end
      end

      private

      def new_options(from_env)
        return Native.nango_options_new unless from_env

        Native.checked { |error| Native.nango_options_new_from_env(error) }
      end

      # An option of the kind :pem may have several values.
      def set(native, name, values)
        kind = KINDS.fetch(name)
        (kind == :pem ? Array(values) : [values]).each do |value|
          converted(kind, value, name) do |*arguments|
            Native.public_send(SETTERS.fetch(name), native, *arguments)
          end
        end
      end

      # Yields a value as the library expects it.
      def converted(kind, value, name, &)
        case kind
        when :pem then with_bytes(value, name, &)
        when :flag then yield(value ? true : false)
        when :tls_roots then yield tls_roots(value)
        else yield(*CONVERSIONS.fetch(kind).call(value, name))
        end
      end

      def tls_roots(value)
        TLS_ROOTS.fetch(value) do
          names = TLS_ROOTS.keys.map(&:inspect).join(", ")
          raise Error::InvalidArgument, "tls_roots must be one of #{names}"
        end
      end

      # The text may be a private key, so its copy is wiped.
      def with_bytes(text, name)
        raise TypeError, "#{name} must be a String, not #{text.class}" unless text.is_a?(String)

        bytes = FFI::MemoryPointer.new(:uint8, [text.bytesize, 1].max)
        bytes.put_bytes(0, text)
        yield bytes, text.bytesize
      ensure
        bytes&.clear
      end
    end
  end
  private_constant :ClientOptions

  # The options of one call: checked on creation, passed to the library by {#with_native}.
  # @api private
  class CallOptions
    def initialize(timeout: nil, headers: nil, force_refresh: false, include_refresh_token: false)
      @timeout = timeout && Native.milliseconds(timeout, :timeout)
      @headers = (headers || {}).map do |name, value|
        [Native.text(name, "a header name"), Native.text(value, "a header value")]
      end
      @force_refresh = force_refresh ? true : false
      @include_refresh_token = include_refresh_token ? true : false
    end

    # Yields the native options and frees them after the block. If a setter fails, the call fails.
    def with_native
      native = Native.nango_call_options_new
      Native.nango_call_options_set_timeout_ms(native, @timeout) if @timeout
      @headers.each { |name, value| Native.nango_call_options_set_header(native, name, value) }
      Native.nango_call_options_set_force_refresh(native, @force_refresh)
      Native.nango_call_options_set_include_refresh_token(native, @include_refresh_token)
      yield native
    ensure
      Native.nango_call_options_free(native)
    end
  end
  private_constant :CallOptions

  # Converts the parameters of a call to the JSON that the library expects.
  # @api private
  module Parameters
    class << self
      # @return [String]
      def json(parameters)
        JSON.generate(checked(parameters, "a parameter"))
      rescue JSON::JSONError, SystemStackError
        message = "a parameter cannot be written as JSON; use strings, numbers, lists and hashes"
        raise Error::InvalidArgument.new(message), cause: nil
      end

      private

      # Checks every string in a parameter as {Native.text} does, and that it is valid UTF-8, which
      # JSON requires.
      def checked(value, name)
        case value
        when Hash then value.to_h { |key, item| [checked(key, name), checked(item, key)] }
        when Array then value.map { |item| checked(item, name) }
        when String, Symbol then valid(Native.text(value, name), name)
        else value
        end
      end

      def valid(text, name)
        text = text.dup.force_encoding(Encoding::UTF_8)
        return text if text.valid_encoding?

        raise Error::InvalidUtf8, "#{name} is not UTF-8"
      end
    end
  end
  private_constant :Parameters
end
