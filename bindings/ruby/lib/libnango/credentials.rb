# frozen_string_literal: true

module LibNango
  # The credentials of a connection. What they hold depends on their {#type}:
  #
  #   credentials.access_token     # OAUTH2, APP
  #   credentials.username         # BASIC
  #   credentials["client_id"]     # any, by the name that it has in JSON
  #
  # To have just the token, use {Client#get_token}, or {#single_token} of credentials that are there
  # already. Nothing shows a secret but what asks for one: these readers, {#[]}, {#dig} and {#to_h}.
  class Credentials < Record
    # "OAUTH2", "API_KEY", "BASIC", …; nil when there are no credentials.
    # @return [String, nil]
    def type
      text("type")
    end

    # When they expire, as the server wrote it.
    # @return [String, nil]
    def expires_at
      text("expires_at")
    end

    # When they expire.
    # @return [Time, nil] nil: the server wrote none
    def expires_at_time
      time(expires_at)
    end

    # That of OAUTH2, APP and APP_STORE.
    # @return [String, nil]
    def access_token
      text("access_token")
    end

    # Only if it was asked for with include_refresh_token.
    # @return [String, nil]
    def refresh_token
      text("refresh_token")
    end

    # That of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU, if it is a text.
    # @return [String, nil]
    def token
      text("token")
    end

    # That of API_KEY.
    # @return [String, nil]
    def api_key
      text("apiKey")
    end

    # That of BASIC, BILL and SIGNATURE.
    # @return [String, nil]
    def username
      text("username")
    end

    # That of BASIC, BILL and SIGNATURE.
    # @return [String, nil]
    def password
      text("password")
    end

    # That of OAUTH1.
    # @return [String, nil]
    def oauth_token
      text("oauth_token")
    end

    # That of OAUTH1.
    # @return [String, nil]
    def oauth_token_secret
      text("oauth_token_secret")
    end

    # Whether there are none: the connection has none, or the key may not read them.
    def empty?
      to_h.empty?
    end

    # The one string that goes behind "Bearer", or the API key: what {Client#get_token} would have
    # returned instead of these credentials. Nothing is sent.
    # @return [String] frozen
    # @raise [Error::NoSingleToken] for BASIC, OAUTH1, …
    # @raise [Error::NoCredentials] when there are none
    def single_token
      Native.owned_text { |error| Native.nango_credentials_token(json, error) }.freeze
    end

    private

    # As the library reads it, which knows what the token is, and that it is a text: the rest may
    # be what Ruby reads and cannot write, such as a number that is too large.
    def json
      JSON.generate(to_h.transform_values { |value| value if value.is_a?(String) })
    rescue JSON::JSONError
      # The generator's own message may quote the text.
      raise Error::InvalidResponse.new("the credentials hold something that Ruby cannot write as JSON"), cause: nil
    end

    def shown
      %w[type expires_at]
    end
  end
end
