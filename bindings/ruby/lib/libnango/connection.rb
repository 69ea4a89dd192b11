# frozen_string_literal: true

module LibNango
  # A current problem of a connection.
  class ConnectionError < Record
    # "auth" or "sync".
    # @return [String, nil]
    def type
      text("type")
    end

    # The id of the log with the details.
    # @return [String, nil]
    def log_id
      text("log_id")
    end

    private

    def shown
      %w[type log_id]
    end

    def redacted
      ""
    end
  end

  # Common to {EndUser} and {Organization}.
  # @abstract
  class OwnerRecord < Record
    # The id that your code assigned.
    # @return [String, nil]
    def id
      text("id")
    end

    # The display name.
    # @return [String, nil]
    def display_name
      text("display_name")
    end

    private

    def shown
      %w[id]
    end
  end

  # The organization of an end user.
  class Organization < OwnerRecord
  end

  # The end user, in your application, that a connection belongs to.
  class EndUser < OwnerRecord
    # @return [String, nil]
    def email
      text("email")
    end

    # @return [Hash{String => String}]
    def tags
      texts("tags")
    end

    # The organization that the end user belongs to.
    # @return [Organization, nil]
    def organization
      part("organization", Organization)
    end
  end

  # Common to {Connection} and {ConnectionSummary}.
  # @abstract
  class ConnectionRecord < Record
    # Nango's internal number.
    # @return [Integer, nil] nil also if it does not fit in 64 bits
    def id
      number = self["id"]
      number if number.is_a?(Integer) && number.bit_length < 64
    end

    # The connection's id. Together with {#provider_config_key} it identifies the connection.
    # @return [String, nil]
    def connection_id
      text("connection_id")
    end

    # The integration's unique key.
    # @return [String, nil]
    def provider_config_key
      text("provider_config_key")
    end

    # The name of the provider's template, such as "github".
    # @return [String, nil]
    def provider
      text("provider")
    end

    # The current problems of the connection.
    # @return [Array<ConnectionError>]
    def errors
      errors = self["errors"]
      errors.is_a?(Array) ? errors.grep(Hash).map { |fields| ConnectionError.new(fields) } : []
    end

    # Whether one of {#errors} concerns the connection's authorisation. This is a hint: Nango
    # records the same error for a revoked grant, an outage of the provider and a blocked URL. Let
    # the user choose between reconnecting and trying again, and disable nothing because of a hint.
    def auth_error?
      errors.any? { |error| error.type == "auth" }
    end

    # The end user that the connection belongs to.
    # @return [EndUser, nil]
    def end_user
      part("end_user", EndUser)
    end

    # @return [Hash{String => String}]
    def tags
      texts("tags")
    end

    # The metadata that you stored with the connection: any JSON, parsed.
    # @return [Object, nil]
    def metadata
      self["metadata"]
    end

    private

    def shown
      %w[connection_id provider_config_key provider]
    end
  end

  # One connection, as {Client#get_connection} returns it.
  class Connection < ConnectionRecord
    # The credentials; empty if the key may not read them, or there are none.
    # @return [Credentials]
    def credentials
      @credentials ||= part("credentials", Credentials) || Credentials.new({}.freeze)
    end

    # Settings that the provider needs in addition to the token, such as a subdomain: any JSON,
    # parsed. It may hold secrets.
    # @return [Object, nil]
    def connection_config
      self["connection_config"]
    end

    # @return [String, nil]
    def webhook_url_override
      text("webhook_url_override")
    end

    # When the connection was created, as the server wrote it.
    # @return [String, nil]
    def created_at
      text("created_at")
    end

    # When the connection was last changed, as the server wrote it.
    # @return [String, nil]
    def updated_at
      text("updated_at")
    end

    # When the credentials were last read, as the server wrote it.
    # @return [String, nil]
    def last_fetched_at
      text("last_fetched_at")
    end

    # {#created_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def created_at_time
      time(created_at)
    end

    # {#updated_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def updated_at_time
      time(updated_at)
    end

    # {#last_fetched_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def last_fetched_at_time
      time(last_fetched_at)
    end

    private

    def redacted
      " credentials=#{credentials.inspect}"
    end
  end

  # One connection of a list, without credentials.
  class ConnectionSummary < ConnectionRecord
    # When the connection was created, as the server wrote it.
    # @return [String, nil]
    def created
      text("created")
    end

    # {#created} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def created_time
      time(created)
    end

    private

    def redacted
      ""
    end
  end
end
