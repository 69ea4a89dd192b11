# frozen_string_literal: true

require_relative "test_helper"

# The main functions of a client, against nango-dev.
class ClientTest < Minitest::Test
  include Support

  def api(token)
    uri = URI(env("NANGO_DEV_PROVIDER_URL"))
    Net::HTTP.get_response(uri, "Authorization" => "Bearer #{token}").code
  end

  def test_a_refused_token_is_replaced
    client = new_client
    token = client.replace_token(**bob, refused_token: "another")
    assert_equal "at-bob", token
    assert_predicate token, :frozen?
    carol = {provider_config_key: "stripe-key", connection_id: "carol"}
    error = assert_raises(LibNango::Error::TokenNotReplaced) do
      client.replace_token(**carol, refused_token: "sk_dev_carol")
    end
    assert_equal [52, :token_not_replaced, false], [error.number, error.code, error.retryable?]
    refute_includes error.full_message, "sk_dev_carol"
    assert_equal "sk_dev_carol", client.replace_token(**carol, refused_token: "a \"quoted\" one\\")
  end

  def test_a_token_that_works
    token = new_client.get_token(**alice)
    assert_predicate token, :frozen?
    assert_equal Encoding::UTF_8, token.encoding
    assert_equal "200", api(token)
  end

  def test_a_forced_refresh_gives_another_token
    client = new_client
    before = client.get_token(**alice)
    after = client.get_token(**alice, force_refresh: true)
    refute_equal before, after
    assert_equal %w[401 200], [api(before), api(after)]
  end

  def test_a_connection
    connection = new_client.get_connection(**bob)
    assert_equal %w[bob github github],
                 [connection.connection_id, connection.provider_config_key, connection.provider]
    assert_kind_of Integer, connection.id
    assert_equal "Bob", connection.end_user["display_name"]
    assert_equal "Acme", connection.dig(:end_user, "organization", "display_name")
    assert_equal [], connection.errors
    assert_equal "OAUTH2", connection.credentials.type
    assert_equal "at-bob", connection.credentials["access_token"]
    assert_nil connection.credentials["refresh_token"]
    assert_in_delta Time.now, connection.last_fetched_at_time, 60
    assert_operator connection.credentials.expires_at_time, :>, Time.now
  end

  def test_a_refresh_token_on_request
    connection = new_client.get_connection(**bob, include_refresh_token: true)
    assert_equal "rt-bob", connection.credentials["refresh_token"]
  end

  def test_credentials_of_other_types
    client = new_client
    assert_equal "sk_dev_carol",
                 client.get_token(provider_config_key: "stripe-key", connection_id: "carol")
    dave = {provider_config_key: "basic-auth", connection_id: "dave"}
    assert_raises(LibNango::Error::NoSingleToken) { client.get_token(**dave) }
    credentials = client.get_credentials(**dave)
    assert_equal %w[BASIC dave hunter2],
                 [credentials.type, credentials["username"], credentials["password"]]
    assert_equal credentials.to_h, JSON.parse(client.get_credentials_json(**dave))
  end

  def test_connections_that_cannot_be_refreshed
    assert_raises(LibNango::Error::ReconnectRequired) do
      new_client.get_token(provider_config_key: "github", connection_id: "broken")
    end
    error = assert_raises(LibNango::Error) do
      new_client.get_token(provider_config_key: "github", connection_id: "flaky")
    end
    assert_includes [LibNango::Error::RefreshFailed, LibNango::Error::RefreshBackoff], error.class
    assert_kind_of Hash, error.body
    assert_equal error.body, JSON.parse(error.body_json)
  end

  def test_a_list_in_pages
    client = new_client
    all = JSON.parse(client.list_connections_json)["connections"]
    listed = client.list_connections(page_size: 2)
    assert_instance_of Enumerator, listed
    2.times { assert_equal all, listed.map(&:to_h) }
    seen = []
    assert_same client, (client.list_connections(page_size: 3) { |connection| seen << connection })
    assert_equal all, seen.map(&:to_h)
    assert_instance_of LibNango::ConnectionSummary, seen.first
    assert_instance_of Time, seen.first.created_time
  end

  def test_a_filtered_list
    listed = new_client.list_connections(integration_id: %w[stripe-key basic-auth])
    assert_equal %w[carol dave], listed.map(&:connection_id).sort
    listed = new_client.list_connections(tags: {end_user_id: "alice"})
    assert_equal ["alice"], listed.map(&:connection_id)
  end

  def test_pages_are_fetched_as_they_are_asked_for
    pages = lambda do |head|
      FakeServer.json({connections: [{connection_id: "c-#{head[/page=(\d+)/, 1]}"}]})
    end
    FakeServer.open(pages) do |server|
      listed = client_of(server.url).list_connections(page_size: 1)
      assert_empty server.requests
      assert_equal %w[c-0 c-1], listed.first(2).map(&:connection_id)
      assert_equal 2, server.requests.size
      assert_equal %w[c-0 c-1 c-2], Array.new(3) { listed.next.connection_id }
      assert_equal 5, server.requests.size
      assert_equal %w[c-0 c-1 c-2], listed.lazy.map(&:connection_id).first(3)
      client_of(server.url).list_connections(page_size: 1) { break }
      assert_equal 9, server.requests.size
    end
  end

  def test_what_is_sent
    FakeServer.open(FakeServer.json({})) do |server|
      client = client_of("#{server.url}/prefix", plural_routes: true)
      client.get_connection(**alice, headers: {"Traceparent" => "00-1", request_id: "r-1"})
      head = server.requests.fetch(0)
      assert_includes head, "GET /prefix/connections/alice?provider_config_key=github HTTP/1.1\r\n"
      assert_match(/^authorization: Bearer #{KEY}\r$/i, head)
      assert_match(/^traceparent: 00-1\r$/i, head)
      assert_match(/^request_id: r-1\r$/i, head)
      assert_match(%r{^user-agent: .*libnango-ruby/#{LibNango::VERSION}}i, head)
    end
  end

  def test_connections_are_kept_warm
    FakeServer.open(FakeServer.json({})) do |server|
      client = client_of(server.url)
      20.times { client.get_connection(**alice) }
      assert_equal 1, server.connections
      client.close
    end
  end

  def test_warm_up
    client = new_client
    assert_same client, client.warm_up
  end

  def test_events
    client = new_client(events: 4)
    assert_nil client.next_event
    client.get_token(**bob)
    event = client.next_event
    assert_equal ["attempt", "get_token", 1, nil],
                 event.values_at("event", "operation", "attempt", "error")
    assert_nil client.next_event
  end

  def test_from_env
    assert_equal "at-bob", LibNango::Client.from_env.get_token(**bob)
    client = LibNango::Client.from_env(base_url: "http://127.0.0.1:1", max_retries: 0)
    assert_raises(LibNango::Error::Connect) { client.get_token(**bob) }
    kept = ENV.to_h.slice("NANGO_SECRET_KEY", "NANGO_API_KEY")
    kept.each_key { |name| ENV.delete(name) }
    error = assert_raises(LibNango::Error::InvalidArgument) { LibNango::Client.from_env }
    assert_includes error.message, "NANGO_API_KEY"
  ensure
    ENV.update(kept) if kept
  end

  def test_a_timeout_of_the_librarys_own
    FakeServer.open do |server|
      error = nil
      seconds = elapsed do
        error = assert_raises(LibNango::Error::Timeout) do
          client_of(server.url).get_token(**alice, timeout: 0.2)
        end
      end
      assert_in_delta 0.2, seconds, 0.15
      assert_equal :timeout, error.code
    end
    FakeServer.open do |server|
      assert_raises(LibNango::Error::Timeout) do
        client_of(server.url, timeout: 0.1).list_connections.first
      end
    end
  end

  def test_hints
    error = assert_raises(LibNango::Error::ReconnectRequired) do
      new_client.get_token(provider_config_key: "github", connection_id: "broken")
    end
    assert_predicate error, :suggests_reconnect?
    assert_equal "Send the user through a reconnect session.", error.advice
    connection = new_client.list_connections(connection_id: "broken").first
    assert_equal connection.errors.map(&:type).include?("auth"), connection.auth_error?
    assert_nil new_client.warning
    assert_includes client_of("http://nango.internal").warning, "use https"
  end

  def test_the_facts_of_an_error
    headers = "Retry-After: 3\r\nX-RateLimit-Remaining: 0\r\nX-Else: 1\r\n"
    body = {error: {code: "too_many_request", message: "slow down"}}
    answer = FakeServer.json(body, status: "429 Too Many Requests", headers: headers)
    FakeServer.open(answer) do |server|
      error = assert_raises(LibNango::Error::RateLimited) do
        client_of(server.url).get_token(**alice)
      end
      assert_equal [:rate_limited, "RATE_LIMITED", 44, 429, 4.0, 1],
                   [error.code, error.code_name, error.number, error.http_status, error.retry_after,
                    error.attempts]
      assert_predicate error, :retryable?
      assert_equal "3", error.header("retry-after")
      assert_equal "0", error.header("X-RateLimit-Remaining")
      assert_nil error.header("x-else")
      assert_equal "slow down", error.body.dig("error", "message")
    end
  end

  def test_an_error_says_where_the_call_was_made
    client = client_of("http://127.0.0.1:1")
    error = assert_raises(LibNango::Error::Connect) { client.get_token(**alice) }
    here = "#{__FILE__}:#{__LINE__ - 1}:"
    assert(error.backtrace.any? { |line| line.start_with?(here) }, error.backtrace.join("\n"))
  end

  def test_errors_can_be_made_for_tests_of_ones_own
    error = LibNango::Error::RateLimited.new("slow down", retry_after: 1.5, retryable: true)
    assert_equal [:rate_limited, 44, 1.5, true, "slow down"],
                 [error.code, error.number, error.retry_after, error.retryable?, error.message]
    assert_equal "LibNango::Error::NotFound", LibNango::Error::NotFound.new.message
    assert_equal error.message, Marshal.load(Marshal.dump(error)).message
    assert_equal :unknown, LibNango::Error.new("x").code
  end
end
