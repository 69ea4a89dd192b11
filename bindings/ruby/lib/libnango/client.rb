# frozen_string_literal: true

module LibNango
  # A client of one Nango environment. Make one for each secret key and keep it: it keeps
  # connections warm, and never a token. Any number of threads may use it at once, and after a fork
  # parent and child both go on with it.
  #
  #   client = LibNango::Client.new(secret_key: ENV.fetch("NANGO_SECRET_KEY"))
  #   token = client.get_token(provider_config_key: "github", connection_id: "alice")
  #
  # Each call makes only its own fiber wait, or its own thread where there is no fiber scheduler; it
  # always ends by its timeout, and is ended at once by Timeout.timeout, Thread#kill, Thread#raise
  # and Ctrl-C. All of them raise {Error}.
  #
  # JSON comes as Nango wrote it, byte for byte, but for half of a surrogate pair (`\ud800`), which
  # becomes `\ufffd`. What is not JSON, or is nested more than 512 levels deep, is
  # {Error::InvalidResponse}.
  #
  # There is one of each: `dup`, `clone`, `Ractor.new(client)`, `Ractor.make_shareable`,
  # `Marshal.dump` and `to_yaml` raise TypeError.
  class Client
    include Uncopyable

    # A client with the key and the server of the process's environment: NANGO_API_KEY, then
    # NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT.
    # @param options the options of {#initialize}; what is given there counts
    # @return [Client]
    # @raise [Error::InvalidArgument] when there is no key
    def self.from_env(**options)
      new(**options, from_env: true)
    end

    # Nothing is sent yet. What is nil stays at its default. Times are in seconds and may have a
    # fraction.
    # @param secret_key [String] the secret key of a Nango environment
    # @param base_url [String, nil] the server; default: https://api.nango.dev
    # @param timeout [Numeric, nil] for a whole call, with its retries and the waits between them; default: 60
    # @param connect_timeout [Numeric, nil] for looking up the name, connecting and the TLS handshake; default: 10
    # @param attempt_timeout [Numeric, nil] for one attempt, connecting included; default: 30
    # @param max_retries [Integer, nil] how often a call is tried again where that is safe and may help; default: 2
    # @param idle_timeout [Numeric, nil] how long a connection may lie idle before it is closed; default: 50
    # @param idle_connections [Integer, nil] how many idle connections are kept for the next calls; default: 8
    # @param max_connections [Integer, nil] how many connections may be open at once; calls beyond that wait for one,
    #   within their timeouts; default: 256, or half of what the process may open if that is less
    # @param max_response_bytes [Integer, nil] the longest answer that is read; default: 64 MiB
    # @param user_agent_suffix [String, nil] who uses the library, such as "my-service/1.2"; default: this gem
    # @param proxy [String, nil] nil: as the environment says, and none for loopback; "": none; else its URL
    # @param tls_roots [Symbol, nil] `:platform` (default), `:bundled` (Mozilla's) or `:custom_only` (only `ca_pem`)
    # @param ca_pem [String, Array<String>, nil] certificate authorities to trust too
    # @param client_identity_pem [String, nil] the certificate chain and the private key to show to the server
    # @param plural_routes [Boolean, nil] use the routes under /connections, for a server without the old ones
    # @param events [Integer, nil] how many events are kept for {#next_event}; default: 0
    # @raise [Error::InvalidArgument]
    def initialize(secret_key: nil, base_url: nil, timeout: nil, connect_timeout: nil, attempt_timeout: nil,
                   max_retries: nil, idle_timeout: nil, idle_connections: nil, max_connections: nil,
                   max_response_bytes: nil, user_agent_suffix: "libnango-ruby/#{VERSION}", proxy: nil, tls_roots: nil,
                   ca_pem: nil, client_identity_pem: nil, plural_routes: nil, events: nil, from_env: false)
      pointer = ClientOptions.make_client(
        from_env: from_env, secret_key: secret_key, base_url: base_url, timeout: timeout,
        connect_timeout: connect_timeout, attempt_timeout: attempt_timeout, max_retries: max_retries,
        idle_timeout: idle_timeout, idle_connections: idle_connections, max_connections: max_connections,
        max_response_bytes: max_response_bytes, user_agent_suffix: user_agent_suffix, proxy: proxy,
        tls_roots: tls_roots, ca_pem: ca_pem, client_identity_pem: client_identity_pem, plural_routes: plural_routes,
        events: events
      )
      @handle = Handle.new(pointer, Native.method(:nango_client_free), "client")
    end

    # The one string that goes behind "Bearer", or the API key, of a connection. Nango refreshes it
    # first if need be: ask just before it is used, and do not keep it.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String]
    # @param force_refresh [Boolean] refresh the token although it is still good. Nango answers with
    #   the old one when the call coincides with a plain read of the connection: for a token that
    #   was refused use {#replace_token}
    # @param include_refresh_token [Boolean]
    # @param timeout [Numeric, nil] seconds for this call, instead of the client's
    # @param headers [Hash{String => String}, nil] to send along, such as "traceparent"
    # @return [String] frozen
    # @raise [Error::NoSingleToken] for BASIC, OAUTH1, …: use {#get_credentials}
    # @raise [Error]
    def get_token(provider_config_key:, connection_id:, force_refresh: false, include_refresh_token: false,
                  timeout: nil, headers: nil)
      fetch(:get_token, provider_config_key, connection_id,
            force_refresh: force_refresh, include_refresh_token: include_refresh_token, timeout: timeout,
            headers: headers).freeze
    end

    # A token in place of one that the provider refused, with 401 for example. It reads the
    # connection, and makes Nango refresh the token if that is still the refused one. Calls of this
    # client that replace the same token of a connection at the same time share one refresh, whether
    # from threads or fibers, each with its own timeout; no token is kept beyond that.
    #
    # Nango answers a forced refresh with the old token when it coincides with another read of the
    # connection, so up to three are forced, 0.5 s and 1 s apart, within the call's timeout.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String]
    # @param refused_token [String]
    # @param timeout [Numeric, nil] seconds for this call, instead of the client's
    # @param headers [Hash{String => String}, nil] to send along, such as "traceparent"
    # @return [String] frozen
    # @raise [Error::TokenNotReplaced] when Nango has no other token: three forced refreshes brought
    #   none, or it does not refresh this type of credentials, which is never forced
    # @raise [Error]
    def replace_token(provider_config_key:, connection_id:, refused_token:, timeout: nil,
                      headers: nil)
      refused = {refused_token: Native.text(refused_token, :refused_token)}
      fetch(:replace_token, provider_config_key, connection_id, refused, timeout: timeout,
                                                                         headers: headers).freeze
    end

    # The credentials of a connection, of whatever type.
    # @param (see #get_token)
    # @return [Credentials]
    # @raise [Error::NoCredentials] when there are none, or the key may not read them
    # @raise [Error]
    def get_credentials(provider_config_key:, connection_id:, force_refresh: false, include_refresh_token: false,
                        timeout: nil, headers: nil)
      Credentials.parse(
        get_credentials_json(provider_config_key: provider_config_key, connection_id: connection_id,
                             force_refresh: force_refresh, include_refresh_token: include_refresh_token,
                             timeout: timeout, headers: headers)
      )
    end

    # The credentials of a connection as Nango's answer has them, byte for byte.
    # @param (see #get_token)
    # @return [String]
    # @raise [Error]
    def get_credentials_json(provider_config_key:, connection_id:, force_refresh: false, include_refresh_token: false,
                             timeout: nil, headers: nil)
      fetch(:get_credentials, provider_config_key, connection_id,
            force_refresh: force_refresh, include_refresh_token: include_refresh_token, timeout: timeout,
            headers: headers)
    end

    # A connection with its credentials.
    # @param (see #get_token)
    # @return [Connection]
    # @raise [Error]
    def get_connection(provider_config_key:, connection_id:, force_refresh: false, include_refresh_token: false,
                       timeout: nil, headers: nil)
      Connection.parse(
        get_connection_json(provider_config_key: provider_config_key, connection_id: connection_id,
                            force_refresh: force_refresh, include_refresh_token: include_refresh_token,
                            timeout: timeout, headers: headers)
      )
    end

    # A connection as Nango's answer has it, byte for byte.
    # @param (see #get_token)
    # @return [String]
    # @raise [Error]
    def get_connection_json(provider_config_key:, connection_id:, force_refresh: false, include_refresh_token: false,
                            timeout: nil, headers: nil)
      fetch(:get_connection, provider_config_key, connection_id,
            force_refresh: force_refresh, include_refresh_token: include_refresh_token, timeout: timeout,
            headers: headers)
    end

    # The environment's connections, fetched page after page as they are asked for. Each that is
    # there all the while comes once, also where others are added. Where some are deleted between
    # two pages, others may not come: Nango pages by offset, so that they move onto a page that was
    # read already, and nothing tells.
    #
    #   client.list_connections(integration_id: "github").first(3)
    #   client.list_connections(tags: {tier: "gold"}) { |connection| … }
    #
    # Under a fiber scheduler walk through it with a block, `each`, `map`, `first` and the like:
    # `next` runs in a fiber of Ruby's own that makes its whole thread wait.
    #
    # @param page_size [Integer, nil] how many connections are fetched at once; default: 1000, at most 2000
    # @param timeout [Numeric, nil] seconds for each page
    # @param headers [Hash{String => String}, nil] to send along
    # @param filter any of connection_id, search, end_user_id, end_user_organization_id (texts), integration_id (a text
    #   or a list) and tags (a Hash)
    # @yieldparam connection [ConnectionSummary]
    # @return [Enumerator<ConnectionSummary>] without a block; it begins anew each time
    # @return [self] with a block
    # @raise [Error] when it is iterated
    def list_connections(page_size: nil, timeout: nil, headers: nil, **filter, &block)
      connections = Enumerator.new do |yielder|
        each_page(filter, page_size, CallOptions.new(timeout: timeout, headers: headers)) do |page|
          found = Record.parse_object(page)["connections"]
          Array(found).each { |fields| yielder << ConnectionSummary.new(fields) }
        end
      end
      return connections unless block

      connections.each(&block)
      self
    end

    # One list of connections as Nango's answer has it, byte for byte. Without a limit Nango sends
    # its first 10 000.
    # @param timeout [Numeric, nil] seconds
    # @param headers [Hash{String => String}, nil] to send along
    # @param filter as for {#list_connections}, and limit and page (numbers)
    # @return [String]
    # @raise [Error]
    def list_connections_json(timeout: nil, headers: nil, **filter)
      call(:list_connections, filter, CallOptions.new(timeout: timeout, headers: headers))
    end

    # Opens a connection before the first call, so that it finds one. It sends no key.
    # @param timeout [Numeric, nil] seconds, instead of the client's
    # @return [self]
    # @raise [Error] when the server cannot be reached
    def warm_up(timeout: nil)
      call(:warm_up, {}, CallOptions.new(timeout: timeout))
      self
    end

    # The oldest event that nobody took yet; see `events` of {#initialize}. "event" is "attempt"
    # (for each attempt of a call) or "warning"; nothing in it is a secret.
    # @return [Hash{String => Object}, nil] nil: there is none
    def next_event
      json = @handle.use { |client| Native.owned_text { Native.nango_client_next_event_json(client) } }
      json && Record.parse_object(json)
    end

    # Closes the connections that are kept. Calls that are running go on to their end; the next ones
    # raise {Error::InvalidArgument}. May be called again.
    # @return [nil]
    def close
      @handle.close
      nil
    end

    # Whether {#close} was called.
    def closed?
      @handle.closed?
    end

    # For a person; without the key.
    # @return [String]
    def inspect
      "#<#{self.class}#{" (closed)" if closed?}>"
    end
    alias to_s inspect

    # What Rails would make of an object is all that is in it.
    # @return [String]
    def as_json(*)
      inspect
    end

    private

    def fetch(operation, provider_config_key, connection_id, more = {}, **options)
      ids = {provider_config_key: Native.text(provider_config_key, :provider_config_key),
             connection_id: Native.text(connection_id, :connection_id)}
      call(operation, ids.merge(more), CallOptions.new(**options))
    end

    def call(operation, parameters, options)
      parameters = Parameters.json(parameters)
      CompletionQueue.result do |queue, error|
        @handle.use do |client|
          options.with_native do |native|
            Native.nango_queue_submit(queue, client, operation.name, parameters, native, 0, error)
          end
        end
      end
    end

    def each_page(filter, page_size, options)
      pager = new_pager(Parameters.json(filter), Native.integer(page_size || 0, :page_size, 32), options)
      loop do
        page = CompletionQueue.result do |queue, error|
          pager.use { |pointer| Native.nango_queue_submit_page(queue, pointer, 0, error) }
        end
        break if page.nil?

        yield page
      end
    ensure
      pager&.close
    end

    def new_pager(filter, page_size, options)
      pointer = @handle.use do |client|
        options.with_native do |native|
          Native.checked { |error| Native.nango_pager_new(client, filter, page_size, native, error) }
        end
      end
      Handle.new(pointer, Native.method(:nango_pager_free), "list")
    end
  end
end
