# frozen_string_literal: true

module LibNango
  # Common to all {Credentials}, whose fields depend on their type:
  #
  #   credentials.access_token     # OAUTH2, APP
  #   credentials.username         # BASIC
  #   credentials["client_id"]     # any field, by its JSON name
  #
  # To get only the token, use {Client#get_token}, or {#single_token} if you already have the
  # credentials. Only the readers, {#[]}, {#dig} and {#to_h} return secrets.
  # @abstract
  class CredentialsRecord < Record
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
  end
end
