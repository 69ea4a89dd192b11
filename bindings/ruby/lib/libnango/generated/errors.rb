# frozen_string_literal: true

# Generated from api/ by nango-gen: do not edit, run `make generate`.

module LibNango
  class Error
    # An argument is missing, malformed or not allowed. Nothing was sent. The message names the
    # argument.
    class InvalidArgument < Error
      # The code.
      NUMBER = 1
      # The code's name.
      CODE_NAME = "INVALID_ARGUMENT"
    end

    # A text is not valid UTF-8. Nothing was sent.
    class InvalidUtf8 < Error
      # The code.
      NUMBER = 2
      # The code's name.
      CODE_NAME = "INVALID_UTF8"
    end

    # The loaded library has no operation of that name.
    class UnknownOperation < Error
      # The code.
      NUMBER = 3
      # The code's name.
      CODE_NAME = "UNKNOWN_OPERATION"
    end

    # The queue holds as many calls as it can, in flight and completed together.
    class QueueFull < Error
      # The code.
      NUMBER = 4
      # The code's name.
      CODE_NAME = "QUEUE_FULL"
    end

    # The queue or the client is closed.
    class Closed < Error
      # The code.
      NUMBER = 5
      # The code's name.
      CODE_NAME = "CLOSED"
    end

    # The queue belongs to the process that this process was forked from.
    class WrongProcess < Error
      # The code.
      NUMBER = 6
      # The code's name.
      CODE_NAME = "WRONG_PROCESS"
    end

    # The server refused the connection or cannot be reached.
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

    # The call, or one attempt of it, took longer than its timeout.
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

    # The host name could not be resolved.
    class Dns < Error
      # The code.
      NUMBER = 25
      # The code's name.
      CODE_NAME = "DNS"
    end

    # The proxy could not be reached, or refused the connection.
    class Proxy < Error
      # The code.
      NUMBER = 26
      # The code's name.
      CODE_NAME = "PROXY"
    end

    # Nango rejected the request (any 4xx that has no code of its own).
    class BadRequest < Error
      # The code.
      NUMBER = 40
      # The code's name.
      CODE_NAME = "BAD_REQUEST"
    end

    # Nango does not accept the secret key (401).
    class Unauthorized < Error
      # The code.
      NUMBER = 41
      # The code's name.
      CODE_NAME = "UNAUTHORIZED"
    end

    # The secret key lacks a scope (403).
    class Forbidden < Error
      # The code.
      NUMBER = 42
      # The code's name.
      CODE_NAME = "FORBIDDEN"
    end

    # Nango has no such connection or other thing, whatever HTTP status it sent.
    # {Error::IntegrationNotFound} is a code of its own.
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

    # Nango failed (5xx), or its database is unavailable.
    class Server < Error
      # The code.
      NUMBER = 45
      # The code's name.
      CODE_NAME = "SERVER"
    end

    # The provider refused to refresh the token, or could not be reached. If this persists, the user
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

    # A refresh failed less than 30 seconds ago. Nango does not try again until that time has
    # passed.
    class RefreshBackoff < Error
      # The code.
      NUMBER = 48
      # The code's name.
      CODE_NAME = "REFRESH_BACKOFF"
    end

    # The answer holds no credentials: the key lacks the scope
    # environment:connections:read_credentials, or the connection has none.
    class NoCredentials < Error
      # The code.
      NUMBER = 49
      # The code's name.
      CODE_NAME = "NO_CREDENTIALS"
    end

    # These credentials have no single token, such as BASIC or OAUTH1.
    class NoSingleToken < Error
      # The code.
      NUMBER = 50
      # The code's name.
      CODE_NAME = "NO_SINGLE_TOKEN"
    end

    # The request conflicts with what exists (409).
    class Conflict < Error
      # The code.
      NUMBER = 51
      # The code's name.
      CODE_NAME = "CONFLICT"
    end

    # {Client#replace_token} found no token other than the refused one: its type is never refreshed,
    # or Nango kept the token after three forced refreshes.
    class TokenNotReplaced < Error
      # The code.
      NUMBER = 52
      # The code's name.
      CODE_NAME = "TOKEN_NOT_REPLACED"
    end

    # The key's environment has no integration with this provider_config_key. This is a fault of the
    # program or its configuration, not of the user.
    class IntegrationNotFound < Error
      # The code.
      NUMBER = 53
      # The code's name.
      CODE_NAME = "INTEGRATION_NOT_FOUND"
    end

    # The answer is not one of Nango's: a page, an error of a gateway, a redirect, broken JSON, no
    # HTTP at all, or the answer to another request.
    class InvalidResponse < Error
      # The code.
      NUMBER = 60
      # The code's name.
      CODE_NAME = "INVALID_RESPONSE"
    end

    # The answer is longer than max_response_bytes.
    class ResponseTooLarge < Error
      # The code.
      NUMBER = 61
      # The code's name.
      CODE_NAME = "RESPONSE_TOO_LARGE"
    end

    # The library or the system failed, for example because no file descriptor is left.
    class Internal < Error
      # The code.
      NUMBER = 90
      # The code's name.
      CODE_NAME = "INTERNAL"
    end

    # An internal error in the library, which contained it. The client still works.
    class Panic < Error
      # The code.
      NUMBER = 91
      # The code's name.
      CODE_NAME = "PANIC"
    end

    CLASSES = constants.map { |name| const_get(name) }.grep(Class).to_h do |error|
      [error::NUMBER, error]
    end.freeze
    private_constant :CLASSES
  end
end
