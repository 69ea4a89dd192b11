# frozen_string_literal: true

module LibNango
  # The credentials of a connection. What they hold depends on their {#type}, and has the names that Nango gives it:
  #
  #   credentials["access_token"]  # OAUTH2, APP
  #   credentials["apiKey"]        # API_KEY
  #   credentials["username"]      # BASIC
  #
  # To have just the token, use {Client#get_token}. Nothing shows a secret but what asks for one: {#[]}, {#dig}, {#raw}
  # and {#to_h}.
  class Credentials < Record
    # "OAUTH2", "API_KEY", "BASIC", …; nil when there are no credentials.
    # @return [String, nil]
    def type
      self["type"]
    end

    # When they expire, as the server wrote it.
    # @return [String, nil]
    def expires_at
      self["expires_at"]
    end

    # When they expire.
    # @return [Time, nil] nil: the server wrote none
    def expires_at_time
      time(expires_at)
    end

    # The provider's own answer to the token request.
    # @return [Hash, nil]
    def raw
      self["raw"]
    end

    # Whether there are none: the connection has none, or the key may not read them.
    def empty?
      to_h.empty?
    end

    private

    def shown
      %w[type expires_at]
    end
  end
end
