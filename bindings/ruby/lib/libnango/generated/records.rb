# frozen_string_literal: true

# Generated from api/ by nango-gen: do not edit, run `make generate`.

module LibNango
  # A problem that a connection has now.
  class ConnectionError < Record
    # "auth" or "sync".
    # @return [String, nil]
    def type
      text("type")
    end

    # The id of the log that has the details.
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

  # The organization that an end user belongs to.
  class Organization < Record
    # The id that your own code assigned.
    # @return [String, nil]
    def id
      text("id")
    end

    # The name to show.
    # @return [String, nil]
    def display_name
      text("display_name")
    end

    private

    def shown
      %w[id]
    end
  end

  # One of your users.
  class EndUser < Record
    # The id that your own code assigned.
    # @return [String, nil]
    def id
      text("id")
    end

    # The name to show.
    # @return [String, nil]
    def display_name
      text("display_name")
    end

    # The email address.
    # @return [String, nil]
    def email
      text("email")
    end

    # The end user's tags.
    # @return [Hash{String => String}]
    def tags
      texts("tags")
    end

    # The organization that the end user belongs to.
    # @return [Organization, nil]
    def organization
      part("organization", Organization)
    end

    private

    def shown
      %w[id]
    end
  end

  # The credentials of a connection. Which members there are depends on their type, and may depend
  # on the provider.
  class Credentials < CredentialsRecord
    # "OAUTH2", "API_KEY", "BASIC" and so on. Absent if there are no credentials.
    # @return [String, nil]
    def type
      text("type")
    end

    # When the token expires, if the provider gave a time, as the server wrote it.
    # @return [String, nil]
    def expires_at
      text("expires_at")
    end

    # {#expires_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def expires_at_time
      time(expires_at)
    end

    # The token of OAUTH2, APP and APP_STORE.
    # @return [String, nil]
    def access_token
      text("access_token")
    end

    # The refresh token, only if the call asked for it.
    # @return [String, nil]
    def refresh_token
      text("refresh_token")
    end

    # The token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU. It may have another type than a
    # string, which the readers treat as absent.
    # @return [String, nil]
    def token
      text("token")
    end

    # The key of API_KEY.
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

    private

    def shown
      %w[type expires_at]
    end
  end

  # One connection, which is an account of one of your users at a provider.
  class Connection < ConnectionRecord
    # Nango's internal number.
    # @return [Integer, nil] nil also if it does not fit in 64 bits
    def id
      integer("id")
    end

    # The connection's id, which is unique within its integration.
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

    # The problems that the connection has now.
    # @return [Array<ConnectionError>]
    def errors
      list("errors", Hash).map { |fields| ConnectionError.new(fields) }
    end

    # The user whose account it is.
    # @return [EndUser, nil]
    def end_user
      part("end_user", EndUser)
    end

    # The connection's tags.
    # @return [Hash{String => String}]
    def tags
      texts("tags")
    end

    # Any JSON that your own code stored with the connection.
    # @return [Object, nil] parsed JSON
    def metadata
      self["metadata"]
    end

    # What the provider needs in addition to the credentials, such as a subdomain. It may hold
    # secrets.
    # @return [Object, nil] parsed JSON
    def connection_config
      self["connection_config"]
    end

    # A URL that receives the connection's webhooks instead of the usual one.
    # @return [String, nil]
    def webhook_url_override
      text("webhook_url_override")
    end

    # When the connection was created, as the server wrote it.
    # @return [String, nil]
    def created_at
      text("created_at")
    end

    # {#created_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def created_at_time
      time(created_at)
    end

    # When the connection was last changed, as the server wrote it.
    # @return [String, nil]
    def updated_at
      text("updated_at")
    end

    # {#updated_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def updated_at_time
      time(updated_at)
    end

    # When the connection's credentials were last requested, as the server wrote it.
    # @return [String, nil]
    def last_fetched_at
      text("last_fetched_at")
    end

    # {#last_fetched_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def last_fetched_at_time
      time(last_fetched_at)
    end

    # The connection's credentials. They are empty if there are none, or if the key may not read
    # them.
    # @return [Credentials]
    def credentials
      @credentials ||= part("credentials", Credentials) || Credentials.new({}.freeze)
    end

    private

    def shown
      %w[connection_id provider_config_key provider credentials]
    end

    def redacted
      ""
    end
  end

  # A connection as it appears in a list, without credentials.
  class ConnectionSummary < ConnectionRecord
    # Nango's internal number.
    # @return [Integer, nil] nil also if it does not fit in 64 bits
    def id
      integer("id")
    end

    # The connection's id, which is unique within its integration.
    # @return [String, nil]
    def connection_id
      text("connection_id")
    end

    # The integration's unique key. Servers older than October 2024 leave it out, and write the key
    # as the provider.
    # @return [String, nil]
    def provider_config_key
      text("provider_config_key")
    end

    # The name of the provider's template, such as "github".
    # @return [String, nil]
    def provider
      text("provider")
    end

    # The problems that the connection has now.
    # @return [Array<ConnectionError>]
    def errors
      list("errors", Hash).map { |fields| ConnectionError.new(fields) }
    end

    # The user whose account it is.
    # @return [EndUser, nil]
    def end_user
      part("end_user", EndUser)
    end

    # The connection's tags.
    # @return [Hash{String => String}]
    def tags
      texts("tags")
    end

    # Any JSON that your own code stored with the connection.
    # @return [Object, nil] parsed JSON
    def metadata
      self["metadata"]
    end

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

    def shown
      %w[connection_id provider_config_key provider]
    end

    def redacted
      ""
    end
  end

  # Whether Nango did what was asked.
  class Outcome < Record
    # Whether it did.
    # @return [Boolean, nil]
    def success
      flag("success")
    end

    private

    def shown
      %w[success]
    end

    def redacted
      ""
    end
  end

  # The request to change metadata, as Nango received it.
  class MetadataEcho < Record
    # The integration's unique key.
    # @return [String, nil]
    def provider_config_key
      text("provider_config_key")
    end

    # The metadata of the request.
    # @return [Object, nil] parsed JSON
    def metadata
      self["metadata"]
    end

    private

    def shown
      %w[provider_config_key]
    end

    def redacted
      ""
    end
  end

  # The template of a provider. It has many more members, which differ by provider.
  class Provider < Record
    # The name of the template, such as "github".
    # @return [String, nil]
    def name
      text("name")
    end

    # The name that users see.
    # @return [String, nil]
    def display_name
      text("display_name")
    end

    # How users authorise, such as "OAUTH2".
    # @return [String, nil]
    def auth_mode
      text("auth_mode")
    end

    private

    def shown
      %w[name display_name auth_mode]
    end

    def redacted
      ""
    end
  end

  # A function that Nango offers for a provider.
  class FunctionTemplate < Record
    # "sync" or "action".
    # @return [String, nil]
    def type
      text("type")
    end

    # The name of the function.
    # @return [String, nil]
    def name
      text("name")
    end

    # What the function does.
    # @return [String, nil]
    def description
      text("description")
    end

    private

    def shown
      %w[type name]
    end

    def redacted
      ""
    end
  end

  # A provider that your users can connect, with your app's credentials.
  class Integration < Record
    # The integration's key, which your own code chose.
    # @return [String, nil]
    def unique_key
      text("unique_key")
    end

    # The name of the provider's template.
    # @return [String, nil]
    def provider
      text("provider")
    end

    # The name that users see.
    # @return [String, nil]
    def display_name
      text("display_name")
    end

    # The URL of the provider's logo.
    # @return [String, nil]
    def logo
      text("logo")
    end

    # Whether Nango forwards the provider's webhooks.
    # @return [Boolean, nil]
    def forward_webhooks
      flag("forward_webhooks")
    end

    # When the integration was created, as the server wrote it.
    # @return [String, nil]
    def created_at
      text("created_at")
    end

    # {#created_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def created_at_time
      time(created_at)
    end

    # When the integration was last changed, as the server wrote it.
    # @return [String, nil]
    def updated_at
      text("updated_at")
    end

    # {#updated_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def updated_at_time
      time(updated_at)
    end

    # The URL for the provider's webhooks, if the call asked for it.
    # @return [String, nil]
    def webhook_url
      text("webhook_url")
    end

    # Your app's credentials, if the call asked for them and the key may see them.
    # @return [Object, nil] parsed JSON
    def credentials
      self["credentials"]
    end

    private

    def shown
      %w[unique_key provider]
    end

    def redacted
      ""
    end
  end

  # A session in which a user connects an account.
  class ConnectSession < Record
    # The token of the session, for Nango's frontend SDK.
    # @return [String, nil]
    def token
      text("token")
    end

    # The URL of a page where the user connects the account. It holds the token.
    # @return [String, nil]
    def connect_link
      text("connect_link")
    end

    # When the session ends, as the server wrote it.
    # @return [String, nil]
    def expires_at
      text("expires_at")
    end

    # {#expires_at} as a Time.
    # @return [Time, nil] nil if the server sent no valid time
    def expires_at_time
      time(expires_at)
    end

    private

    def shown
      %w[expires_at]
    end

    def redacted
      ""
    end
  end

  # What a connect session was created with.
  class ConnectSessionDetails < Record
    # The user who connects the account.
    # @return [EndUser, nil]
    def end_user
      part("endUser", EndUser)
    end

    # How the page looks.
    # @return [Object, nil] parsed JSON
    def connect_ui_settings
      self["connectUISettings"]
    end

    # The integrations that the user can choose from; empty for all.
    # @return [Array<String>]
    def allowed_integrations
      list("allowed_integrations", String)
    end

    # Whether the session is for an existing connection.
    # @return [Boolean, nil]
    def reconnecting
      flag("isReconnecting")
    end

    private

    def shown
      %w[allowed_integrations]
    end

    def redacted
      ""
    end
  end
end
