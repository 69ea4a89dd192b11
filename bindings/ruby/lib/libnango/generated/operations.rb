# frozen_string_literal: true

# Generated from api/ by nango-gen: do not edit, run `make generate`.

module LibNango
  # The operations of {Client} that take their parameters by name. A parameter that is nil is not
  # sent.
  module Operations
    # Imports a connection with credentials that your own code already has. If the connection
    # exists, all of it is replaced: what the call leaves out is reset. Nango verifies the
    # credentials with the provider if the provider's template says how. The result includes the
    # refresh token.
    # @param provider_config_key [String] the integration's unique key
    # @param credentials [Hash] the credentials: "type" and the members of that type. OAUTH2,
    #   OAUTH2_CC, OAUTH1, API_KEY, BASIC, TBA, APP, CUSTOM and NONE can be imported
    # @param connection_id [String, nil] the connection's id. Without it, Nango makes one up
    # @param metadata [Hash, nil] any JSON that your own code stores with the connection
    # @param connection_config [Hash, nil] what the provider needs in addition to the credentials
    # @param webhook_url_override [String, nil] a URL that receives the connection's webhooks
    #   instead of the usual one
    # @param end_user [Hash, nil] the user whose account it is: "id", and optionally "email",
    #   "display_name" and "tags". Nango prefers tags
    # @param tags [Hash{String => String}, nil] the connection's tags
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Connection]
    # @raise [Error]
    def create_connection(provider_config_key:, credentials:, connection_id: nil, metadata: nil,
                          connection_config: nil, webhook_url_override: nil, end_user: nil,
                          tags: nil, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, credentials: credentials,
        connection_id: connection_id, metadata: metadata, connection_config: connection_config,
        webhook_url_override: webhook_url_override, end_user: end_user, tags: tags
      }
      Connection.parse(
        call_named(:create_connection, parameters, timeout: timeout, headers: headers)
      )
    end

    # Fetches what the provider answered to the request for the token, as the provider wrote it.
    # Nango first refreshes the token if it expires soon. The result is null for credentials that
    # come from no such request, such as API_KEY and BASIC.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param force_refresh [Boolean] forces a refresh even if the token is still valid. Nango
    #   returns the old token if the request coincides with a plain read of the connection
    # @param include_refresh_token [Boolean] includes refresh tokens in the answer
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Record, nil]
    # @raise [Error::NoCredentials] if there are none, or the key may not read them
    # @raise [Error]
    def get_raw_token_response(provider_config_key:, connection_id:, force_refresh: false,
                               include_refresh_token: false, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, connection_id: connection_id
      }
      Record.parse_optional(
        call_named(
          :get_raw_token_response, parameters,
          force_refresh: force_refresh, include_refresh_token: include_refresh_token,
          timeout: timeout, headers: headers
        )
      )
    end

    # Fetches the metadata of a connection. Nango first refreshes the token if it expires soon, as
    # for get_connection. The metadata in a list costs no refresh.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Hash, nil]
    # @raise [Error]
    def get_metadata(provider_config_key:, connection_id:, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, connection_id: connection_id
      }
      Record.parse_any(
        call_named(:get_metadata, parameters, timeout: timeout, headers: headers)
      )
    end

    # Changes the tags, the end user or the webhook URL of a connection. The tags, or those made
    # from the end user, replace all tags that the connection has.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param tags [Hash{String => String}, nil] the connection's tags
    # @param end_user [Hash, nil] the user whose account it is: "id", and optionally "email",
    #   "display_name" and "tags"
    # @param webhook_url_override [String, nil] a URL that receives the connection's webhooks
    #   instead of the usual one. The empty text removes it
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Outcome]
    # @raise [Error]
    def patch_connection(provider_config_key:, connection_id:, tags: nil, end_user: nil,
                         webhook_url_override: nil, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, connection_id: connection_id, tags: tags,
        end_user: end_user, webhook_url_override: webhook_url_override
      }
      Outcome.parse(
        call_named(:patch_connection, parameters, timeout: timeout, headers: headers)
      )
    end

    # Deletes a connection. Nango does not revoke the credentials at the provider. If the call is
    # repeated after it was processed, it fails with NOT_FOUND.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Outcome]
    # @raise [Error]
    def delete_connection(provider_config_key:, connection_id:, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, connection_id: connection_id
      }
      Outcome.parse(
        call_named(:delete_connection, parameters, timeout: timeout, headers: headers)
      )
    end

    # Replaces the metadata of connections of one integration. All connections are changed, or none.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String, Array<String>] the id of a connection, or the ids of several
    # @param metadata [Hash] the metadata
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [MetadataEcho]
    # @raise [Error]
    def set_metadata(provider_config_key:, connection_id:, metadata:, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, connection_id: connection_id, metadata: metadata
      }
      MetadataEcho.parse(
        call_named(:set_metadata, parameters, timeout: timeout, headers: headers)
      )
    end

    # Adds members to the metadata of connections of one integration. A member that exists is
    # replaced as a whole. All connections are changed, or none. The result is the request, not the
    # merged metadata.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String, Array<String>] the id of a connection, or the ids of several
    # @param metadata [Hash] the metadata
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [MetadataEcho]
    # @raise [Error]
    def update_metadata(provider_config_key:, connection_id:, metadata:, timeout: nil, headers: nil)
      parameters = {
        provider_config_key: provider_config_key, connection_id: connection_id, metadata: metadata
      }
      MetadataEcho.parse(
        call_named(:update_metadata, parameters, timeout: timeout, headers: headers)
      )
    end

    # Lists the templates of all providers that Nango knows. The answer is about 1 MB long.
    # @param search [String, nil] a part of the provider's name. Case does not matter, and Nango
    #   reads it as a regular expression
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Array<Provider>]
    # @raise [Error]
    def list_providers(search: nil, timeout: nil, headers: nil)
      parameters = {
        search: search
      }
      Provider.parse_list(
        call_named(:list_providers, parameters, timeout: timeout, headers: headers)
      )
    end

    # Fetches the template of a provider.
    # @param provider [String] the name of the provider's template
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Provider]
    # @raise [Error]
    def get_provider(provider:, timeout: nil, headers: nil)
      parameters = {
        provider: provider
      }
      Provider.parse(
        call_named(:get_provider, parameters, timeout: timeout, headers: headers)
      )
    end

    # Lists the functions that Nango offers for a provider. For an unknown provider, the list is
    # empty.
    # @param provider [String] the name of the provider's template
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Array<FunctionTemplate>]
    # @raise [Error]
    def get_provider_templates(provider:, timeout: nil, headers: nil)
      parameters = {
        provider: provider
      }
      FunctionTemplate.parse_list(
        call_named(:get_provider_templates, parameters, timeout: timeout, headers: headers)
      )
    end

    # Lists the environment's integrations.
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Array<Integration>]
    # @raise [Error]
    def list_integrations(timeout: nil, headers: nil)
      Integration.parse_list(
        call_named(:list_integrations, {}, timeout: timeout, headers: headers)
      )
    end

    # Creates an integration.
    # @param provider [String] the name of the provider's template, such as "github"
    # @param unique_key [String] the key of the new integration
    # @param display_name [String, nil] the name that users see
    # @param credentials [Hash, nil] what identifies your app at the provider: "type" and the
    #   members of that type, such as "client_id" and "client_secret" of OAUTH2
    # @param forward_webhooks [Boolean, nil] whether Nango forwards the provider's webhooks
    # @param integration_config [Hash{String => String}, nil] what the provider's template asks
    #   for
    # @param custom [Hash{String => String}, nil] more values for the provider
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Integration]
    # @raise [Error]
    def create_integration(provider:, unique_key:, display_name: nil, credentials: nil,
                           forward_webhooks: nil, integration_config: nil, custom: nil,
                           timeout: nil, headers: nil)
      parameters = {
        provider: provider, unique_key: unique_key, display_name: display_name,
        credentials: credentials, forward_webhooks: forward_webhooks,
        integration_config: integration_config, custom: custom
      }
      Integration.parse(
        call_named(:create_integration, parameters, timeout: timeout, headers: headers)
      )
    end

    # Creates an integration that uses an app of Nango's own. It is for trying a provider. Nango has
    # an app at some providers only.
    # @param provider [String] the name of the provider's template, such as "github"
    # @param unique_key [String] the key of the new integration
    # @param display_name [String, nil] the name that users see
    # @param forward_webhooks [Boolean, nil] whether Nango forwards the provider's webhooks
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Integration]
    # @raise [Error]
    def create_quickstart_integration(provider:, unique_key:, display_name: nil,
                                      forward_webhooks: nil, timeout: nil, headers: nil)
      parameters = {
        provider: provider, unique_key: unique_key, display_name: display_name,
        forward_webhooks: forward_webhooks
      }
      Integration.parse(
        call_named(:create_quickstart_integration, parameters, timeout: timeout, headers: headers)
      )
    end

    # Fetches an integration. The result has the integration's own credentials if the call asks for
    # them and the key may see them.
    # @param unique_key [String] the integration's unique key
    # @param include [String, Array<String>, nil] what else the result has, "webhook" or
    #   "credentials" or both
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Integration]
    # @raise [Error]
    def get_integration(unique_key:, include: nil, timeout: nil, headers: nil)
      parameters = {
        unique_key: unique_key, include: include
      }
      Integration.parse(
        call_named(:get_integration, parameters, timeout: timeout, headers: headers)
      )
    end

    # Changes an integration.
    # @param unique_key [String] the integration's unique key
    # @param new_unique_key [String, nil] another key for the integration. Only an integration
    #   without connections can get one
    # @param display_name [String, nil] the name that users see
    # @param credentials [Hash, nil] what identifies your app at the provider: "type" and the
    #   members of that type
    # @param forward_webhooks [Boolean, nil] whether Nango forwards the provider's webhooks
    # @param integration_config [Hash{String => String}, nil] what the provider's template asks
    #   for
    # @param custom [Hash{String => String}, nil] more values for the provider
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Integration]
    # @raise [Error]
    def update_integration(unique_key:, new_unique_key: nil, display_name: nil, credentials: nil,
                           forward_webhooks: nil, integration_config: nil, custom: nil,
                           timeout: nil, headers: nil)
      parameters = {
        unique_key: unique_key, new_unique_key: new_unique_key, display_name: display_name,
        credentials: credentials, forward_webhooks: forward_webhooks,
        integration_config: integration_config, custom: custom
      }
      Integration.parse(
        call_named(:update_integration, parameters, timeout: timeout, headers: headers)
      )
    end

    # Deletes an integration with all its connections. If the call is repeated after it was
    # processed, it fails.
    # @param unique_key [String] the integration's unique key
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Outcome]
    # @raise [Error]
    def delete_integration(unique_key:, timeout: nil, headers: nil)
      parameters = {
        unique_key: unique_key
      }
      Outcome.parse(
        call_named(:delete_integration, parameters, timeout: timeout, headers: headers)
      )
    end

    # Creates a session in which a user connects an account. Give its link, or its token, to the
    # user's browser. It expires after 30 minutes. It needs tags or an end user, by which your code
    # recognises the new connection.
    # @param tags [Hash{String => String}, nil] the tags of the new connection
    # @param end_user [Hash, nil] the user who connects the account: "id", and optionally "email",
    #   "display_name" and "tags"
    # @param organization [Hash, nil] the organization of the user: "id", and optionally
    #   "display_name"
    # @param allowed_integrations [Array<String>, nil] the integrations that the user can choose
    #   from. Without it, all
    # @param integrations_config_defaults [Hash, nil] defaults by integration: "user_scopes",
    #   "authorization_params" and "connection_config"
    # @param overrides [Hash, nil] what differs by integration: "docs_connect", a URL of a help
    #   page
    # @param webhook_url_override [String, nil] a URL that receives the connection's webhooks
    #   instead of the usual one
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [ConnectSession]
    # @raise [Error]
    def create_connect_session(tags: nil, end_user: nil, organization: nil,
                               allowed_integrations: nil, integrations_config_defaults: nil,
                               overrides: nil, webhook_url_override: nil, timeout: nil,
                               headers: nil)
      parameters = {
        tags: tags, end_user: end_user, organization: organization,
        allowed_integrations: allowed_integrations,
        integrations_config_defaults: integrations_config_defaults, overrides: overrides,
        webhook_url_override: webhook_url_override
      }
      ConnectSession.parse(
        call_named(:create_connect_session, parameters, timeout: timeout, headers: headers)
      )
    end

    # Creates a session in which a user authorises an existing connection again. Give its link, or
    # its token, to the user's browser. It expires after 30 minutes. The connection keeps its id.
    # @param integration_id [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param end_user [Hash, nil] the user whose account it is: "id", and optionally "email",
    #   "display_name" and "tags"
    # @param organization [Hash, nil] the organization of the user: "id", and optionally
    #   "display_name"
    # @param integrations_config_defaults [Hash, nil] defaults by integration: "user_scopes",
    #   "authorization_params" and "connection_config"
    # @param overrides [Hash, nil] what differs by integration: "docs_connect", a URL of a help
    #   page
    # @param webhook_url_override [String, nil] a URL that receives the connection's webhooks
    #   instead of the usual one
    # @param tags [Hash{String => String}, nil] the connection's tags
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [ConnectSession]
    # @raise [Error]
    def create_reconnect_session(integration_id:, connection_id:, end_user: nil, organization: nil,
                                 integrations_config_defaults: nil, overrides: nil,
                                 webhook_url_override: nil, tags: nil, timeout: nil, headers: nil)
      parameters = {
        integration_id: integration_id, connection_id: connection_id, end_user: end_user,
        organization: organization, integrations_config_defaults: integrations_config_defaults,
        overrides: overrides, webhook_url_override: webhook_url_override, tags: tags
      }
      ConnectSession.parse(
        call_named(:create_reconnect_session, parameters, timeout: timeout, headers: headers)
      )
    end

    # Fetches a connect session.
    # @param session_token [String] the token of the session
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [ConnectSessionDetails]
    # @raise [Error]
    def get_connect_session(session_token:, timeout: nil, headers: nil)
      parameters = {
        session_token: session_token
      }
      ConnectSessionDetails.parse(
        call_named(:get_connect_session, parameters, timeout: timeout, headers: headers)
      )
    end

    # Deletes a connect session, so that its link no longer works. If the call is repeated after it
    # was processed, it fails with UNAUTHORIZED.
    # @param session_token [String] the token of the session
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [nil]
    # @raise [Error]
    def delete_connect_session(session_token:, timeout: nil, headers: nil)
      parameters = {
        session_token: session_token
      }
      call_named(:delete_connect_session, parameters, timeout: timeout, headers: headers)
      nil
    end
  end
end
