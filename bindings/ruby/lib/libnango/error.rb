# frozen_string_literal: true

require "json"

module LibNango
  # Describes why a call failed. Each code has its own subclass, so a program can rescue one code or
  # all of them:
  #
  #   begin
  #     token = client.get_token(provider_config_key: "github", connection_id: "alice")
  #   rescue LibNango::Error::ReconnectRequired
  #     # send the user through a reconnect session
  #   rescue LibNango::Error => e
  #     retry_later(e.retry_after) if e.retryable?
  #   end
  #
  # An error's message and other fields hold no secret; only {#reveal_body} may.
  class Error < StandardError
    # The headers of an answer that describe a failure.
    HEADERS = %w[retry-after x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset].freeze
    private_constant :HEADERS

    # Hides a text in a closure: inspection of the object does not find it, and serialization writes
    # nothing.
    # @api private
    class Hidden
      def initialize(text)
        @text = -> { text }
      end

      def reveal
        @text&.call
      end

      def inspect
        "[REDACTED]"
      end
      alias to_s inspect

      def as_json(*)
        inspect
      end

      def to_json(*)
        inspect.to_json
      end

      def encode_with(_coder); end

      def marshal_dump; end

      def marshal_load(_nothing); end
    end
    private_constant :Hidden

    # The library's number for the code, such as 43.
    # @return [Integer]
    attr_reader :number

    # The code's name, the same in every language, such as "NOT_FOUND".
    # @return [String]
    attr_reader :code_name

    # The HTTP status of Nango's answer; 0 if there was no answer.
    # @return [Integer]
    attr_reader :http_status

    # Nango's own code, such as "unknown_provider_config".
    # @return [String, nil]
    attr_reader :api_code

    # The JSON body of Nango's answer, reduced to the parts that are known to be safe: the members
    # of Nango's error envelopes, with "[REDACTED]" in place of a value that may be a secret, and a
    # member "..." where others are left out.
    # @return [String, nil] nil if the body does not have that form
    attr_reader :body_json

    # How many seconds to wait before retrying the call.
    # @return [Float, nil]
    attr_reader :retry_after

    # How often the library sent, or tried to send, the request; 0 if the call failed before that.
    # @return [Integer]
    attr_reader :attempts

    # @param message [String, nil]
    # @param number [Integer] the code
    # @param code_name [String] the code's name
    # @param http_status [Integer]
    # @param api_code [String, nil]
    # @param body_json [String, nil]
    # @param retry_after [Float, nil]
    # @param retryable [Boolean]
    # @param suggests_reconnect [Boolean]
    # @param attempts [Integer]
    # @param headers [Hash{String => String}] names in lower case
    # @param whole_body [String, nil]
    def initialize(message = nil, number: self.class::NUMBER, code_name: self.class::CODE_NAME,
                   http_status: 0, api_code: nil, body_json: nil, retry_after: nil,
                   retryable: false, suggests_reconnect: false, attempts: 0, headers: {},
                   whole_body: nil)
      super(message)
      @number = number
      @code_name = code_name
      @http_status = http_status
      @api_code = api_code
      @body_json = body_json
      @retry_after = retry_after
      @retryable = retryable
      @suggests_reconnect = suggests_reconnect
      @attempts = attempts
      @headers = headers
      @whole_body = whole_body && Hidden.new(whole_body)
    end

    # The code as a symbol, such as `:not_found`.
    # @return [Symbol]
    def code
      code_name.downcase.to_sym
    end

    # Whether the same call may succeed later without any other change. The library has already used
    # up its own retries.
    def retryable?
      @retryable
    end

    # What to do about this code, in a sentence or two. The message is more specific.
    # @return [String]
    def advice
      Native.utf8(Native.nango_code_advice(number))
    end

    # Whether it may help if the user authorises again: true for {Error::ReconnectRequired},
    # {Error::RefreshFailed} and {Error::RefreshBackoff}. This is a hint: Nango reports a revoked
    # grant and an outage of the provider in the same way until it gives up after several days. Let
    # the user choose between reconnecting and trying again, and disable nothing because of a hint.
    def suggests_reconnect?
      @suggests_reconnect
    end

    # {#body_json}, parsed.
    # @return [Hash, Array, String, Numeric, Boolean, nil]
    def body
      body_json && JSON.parse(body_json, max_nesting: false)
    end

    # The whole body of an unsuccessful answer, up to its first MiB. It may hold secrets, so nothing
    # else shows it, and an error loaded from Marshal or YAML does not have it.
    # @return [String, nil] nil if there was no such answer, or its body was empty
    def reveal_body
      @whole_body&.reveal
    end

    # Returns a header of the answer that describes the failure: "retry-after", "x-ratelimit-limit",
    # "x-ratelimit-remaining" (requests) or "x-ratelimit-reset" (Unix seconds).
    # @param name [String] in any case
    # @return [String, nil]
    def header(name)
      @headers[name.to_s.downcase]
    end

    class << self
      # Converts a native error, and frees it.
      # @api private
      def take(pointer)
        number = Native.nango_error_code(pointer)
        message = Native.utf8(Native.nango_error_message(pointer))
        (CLASSES[number] || self).new(message, **facts(pointer, number))
      ensure
        Native.nango_error_free(pointer)
      end

      private

      def facts(pointer, number)
        wait = Native.nango_error_retry_after_ms(pointer)
        {
          number: number,
          code_name: Native.utf8(Native.nango_code_name(number)),
          http_status: Native.nango_error_http_status(pointer),
          api_code: Native.utf8(Native.nango_error_api_code(pointer)),
          body_json: Native.utf8(Native.nango_error_body_json(pointer)),
          whole_body: Native.take_text(Native.nango_error_body_reveal(pointer)),
          retry_after: wait.negative? ? nil : wait / 1000.0,
          retryable: Native.nango_error_retryable(pointer),
          suggests_reconnect: Native.nango_error_suggests_reconnect(pointer),
          attempts: Native.nango_error_attempts(pointer),
          headers: headers(pointer)
        }
      end

      def headers(pointer)
        HEADERS.to_h do |name|
          [name, Native.utf8(Native.nango_error_header(pointer, name))]
        end.compact
      end
    end

    # The number of a code that the gem does not know, because the library is newer than the gem.
    NUMBER = -1
    # The name of {NUMBER}.
    CODE_NAME = "UNKNOWN"
  end
end

require_relative "generated/errors"
