# frozen_string_literal: true

require "json"

module LibNango
  # Why a call failed. Each code has a class of its own below this one, so that either can be
  # rescued:
  #
  #   begin
  #     token = client.get_token(provider_config_key: "github", connection_id: "alice")
  #   rescue LibNango::Error::ReconnectRequired
  #     # send the user through a reconnect session
  #   rescue LibNango::Error => e
  #     retry_later(e.retry_after) if e.retryable?
  #   end
  #
  # Nothing that an error shows holds a secret; {#reveal_body} may.
  class Error < StandardError
    # The headers of an answer that are facts about a failure.
    HEADERS = %w[retry-after x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset].freeze
    private_constant :HEADERS

    # A text that nothing shows: what walks over an object's insides meets a block, and what writes
    # it down writes nothing.
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

    # Nango's code as the library has it, such as 43.
    # @return [Integer]
    attr_reader :number

    # The code's name as every language spells it, such as "NOT_FOUND".
    # @return [String]
    attr_reader :code_name

    # The HTTP status of Nango's answer; 0: there was no answer.
    # @return [Integer]
    attr_reader :http_status

    # Nango's own code, such as "unknown_provider_config".
    # @return [String, nil]
    attr_reader :api_code

    # What of the JSON body of Nango's answer is known to be safe, as text: the members of Nango's
    # error envelopes, with "[REDACTED]" in the place of a value that may be a secret, and a member
    # "..." where others are left out.
    # @return [String, nil] nil: the body has not that form
    attr_reader :body_json

    # How many seconds to wait before the same call has a chance.
    # @return [Float, nil]
    attr_reader :retry_after

    # How often the request was sent, or tried to be; 0: it was refused before that.
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
    # @param attempts [Integer]
    # @param headers [Hash{String => String}] names in lower case
    # @param whole_body [String, nil]
    def initialize(message = nil, number: self.class::NUMBER, code_name: self.class::CODE_NAME, http_status: 0,
                   api_code: nil, body_json: nil, retry_after: nil, retryable: false, attempts: 0,
                   headers: {}, whole_body: nil)
      super(message)
      @number = number
      @code_name = code_name
      @http_status = http_status
      @api_code = api_code
      @body_json = body_json
      @retry_after = retry_after
      @retryable = retryable
      @attempts = attempts
      @headers = headers
      @whole_body = whole_body && Hidden.new(whole_body)
    end

    # What kind of failure it is, such as `:not_found`.
    # @return [Symbol]
    def code
      code_name.downcase.to_sym
    end

    # Whether the same call may succeed later with nothing else changed. The library's own retries
    # are over by then.
    def retryable?
      @retryable
    end

    # {#body_json}, parsed.
    # @return [Hash, Array, String, Numeric, Boolean, nil]
    def body
      body_json && JSON.parse(body_json, max_nesting: false)
    end

    # The whole body of an answer that was not a success, as far as it was read: its first MiB. It
    # may hold secrets, so nothing shows it, and it is not there in an error that was stored and
    # loaded. @return [String, nil] nil: there was no such answer, or its body was empty
    def reveal_body
      @whole_body&.reveal
    end

    # A header of the answer that is a fact about the failure: "retry-after", "x-ratelimit-limit",
    # "x-ratelimit-remaining" (requests) or "x-ratelimit-reset" (Unix seconds).
    # @param name [String] in any case
    # @return [String, nil]
    def header(name)
      @headers[name.to_s.downcase]
    end

    class << self
      # Takes over a native error: reads it and frees it.
      # @api private
      def take(pointer)
        number = Native.nango_error_code(pointer)
        (CLASSES[number] || self).new(Native.utf8(Native.nango_error_message(pointer)), **facts(pointer, number))
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
          attempts: Native.nango_error_attempts(pointer),
          headers: HEADERS.to_h { |name| [name, Native.utf8(Native.nango_error_header(pointer, name))] }.compact
        }
      end
    end

    # The code of an error that is none of the below: a library newer than the gem knows more codes.
    NUMBER = -1
    # The name of {NUMBER}.
    CODE_NAME = "UNKNOWN"

    # An argument is missing, malformed or not allowed; nothing was sent. The message names it.
    class InvalidArgument < Error
      # The code.
      NUMBER = 1
      # The code's name.
      CODE_NAME = "INVALID_ARGUMENT"
    end

    # A text is not UTF-8; nothing was sent.
    class InvalidUtf8 < Error
      # The code.
      NUMBER = 2
      # The code's name.
      CODE_NAME = "INVALID_UTF8"
    end

    # There is no operation of that name.
    class UnknownOperation < Error
      # The code.
      NUMBER = 3
      # The code's name.
      CODE_NAME = "UNKNOWN_OPERATION"
    end

    # The library has as many calls waiting as it can hold.
    class QueueFull < Error
      # The code.
      NUMBER = 4
      # The code's name.
      CODE_NAME = "QUEUE_FULL"
    end

    # What the call was given to is closed.
    class Closed < Error
      # The code.
      NUMBER = 5
      # The code's name.
      CODE_NAME = "CLOSED"
    end

    # What the call was given to belongs to the process that this one was forked from.
    class WrongProcess < Error
      # The code.
      NUMBER = 6
      # The code's name.
      CODE_NAME = "WRONG_PROCESS"
    end

    # The address refuses, or cannot be reached.
    class Connect < Error
      # The code.
      NUMBER = 20
      # The code's name.
      CODE_NAME = "CONNECT"
    end

    # The TLS handshake failed, or the server's certificate is not trusted.
    class Tls < Error
      # The code.
      NUMBER = 21
      # The code's name.
      CODE_NAME = "TLS"
    end

    # The call, or one attempt of it, took longer than it may.
    class Timeout < Error
      # The code.
      NUMBER = 22
      # The code's name.
      CODE_NAME = "TIMEOUT"
    end

    # The call was cancelled.
    class Cancelled < Error
      # The code.
      NUMBER = 23
      # The code's name.
      CODE_NAME = "CANCELLED"
    end

    # The connection broke before the answer was complete.
    class Io < Error
      # The code.
      NUMBER = 24
      # The code's name.
      CODE_NAME = "IO"
    end

    # The host name could not be looked up.
    class Dns < Error
      # The code.
      NUMBER = 25
      # The code's name.
      CODE_NAME = "DNS"
    end

    # The proxy could not be reached, or refused.
    class Proxy < Error
      # The code.
      NUMBER = 26
      # The code's name.
      CODE_NAME = "PROXY"
    end

    # Nango refuses the request as it is (any 4xx that has no class of its own).
    class BadRequest < Error
      # The code.
      NUMBER = 40
      # The code's name.
      CODE_NAME = "BAD_REQUEST"
    end

    # Nango does not know the secret key (401).
    class Unauthorized < Error
      # The code.
      NUMBER = 41
      # The code's name.
      CODE_NAME = "UNAUTHORIZED"
    end

    # The key lacks the scope (403).
    class Forbidden < Error
      # The code.
      NUMBER = 42
      # The code's name.
      CODE_NAME = "FORBIDDEN"
    end

    # No such connection or integration in the key's environment.
    class NotFound < Error
      # The code.
      NUMBER = 43
      # The code's name.
      CODE_NAME = "NOT_FOUND"
    end

    # Too many requests (429). {#retry_after} says how long to wait.
    class RateLimited < Error
      # The code.
      NUMBER = 44
      # The code's name.
      CODE_NAME = "RATE_LIMITED"
    end

    # Nango failed (5xx), or its database is out.
    class Server < Error
      # The code.
      NUMBER = 45
      # The code's name.
      CODE_NAME = "SERVER"
    end

    # The provider refused to refresh the token, or could not be reached. If it persists, the user
    # must authorise again.
    class RefreshFailed < Error
      # The code.
      NUMBER = 46
      # The code's name.
      CODE_NAME = "REFRESH_FAILED"
    end

    # Nango has given up refreshing this connection: the user must authorise again.
    class ReconnectRequired < Error
      # The code.
      NUMBER = 47
      # The code's name.
      CODE_NAME = "RECONNECT_REQUIRED"
    end

    # A refresh failed a moment ago and Nango does not try again for 30 seconds.
    class RefreshBackoff < Error
      # The code.
      NUMBER = 48
      # The code's name.
      CODE_NAME = "REFRESH_BACKOFF"
    end

    # The answer holds no credentials: the key lacks the scope
    # `environment:connections:read_credentials`, or the connection has none.
    class NoCredentials < Error
      # The code.
      NUMBER = 49
      # The code's name.
      CODE_NAME = "NO_CREDENTIALS"
    end

    # These credentials are not one token: ask for all of them with {Client#get_credentials}.
    class NoSingleToken < Error
      # The code.
      NUMBER = 50
      # The code's name.
      CODE_NAME = "NO_SINGLE_TOKEN"
    end

    # The request conflicts with what there is (409).
    class Conflict < Error
      # The code.
      NUMBER = 51
      # The code's name.
      CODE_NAME = "CONFLICT"
    end

    # Nango still has the token that the provider refused: it does not refresh this type of
    # credentials, or forced refreshes brought no other token. See {Client#replace_token}.
    class TokenNotReplaced < Error
      # The code.
      NUMBER = 52
      # The code's name.
      CODE_NAME = "TOKEN_NOT_REPLACED"
    end

    # The answer is not what Nango answers: a page, a redirect, broken JSON. The base URL is the
    # first suspect.
    class InvalidResponse < Error
      # The code.
      NUMBER = 60
      # The code's name.
      CODE_NAME = "INVALID_RESPONSE"
    end

    # The answer is longer than the client allows.
    class ResponseTooLarge < Error
      # The code.
      NUMBER = 61
      # The code's name.
      CODE_NAME = "RESPONSE_TOO_LARGE"
    end

    # A failure inside the library, such as no file descriptor left.
    class Internal < Error
      # The code.
      NUMBER = 90
      # The code's name.
      CODE_NAME = "INTERNAL"
    end

    # The library met a bug of its own and contained it; the client still works. Please report it.
    class Panic < Error
      # The code.
      NUMBER = 91
      # The code's name.
      CODE_NAME = "PANIC"
    end

    CLASSES = constants.map { |name| const_get(name) }.grep(Class).to_h { |error| [error::NUMBER, error] }.freeze
    private_constant :CLASSES
  end
end
