# frozen_string_literal: true

require_relative "test_helper"
require "securerandom"

# Runs every vector of tests/conformance; see the README there.
class ConformanceTest < Minitest::Test
  include Support

  RUN = "ruby-#{Process.pid}-#{SecureRandom.hex(4)}".freeze
  SKIPPED = Hash.new(0)
  RAN = Hash.new(0)
  FIELDS = %w[id connection_id provider_config_key provider errors end_user tags metadata connection_config
              webhook_url_override created_at updated_at last_fetched_at].freeze

  def self.vectors
    Dir[File.join(VECTORS, "*.json")].flat_map { |path| JSON.parse(File.read(path), max_nesting: false)["vectors"] }
  end

  vectors.each do |vector|
    kind = vector.fetch("kind", "call")
    if kind == "json_get"
      SKIPPED["json_get: Ruby has a JSON parser of its own"] += 1
      next
    end
    define_method("test_#{vector["name"].tr("-", "_")}") do
      RAN[kind] += 1
      send("run_#{kind}", vector)
    end
  end

  def test_there_are_vectors
    refute_empty self.class.vectors
    assert_operator self.class.instance_methods.grep(/\Atest_/).size, :>, 400
  end

  Minitest.after_run do
    ran = RAN.map { |kind, count| "#{count} #{kind}" }.join(", ")
    skipped = SKIPPED.map { |why, count| "#{count} (#{why})" }.join(", ")
    puts "conformance: ran #{ran.empty? ? "none" : ran}; skipped #{skipped}"
  end

  private

  def run_call(vector)
    expected = vector["expect"]
    client = nil
    act = lambda do
      client ||= vector_client(vector)
      (vector["calls"].to_i - 1).times { attempt { perform(client, vector["call"], expected) } }
      perform(client, vector["call"], expected)
    end
    return assert_error(expected["error"], &act) if expected["error"]

    result = act.call
    assert_equal expected["text"], result if expected.key?("text")
    assert_equal expected["token"], result if expected.key?("token")
    assert_equal_json expected["json"], result if expected.key?("json")
    assert_connection expected["connection"], result if expected.key?("connection")
  end

  def run_list(vector)
    expected = vector["expect"]
    ids = []
    walk = lambda do
      options = {page_size: vector["page_size"]}.compact.merge(symbols(vector["filter"] || {}))
      vector_client(vector).list_connections(**options) { |connection| ids << connection.connection_id }
    end
    expected["error"] ? assert_error(expected["error"], &walk) : walk.call
    assert_equal expected["connection_ids"], ids
  end

  def run_client(vector)
    make = -> { LibNango::Client.new(**symbols(vector["client"]), user_agent_suffix: nil) }
    expected = vector["expect"]["error"]
    expected ? assert_error(expected, &make) : make.call.close
  end

  def vector_client(vector)
    options = {secret_key: KEY, max_retries: 0, user_agent_suffix: nil}.merge(symbols(vector["client"] || {}))
    LibNango::Client.new(base_url: "#{env("NANGO_DEV_VECTORS_URL")}/#{RUN}/#{vector["name"]}", **options)
  end

  # The text where the text is expected, otherwise what Ruby makes of it.
  def perform(client, call, expected)
    options = call_options(call["options"] || {})
    operation = call["operation"]
    return client.list_connections_json(**symbols(call["filter"] || {}), **options) if operation == "list_connections"

    operation += "_json" if expected.key?("text")
    client.public_send(operation, provider_config_key: call["provider_config_key"],
                                  connection_id: call["connection_id"], **options)
  end

  def call_options(options)
    options = symbols(options)
    timeout = options.delete(:timeout_ms)
    options[:timeout] = timeout / 1000.0 if timeout
    options
  end

  def attempt
    yield
  rescue LibNango::Error
    # Only the last call is looked at.
  end

  def assert_connection(expected, result)
    connection = result.is_a?(String) ? LibNango::Connection.parse(result) : result
    assert_instance_of LibNango::Connection, connection
    expected.each do |name, value|
      next assert_credentials(value, connection.credentials) if name == "credentials"

      assert_includes FIELDS, name
      assert_equal_or_nil value, connection.public_send(name), name
    end
  end

  def assert_credentials(expected, credentials)
    assert_equal_or_nil expected["type"], credentials.type, "type"
    assert_equal_or_nil expected["expires_at"], credentials.expires_at, "expires_at"
    expected.each { |name, value| assert_equal_or_nil value, credentials[name], name }
  end

  def assert_error(expected, &)
    error = assert_raises(LibNango::Error, &)
    context = error.full_message(highlight: false)
    assert_equal expected["code"], error.code_name, context
    assert_equal expected["code"].downcase.to_sym, error.code
    assert_operator error.class, :<, LibNango::Error, "each code has a class"
    facts = {"http_status" => error.http_status, "api_code" => error.api_code, "retryable" => error.retryable?,
             "retry_after_ms" => milliseconds(error), "attempts" => error.attempts, "body_json" => error.body_json}
    facts.each { |name, value| assert_equal_or_nil expected[name], value, "#{name}: #{context}" if expected.key?(name) }
    assert_texts(expected, error)
  end

  def assert_texts(expected, error)
    Array(expected["message_contains"]).each { |text| assert_includes error.message, text }
    shown = [error.message, error.inspect, error.full_message]
    Array(expected["message_lacks"]).product(shown) { |text, place| refute_includes place, text }
    Array(expected["body_lacks"]).each { |text| refute_includes error.body.to_s, text }
  end

  def milliseconds(error)
    error.retry_after ? (error.retry_after * 1000).round : -1
  end

  def assert_equal_json(expected, result)
    result = result.is_a?(String) ? JSON.parse(result, max_nesting: false) : result.to_h
    assert_equal_or_nil expected, result
  end

  def assert_equal_or_nil(expected, actual, message = nil)
    expected.nil? ? assert_nil(actual, message) : assert_equal(expected, actual, message)
  end

  def symbols(hash)
    hash.transform_keys(&:to_sym)
  end
end
