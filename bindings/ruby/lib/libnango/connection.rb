# frozen_string_literal: true

module LibNango
  # What {Connection} and {ConnectionSummary} have in common.
  # @abstract
  class ConnectionRecord < Record
    # Nango's internal number.
    # @return [Integer, nil]
    def id
      self["id"]
    end

    # The connection's id, which with {#provider_config_key} names it.
    # @return [String]
    def connection_id
      self["connection_id"]
    end

    # The integration's unique key.
    # @return [String, nil]
    def provider_config_key
      self["provider_config_key"]
    end

    # The name of the provider's template, such as "github".
    # @return [String, nil]
    def provider
      self["provider"]
    end

    # What is wrong with the connection at present: `{"type" => "auth" or "sync", "log_id" => …}` each.
    # @return [Array<Hash>]
    def errors
      self["errors"] || []
    end

    # Who the connection belongs to: "id", "display_name", "email", "tags", "organization".
    # @return [Hash, nil]
    def end_user
      self["end_user"]
    end

    # @return [Hash{String => String}]
    def tags
      self["tags"] || {}
    end

    # What you stored with the connection.
    # @return [Hash, nil]
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
    # Empty when the key may not read them, or there are none.
    # @return [Credentials]
    def credentials
      @credentials ||= Credentials.new(self["credentials"].is_a?(Hash) ? self["credentials"] : {}.freeze)
    end

    # What the provider needs besides the token, such as a subdomain. It may hold secrets.
    # @return [Hash, nil]
    def connection_config
      self["connection_config"]
    end

    # @return [String, nil]
    def webhook_url_override
      self["webhook_url_override"]
    end

    # When it was made, as the server wrote it.
    # @return [String, nil]
    def created_at
      self["created_at"]
    end

    # When it was last changed, as the server wrote it.
    # @return [String, nil]
    def updated_at
      self["updated_at"]
    end

    # When its credentials were last read, as the server wrote it.
    # @return [String, nil]
    def last_fetched_at
      self["last_fetched_at"]
    end

    # {#created_at} as a Time.
    # @return [Time, nil] nil: the server wrote none
    def created_at_time
      time(created_at)
    end

    # {#updated_at} as a Time.
    # @return [Time, nil] nil: the server wrote none
    def updated_at_time
      time(updated_at)
    end

    # {#last_fetched_at} as a Time.
    # @return [Time, nil] nil: the server wrote none
    def last_fetched_at_time
      time(last_fetched_at)
    end

    private

    def redacted
      " credentials=#{credentials.inspect}"
    end
  end

  # One connection of a list: without credentials.
  class ConnectionSummary < ConnectionRecord
    # When it was made, as the server wrote it.
    # @return [String, nil]
    def created
      self["created"]
    end

    # {#created} as a Time.
    # @return [Time, nil] nil: the server wrote none
    def created_time
      time(created)
    end

    private

    def redacted
      ""
    end
  end
end
