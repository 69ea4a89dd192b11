# frozen_string_literal: true

module LibNango
  # The credentials of a connection. Their fields depend on their {#type}:
  #
  #   credentials.access_token     # OAUTH2, APP
  #   credentials.username         # BASIC
  #   credentials["client_id"]     # any field, by its JSON name
  #
  # To get only the token, use {Client#get_token}, or {#single_token} if you already have the
  # credentials. Only the readers below, {#[]}, {#dig} and {#to_h} return secrets.
  class Credentials < Record
    # "OAUTH2", "API_KEY", "BASIC", …; nil if there are no credentials.
    # @return [String, nil]
    def type
      text("type")
    end

    # When the credentials expire, as the server wrote it.
    # @return [String, nil]
    def expires_at
      text("expires_at")
    end

    # {#expires_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def expires_at_time
      time(expires_at)
    end

    # The access token of OAUTH2, APP and APP_STORE.
    # @return [String, nil]
    def access_token
      text("access_token")
    end

    # The refresh token; only if the call asked for it with include_refresh_token.
    # @return [String, nil]
    def refresh_token
      text("refresh_token")
    end

    # The token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU, if it is a string.
    # @return [String, nil]
    def token
      text("token")
    end

    # The API key of API_KEY.
    # @return [String, nil]
    def api_key
      text("apiKey")
    end

    # The username of BASIC, BILL and SIGNATURE.
    # @return [String, nil]
    def username
      text("username")
    end

    # The password of BASIC, BILL and SIGNATURE.
    # @return [String, nil]
    def password
      text("password")
    end

    # The token of OAUTH1.
    # @return [String, nil]
    def oauth_token
      text("oauth_token")
    end

    # The token's secret of OAUTH1.
    # @return [String, nil]
    def oauth_token_secret
      text("oauth_token_secret")
    end

    # Returns whether there are no credentials: the connection has none, or the key may not read
    # them.
    def empty?
      to_h.empty?
    end

    # Returns the bearer token or API key, as {Client#get_token} would have. Sends nothing.
    # @return [String] frozen
    # @raise [Error::NoSingleToken] for BASIC, OAUTH1, …
    # @raise [Error::NoCredentials] if there are none
    def single_token
      Native.owned_text { |error| Native.nango_credentials_token(json, error) }.freeze
    end

    private

    # The library picks the token from this JSON, and a token is always a string. Other values are
    # left out: Ruby can read some that it cannot write, such as a number that is too large.
    def json
      JSON.generate(to_h.transform_values { |value| value if value.is_a?(String) })
    rescue JSON::JSONError
      # The generator's own message may quote the text.
      message = "the credentials hold a value that Ruby cannot write as JSON; use get_token"
      raise Error::InvalidResponse.new(message), cause: nil
    end

    def shown
      %w[type expires_at]
    end
  end
end
