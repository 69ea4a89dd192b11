# frozen_string_literal: true

require "yaml"
require_relative "test_helper"

# Only the methods that return secrets show them.
class SecretsTest < Minitest::Test
  include Support

  FIELDS = {
    "connection_id" => "c-1", "provider_config_key" => "gh", "provider" => "github",
    "metadata" => {"note" => "hush-5"}, "connection_config" => {"userCredentials" => "hush-3"},
    "new_field" => "hush-4",
    "credentials" => {"type" => "OAUTH2", "access_token" => "hush-1",
                      "expires_at" => "2026-08-21T11:00:00.000Z",
                      "raw" => {"access_token" => "hush-1", "refresh_token" => "hush-2"}}
  }.freeze

  def ways(object)
    no_method = assert_raises(NoMethodError) { object.nothing_like_it }
    [object.inspect, object.to_s, format("%p", object),
     capture_io { pp object, [{a: object}] }.first, JSON.generate([object]),
     no_method.message, no_method.full_message]
  end

  def assert_silent(object)
    ways(object).each { |shown| refute_match(/hush|#{KEY}/, shown) }
  end

  def test_connections_and_credentials
    connection = LibNango::Connection.parse(JSON.generate(FIELDS))
    assert_silent connection
    assert_silent connection.credentials
    assert_silent [connection, {a: connection.credentials}]
    assert_equal connection.inspect, connection.as_json
    assert_silent LibNango::ConnectionSummary.new(FIELDS)
    assert_equal '#<LibNango::Connection connection_id="c-1" provider_config_key="gh" ' \
                 'provider="github" credentials=#<LibNango::Credentials type="OAUTH2" ' \
                 'expires_at="2026-08-21T11:00:00.000Z" [REDACTED]>>',
                 connection.inspect
  end

  def test_clients
    client = LibNango::Client.new(secret_key: KEY)
    assert_silent client
    assert_equal "#<LibNango::Client>", client.inspect
    client.close
    assert_equal "#<LibNango::Client (closed)>", client.inspect
    refute_includes deep_inspect(client), KEY
  end

  def test_errors
    body = {error: {code: "x", message: "no", payload: {access_token: "hush-1"}}}
    answer = FakeServer.json(body, status: "400 No")
    FakeServer.open(answer) do |server|
      error = assert_raises(LibNango::Error::BadRequest) do
        client_of(server.url).get_token(**alice)
      end
      assert_silent error
      refute_includes error.body_json, "hush"
      refute_match(/hush|#{KEY}/, deep_inspect(error))
      refute_match(/hush|#{KEY}/, error.to_yaml)
      refute_match(/hush|#{KEY}/, Marshal.dump(error))
      assert_equal '{"error":{"code":"x","message":"no","payload":{"access_token":"hush-1"}}}',
                   error.reveal_body
      stored = Marshal.load(Marshal.dump(error))
      assert_equal [error.class, error.message], [stored.class, stored.message]
      assert_equal error.body_json, stored.body_json
      assert_nil stored.reveal_body
    end
  end

  def test_what_asks_for_secrets_gets_them
    connection = LibNango::Connection.parse(JSON.generate(FIELDS))
    assert_equal FIELDS, connection.to_h
    assert_equal "hush-1", connection.credentials[:access_token]
    assert_equal "hush-2", connection.credentials["raw"]["refresh_token"]
    assert_equal "hush-2", connection.dig("credentials", "raw", "refresh_token")
    assert_equal "hush-3", connection.connection_config["userCredentials"]
    assert_equal "hush-4", connection["new_field"]
  end

  def test_records_are_values
    one, other = Array.new(2) { LibNango::Connection.parse(JSON.generate(FIELDS)) }
    assert_equal one, other
    assert_equal one.hash, other.hash
    assert one.eql?(other)
    refute_equal one, LibNango::ConnectionSummary.new(FIELDS)
    refute_equal one, LibNango::Connection.new({"connection_id" => "c-2"})
    assert_raises(FrozenError) { one.to_h["x"] = 1 }
    assert_raises(FrozenError) { one.credentials["raw"]["x"] = 1 }
  end

  def test_what_is_missing_is_nil_or_empty
    connection = LibNango::Connection.new({"created_at" => "yesterday"})
    assert_equal [[], {}], [connection.errors, connection.tags]
    assert_equal [nil, nil], [connection.id, connection.last_fetched_at_time]
    assert_equal ["yesterday", nil], [connection.created_at, connection.created_at_time]
    assert_predicate connection.credentials, :empty?
    assert_nil connection.credentials.type
    assert_equal Time.utc(2026, 1, 2, 3, 4, 5), LibNango::ConnectionSummary.new(
      {"created" => "2026-01-02T03:04:05+00:00"}
    ).created_time
  end

  private

  # Returns an object's instance variables, as a debugger would show them.
  def deep_inspect(object)
    object.instance_variables.map { |name| object.instance_variable_get(name).inspect }.join
  end
end
