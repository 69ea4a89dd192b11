# frozen_string_literal: true

module LibNango
  # A client of one Nango environment. Create one for each secret key and keep it: it reuses
  # connections and never stores a token. Any number of threads may use it at once. After a fork,
  # parent and child can both keep using it.
  #
  #   client = LibNango::Client.new(secret_key: ENV.fetch("NANGO_SECRET_KEY"))
  #   token = client.get_token(provider_config_key: "github", connection_id: "alice")
  #
  # A call blocks only its own fiber, or its own thread if there is no fiber scheduler. It always
  # ends within its timeout. Timeout.timeout, Thread#kill, Thread#raise and Ctrl-C end it at once.
  # Every call raises {Error} if it fails.
  #
  # JSON is returned byte for byte as Nango sent it, except that an unpaired surrogate (`\ud800`)
  # becomes `\ufffd`. An answer that is not JSON, or is nested more than 512 levels deep, raises
  # {Error::InvalidResponse}.
  #
  # A client cannot be copied: `dup`, `clone`, `Ractor.new(client)`, `Ractor.make_shareable`,
  # `Marshal.dump` and `to_yaml` raise TypeError.
  class Client
    include Operations
    include Uncopyable

    # A client with the key and the server from the environment variables: NANGO_API_KEY, then
    # NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT.
    # @param options the options of {#initialize}; they take precedence over the environment
    # @return [Client]
    # @raise [Error::InvalidArgument] if there is no key
    def self.from_env(**options)
      new(**options, from_env: true)
    end

    # <generated initialize>

    # Creates a client without sending anything. An option that is nil keeps its default. Times are
    # in seconds and may have a fraction.
    # @param base_url [String, nil] the server; default: https://api.nango.dev
    # @param secret_key [String, nil] the secret key of a Nango environment
    # @param timeout [Numeric, nil] for a whole call, with its retries and the waits between them;
    #   default: 60
    # @param connect_timeout [Numeric, nil] for resolving the host name, connecting and the TLS
    #   handshake; default: 10
    # @param attempt_timeout [Numeric, nil] for one attempt, connecting included; default: 30
    # @param max_retries [Integer, nil] how often a call is retried where that is safe and may
    #   help; default: 2
    # @param max_retry_wait [Numeric, nil] the longest wait for a retry; if the server asks for
    #   more, the call fails at once; default: 5
    # @param connect_retry [Numeric, nil] how long to try again while the server cannot be
    #   reached; 0 disables it; default: 5
    # @param idle_timeout [Numeric, nil] how long a connection may be idle before it is closed;
    #   default: 50
    # @param idle_connections [Integer, nil] how many idle connections are kept for later calls;
    #   default: 8
    # @param max_connections [Integer, nil] how many connections may be open at once; further
    #   calls wait, within their timeouts; default: 256, or half of the process's limit of file
    #   descriptors if that is less
    # @param max_response_bytes [Integer, nil] the longest answer that is read; default: 67108864
    #   (64 MiB)
    # @param user_agent_suffix [String, nil] names the program in the User-Agent header, such as
    #   "my-service/1.2"; default: this gem
    # @param proxy [String, nil] the proxy's URL; empty disables it; default: from the environment
    #   variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, read once per process; none for
    #   loopback addresses
    # @param tls_roots [Symbol, nil] which certificate authorities are trusted: `:platform`,
    #   `:bundled` (Mozilla's) or `:custom_only` (only `ca_pem`)
    # @param ca_pem [String, Array<String>, nil] further certificate authorities to trust
    # @param client_identity_pem [String, nil] the certificate chain and the private key to
    #   present to the server
    # @param plural_routes [Boolean, nil] use the routes under /connections, for a server without
    #   the old ones; default: false, which every version of Nango understands
    # @param events [Integer, nil] how many events are kept for {#next_event}; default: 0, none
    # @param logger [Logger, nil] where to log each attempt of a call: at level debug if it
    #   succeeds, and at level warn if it fails. It takes the events that `next_event` would return
    # @param from_env [Boolean] take the key and the server from the environment
    # @raise [Error::InvalidArgument]
    def initialize(base_url: nil, secret_key: nil, timeout: nil, connect_timeout: nil,
                   attempt_timeout: nil, max_retries: nil, max_retry_wait: nil, connect_retry: nil,
                   idle_timeout: nil, idle_connections: nil, max_connections: nil,
                   max_response_bytes: nil, user_agent_suffix: "libnango-ruby/#{VERSION}",
                   proxy: nil, tls_roots: nil, ca_pem: nil, client_identity_pem: nil,
                   plural_routes: nil, events: nil, logger: nil, from_env: false)
      events ||= Instrumentation::EVENTS if logger
      pointer = ClientOptions.make_client(
        from_env: from_env, base_url: base_url, secret_key: secret_key, timeout: timeout,
        connect_timeout: connect_timeout, attempt_timeout: attempt_timeout,
        max_retries: max_retries, max_retry_wait: max_retry_wait, connect_retry: connect_retry,
        idle_timeout: idle_timeout, idle_connections: idle_connections,
        max_connections: max_connections, max_response_bytes: max_response_bytes,
        user_agent_suffix: user_agent_suffix, proxy: proxy, tls_roots: tls_roots, ca_pem: ca_pem,
        client_identity_pem: client_identity_pem, plural_routes: plural_routes, events: events
      )
      @handle = Handle.new(pointer, Native.method(:nango_client_free), "client")
      @logger = logger
      log_events
    end
    # </generated>

    # <generated operations>

    # Fetches a connection with its credentials. Nango first refreshes the token if it expires soon.
    # Call it just before you use the token, and do not store the result. A key without the scope
    # environment:connections:read_credentials gets no credentials.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param force_refresh [Boolean] forces a refresh even if the token is still valid. Nango
    #   returns the old token if the request coincides with a plain read of the connection
    # @param include_refresh_token [Boolean] includes refresh tokens in the answer
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Connection]
    # @raise [Error]
    def get_connection(provider_config_key:, connection_id:, force_refresh: false,
                       include_refresh_token: false, timeout: nil, headers: nil)
      Connection.parse(
        get_connection_json(
          provider_config_key: provider_config_key, connection_id: connection_id,
          force_refresh: force_refresh, include_refresh_token: include_refresh_token,
          timeout: timeout, headers: headers
        )
      )
    end

    # Like {#get_connection}, but returns the JSON, byte for byte as Nango sent it.
    # @param (see #get_connection)
    # @return [String]
    # @raise [Error]
    def get_connection_json(provider_config_key:, connection_id:, force_refresh: false,
                            include_refresh_token: false, timeout: nil, headers: nil)
      fetch(
        :get_connection, provider_config_key, connection_id,
        force_refresh: force_refresh, include_refresh_token: include_refresh_token,
        timeout: timeout, headers: headers
      )
    end

    # Fetches the one token of a connection: the text that goes after "Bearer", or the API key.
    # Nango first refreshes the token if it expires soon. Call it just before each use, and do not
    # store the result.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param force_refresh [Boolean] forces a refresh even if the token is still valid. Nango
    #   returns the old token if the request coincides with a plain read of the connection
    # @param include_refresh_token [Boolean] includes refresh tokens in the answer
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [String] frozen
    # @raise [Error::NoCredentials] if there are no credentials, or the key may not read them
    # @raise [Error::NoSingleToken] for credentials that have no single token, such as BASIC and
    #   OAUTH1; use {Client#get_credentials} for these
    # @raise [Error]
    def get_token(provider_config_key:, connection_id:, force_refresh: false,
                  include_refresh_token: false, timeout: nil, headers: nil)
      fetch(
        :get_token, provider_config_key, connection_id,
        force_refresh: force_refresh, include_refresh_token: include_refresh_token,
        timeout: timeout, headers: headers
      ).freeze
    end

    # Fetches the credentials of a connection, of any type. Nango first refreshes the token if it
    # expires soon.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param force_refresh [Boolean] forces a refresh even if the token is still valid. Nango
    #   returns the old token if the request coincides with a plain read of the connection
    # @param include_refresh_token [Boolean] includes refresh tokens in the answer
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [Credentials]
    # @raise [Error::NoCredentials] if there are none, or the key may not read them
    # @raise [Error]
    def get_credentials(provider_config_key:, connection_id:, force_refresh: false,
                        include_refresh_token: false, timeout: nil, headers: nil)
      Credentials.parse(
        get_credentials_json(
          provider_config_key: provider_config_key, connection_id: connection_id,
          force_refresh: force_refresh, include_refresh_token: include_refresh_token,
          timeout: timeout, headers: headers
        )
      )
    end

    # Like {#get_credentials}, but returns the JSON, byte for byte as Nango sent it.
    # @param (see #get_credentials)
    # @return [String]
    # @raise [Error]
    def get_credentials_json(provider_config_key:, connection_id:, force_refresh: false,
                             include_refresh_token: false, timeout: nil, headers: nil)
      fetch(
        :get_credentials, provider_config_key, connection_id,
        force_refresh: force_refresh, include_refresh_token: include_refresh_token,
        timeout: timeout, headers: headers
      )
    end

    # Fetches a token to replace one that the provider refused, with 401 for example. It reads the
    # connection, and makes Nango refresh the token if it is still the refused one. Concurrent calls
    # of one client that replace the same token of a connection share one refresh, and each keeps
    # its own timeout. No token is kept after that. Nango answers a forced refresh with the old
    # token if the refresh coincides with another read of the connection, so the call forces up to
    # three refreshes, 0.5 s and 1 s apart, within its timeout.
    # @param provider_config_key [String] the integration's unique key
    # @param connection_id [String] the connection's id
    # @param refused_token [String] the token that the provider refused
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [String] frozen
    # @raise [Error::InvalidArgument] if a call option forces a refresh or asks for the refresh
    #   token
    # @raise [Error::TokenNotReplaced] if none of the refreshes returned another token, or if
    #   Nango does not refresh this type of credentials (API_KEY and others, and OAUTH2 without a
    #   refresh token), so that no refresh was forced
    # @raise [Error]
    def replace_token(provider_config_key:, connection_id:, refused_token:, timeout: nil,
                      headers: nil)
      secrets = {refused_token: Native.text(refused_token, :refused_token)}
      fetch(
        :replace_token, provider_config_key, connection_id, secrets,
        timeout: timeout, headers: headers
      ).freeze
    end

    # </generated>

    # Lists the environment's connections and fetches each page only when it is needed. Connections
    # that exist during the whole iteration are returned exactly once, even if others are added. If
    # connections are deleted between two pages, others may be missed: Nango pages by offset, so
    # they move to a page that was already read, and nothing reports it.
    #
    #   client.list_connections(integration_id: "github").first(3)
    #   client.list_connections(tags: {tier: "gold"}) { |connection| … }
    #
    # Under a fiber scheduler, iterate with a block, `each`, `map`, `first` or similar. `next` runs
    # in a fiber that Ruby creates, which blocks the whole thread.
    #
    # @param page_size [Integer, nil] how many connections a page has; default: 1000, at most 2000
    # @param timeout [Numeric, nil] seconds for each page
    # @param headers [Hash{String => String}, nil] further headers to send
    # @param filter any of connection_id, search, end_user_id, end_user_organization_id (strings),
    #   integration_id (a string or a list) and tags (a Hash)
    # @yieldparam connection [ConnectionSummary]
    # @return [Enumerator<ConnectionSummary>] without a block; each iteration fetches the list again
    # @return [self] with a block
    # @raise [Error] during the iteration
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

    # Returns the JSON of one list of connections, byte for byte as Nango sent it. Without a limit,
    # Nango sends the first 10 000.
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send
    # @param filter as for {#list_connections}, and limit and page (numbers)
    # @return [String]
    # @raise [Error]
    def list_connections_json(timeout: nil, headers: nil, **filter)
      call(:list_connections, filter, CallOptions.new(timeout: timeout, headers: headers))
    end

    # Calls any operation of Nango's API, by the names in docs/OPERATIONS.md.
    #
    #   session = JSON.parse(client.call_json(:create_connect_session, tags: {user: "u-1"}))
    #   session["connect_link"]
    #
    # A parameter that is unknown, missing or of the wrong type is an error before anything is sent.
    # A newer server may have parameters that this version does not know: every operation takes
    # `extra`, a Hash with any of query, headers and body. The operation `request` sends any
    # request.
    #
    # @param operation [String, Symbol] the name of the operation
    # @param params [Hash] its parameters by name
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @param headers [Hash{String => String}, nil] further headers to send, such as "traceparent"
    # @return [String] the result, byte for byte as Nango sent it; for get_token and replace_token,
    #   the token itself
    # @raise [Error]
    def call_json(operation, params = {}, timeout: nil, headers: nil, **more)
      name = Native.text(operation, :operation).to_sym
      call(name, params.merge(more), CallOptions.new(timeout: timeout, headers: headers))
    end

    # Opens a connection in advance, so that the first call can reuse it. It sends no key.
    # @param timeout [Numeric, nil] seconds for this call, in place of the client's timeout
    # @return [self]
    # @raise [Error] if the server cannot be reached
    def warm_up(timeout: nil)
      call(:warm_up, {}, CallOptions.new(timeout: timeout))
      self
    end

    # What is unsafe about the client's configuration, such as a base URL with plain HTTP. Log it
    # when the program starts.
    # @return [String, nil] nil if nothing is known to be unsafe
    def warning
      @handle.use { |client| Native.utf8(Native.nango_client_warning(client)) }
    end

    # Removes and returns the oldest event that is kept; see `events` of {#initialize}. Its "event"
    # is "attempt" (one for each attempt of a call) or "warning". An event holds no secret.
    # @return [Hash{String => Object}, nil] nil if there is none
    def next_event
      json = @handle.use do |client|
        Native.owned_text { Native.nango_client_next_event_json(client) }
      end
      json && Record.parse_object(json)
    end

    # Closes the client and its idle connections. Calls that wait raise {Error::Closed} at once, and
    # so do later calls. Closing it again does nothing.
    # @return [nil]
    def close
      @handle.close
      nil
    end

    # Returns whether {#close} was called.
    def closed?
      @handle.closed?
    end

    # A readable description, without the key.
    # @return [String]
    def inspect
      "#<#{self.class}#{" (closed)" if closed?}>"
    end
    alias to_s inspect

    # Rails' default `as_json` would dump every field; this returns what {#inspect} does.
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

    # Calls an operation without the parameters that are nil.
    def call_named(operation, parameters, **options)
      call(operation, parameters.compact, CallOptions.new(**options))
    end

    def call(operation, parameters, options)
      json = Parameters.json(parameters)
      wait(operation, parameters) do |queue, error|
        @handle.use do |client|
          options.with_native do |native|
            Native.nango_queue_submit(queue, client, operation.name, json, native, 0, error)
          end
        end
      end
    end

    # Submits a call with the block, and waits for it.
    def wait(operation, parameters, &submit) # rubocop:disable Naming/BlockForwarding
      # Ruby 3.3 has no anonymous block inside a block.
      Instrumentation.call(operation, parameters) do
        CompletionQueue.result(@handle, &submit) # rubocop:disable Naming/BlockForwarding
      end
    ensure
      log_events
    end

    # Logs the events so far. A closed client has none.
    def log_events
      return if @logger.nil? || closed?

      while (event = next_event)
        Instrumentation.log(@logger, event)
      end
    rescue Error::Closed
      # Another thread closed the client.
    end

    def each_page(filter, page_size, options)
      filter = Parameters.json(filter)
      pager = new_pager(filter, Native.integer(page_size || 0, :page_size, 32), options)
      loop do
        page = wait(:list_connections, {}) do |queue, error|
          @handle.use do
            pager.use { |pointer| Native.nango_queue_submit_page(queue, pointer, 0, error) }
          end
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
          Native.checked do |error|
            Native.nango_pager_new(client, "list_connections", filter, page_size, native, error)
          end
        end
      end
      Handle.new(pointer, Native.method(:nango_pager_free), "list")
    end
  end
end
