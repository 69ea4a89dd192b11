# frozen_string_literal: true

require_relative "test_helper"
require "securerandom"

# Runs every vector of tests/conformance; the README there describes them.
class ConformanceTest < Minitest::Test
  include Support

  RUN = "ruby-#{Process.pid}-#{SecureRandom.hex(4)}".freeze
  SKIPPED = Hash.new(0)
  RAN = Hash.new(0)
  FIELDS = %w[id connection_id provider_config_key provider metadata connection_config
              webhook_url_override created_at updated_at last_fetched_at created].freeze

  def self.vectors
    Dir[File.join(VECTORS, "*.json")].flat_map do |path|
      JSON.parse(File.read(path), max_nesting: false)["vectors"]
    end
  end

  vectors.each do |vector|
    kind = vector.fetch("kind", "call")
    if kind == "json_get"
      SKIPPED["json_get: Ruby uses its own JSON parser"] += 1
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
    assert_token_of_connection(vector)
    result = expected["error"] ? assert_error(expected["error"], &act) : act.call
    assert_silent(vector, client, result)
    assert_result(expected, result)
  end

  def assert_result(expected, result)
    assert_equal expected["text"], result if expected.key?("text")
    assert_equal expected["token"], result if expected.key?("token")
    assert_equal_json expected["json"], result if expected.key?("json")
    assert_connection expected["connection"], result if expected.key?("connection")
  end

  def run_list(vector)
    expected = vector["expect"]
    seen = []
    walk = lambda do
      options = {page_size: vector["page_size"]}.compact.merge(symbols(vector["filter"] || {}))
      vector_client(vector).list_connections(**options) { |connection| seen << connection }
    end
    expected["error"] ? assert_error(expected["error"], &walk) : walk.call
    assert_equal expected["connection_ids"], seen.map(&:connection_id)
    assert_views(expected["connections"] || [], seen)
  end

  def run_client(vector)
    make = -> { LibNango::Client.new(**symbols(vector["client"]), user_agent_suffix: nil) }
    expected = vector["expect"]["error"]
    expected ? assert_error(expected, &make) : make.call.close
  end

  def vector_client(vector, run = RUN)
    options = {secret_key: KEY, max_retries: 0, user_agent_suffix: nil, events: 64,
               **symbols(vector["client"] || {})}
    url = "#{env("NANGO_DEV_VECTORS_URL")}/#{run}/#{vector["name"]}"
    if (server = options.delete(:server))
      url = env(server)
      options.merge!(tls_roots: :custom_only, ca_pem: File.read(env("NANGO_DEV_CA_FILE")))
    end
    LibNango::Client.new(base_url: url, **options)
  end

  # Neither the key nor any value under `credentials` in an answer appears in what a call shows.
  def assert_silent(vector, client, result)
    return unless client

    shown = [client.inspect]
    shown << result.inspect unless result.is_a?(String)
    if result.is_a?(LibNango::Error)
      shown += [result.message, result.full_message, result.body_json.to_s]
    end
    while (event = client.next_event)
      shown << event.inspect
    end
    secrets(vector).product(shown) { |secret, text| refute_includes text, secret }
  end

  def secrets(vector)
    answers = Array(vector["exchanges"]).map { |exchange| exchange["response"]["body"] }
    [vector.dig("client", "secret_key") || KEY,
     *answers.flat_map { |answer| texts(answer, inside: false) }]
  end

  def texts(value, inside:)
    case value
    when String then [value].select { inside && value.size >= 8 }
    when Array then value.flat_map { |element| texts(element, inside:) }
    when Hash then members(value, inside)
    else []
    end
  end

  def members(hash, inside)
    hash.except("type", "expires_at")
        .flat_map { |name, member| texts(member, inside: inside || name == "credentials") }
  end

  # Returns the JSON text if the vector expects a text, otherwise the Ruby object.
  def perform(client, call, expected)
    options = call_options(call["options"] || {})
    operation = call["operation"]
    if operation == "list_connections"
      return client.list_connections_json(**symbols(call["filter"] || {}), **options)
    end

    operation += "_json" if expected.key?("text")
    options[:refused_token] = call["refused_token"] if operation == "replace_token"
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
    # Only the last call is checked.
  end

  def assert_connection(expected, result)
    connection = result.is_a?(String) ? LibNango::Connection.parse(result) : result
    assert_instance_of LibNango::Connection, connection
    expected.each { |name, value| assert_member(name, value, connection) }
  end

  def assert_views(expected, summaries)
    expected.zip(summaries) do |members, summary|
      assert_instance_of LibNango::ConnectionSummary, summary
      members.each { |name, value| assert_member(name, value, summary) }
    end
  end

  def assert_member(name, value, connection) # rubocop:disable Metrics/CyclomaticComplexity
    case name
    when "errors" then assert_equal value, errors_view(connection), name
    when "end_user" then assert_equal_or_nil value, end_user_view(connection.end_user), name
    when "tags" then assert_equal value, connection.tags, name
    when "credentials" then assert_credentials(value, connection.credentials)
    when "credential_names" then assert_credential_names(value, connection.credentials)
    when "single_token" then assert_single_token(value, connection.credentials)
    when "other" then assert_other(value, connection)
    else
      assert_includes FIELDS, name
      assert_equal_or_nil value, connection.public_send(name), name
    end
  end

  def errors_view(connection)
    connection.errors.map { |error| {"type" => error.type, "log_id" => error.log_id} }
  end

  def end_user_view(user)
    user && {"id" => user.id, "display_name" => user.display_name, "email" => user.email,
             "tags" => user.tags, "organization" => organization_view(user.organization)}
  end

  def organization_view(organization)
    organization && {"id" => organization.id, "display_name" => organization.display_name}
  end

  def assert_other(expected, connection)
    expected.each do |name, value|
      assert_equal_or_nil value, connection[name], "other.#{name}"
      assert_includes connection.to_h.keys, name
    end
  end

  def assert_credentials(expected, credentials)
    assert_equal_or_nil expected["type"], credentials.type, "type"
    assert_equal_or_nil expected["expires_at"], credentials.expires_at, "expires_at"
    expected.each { |name, value| assert_equal_or_nil value, credentials[name], name }
    {access_token: "access_token", refresh_token: "refresh_token", token: "token",
     api_key: "apiKey", username: "username", password: "password", oauth_token: "oauth_token",
     oauth_token_secret: "oauth_token_secret"}.each do |reader, name|
      value = credentials[name]
      assert_equal_or_nil (value if value.is_a?(String)), credentials.public_send(reader), reader
    end
  end

  def assert_credential_names(expected, credentials)
    assert_equal expected, credentials.to_h.keys.sort
    assert_equal expected.empty?, credentials.empty?
  end

  # `expected` is a string, or {"error" => its code}.
  def assert_single_token(expected, credentials)
    return assert_equal(expected, credentials.single_token) if expected.is_a?(String)

    error = assert_raises(LibNango::Error) { credentials.single_token }
    assert_equal expected["error"], error.code_name
  end

  # If a vector expects a token, or that there is none, fetches the connection and checks that its
  # credentials give the same result.
  def assert_token_of_connection(vector)
    call, expected = vector.values_at("call", "expect")
    code = expected.dig("error", "code")
    return if call["operation"] != "get_token" || vector["calls"]
    return unless expected["token"] || %w[NO_SINGLE_TOKEN NO_CREDENTIALS].include?(code)

    client = vector_client(vector, "#{RUN}-of-connection")
    ids = {provider_config_key: call["provider_config_key"], connection_id: call["connection_id"]}
    connection = client.get_connection(**ids, **call_options(call["options"] || {}))
    assert_single_token(expected["token"] || {"error" => code}, connection.credentials)
  end

  def assert_error(expected, &)
    error = assert_raises(LibNango::Error, &)
    context = error.full_message(highlight: false)
    assert_equal expected["code"], error.code_name, context
    assert_equal expected["code"].downcase.to_sym, error.code
    assert_operator error.class, :<, LibNango::Error, "each code has a class"
    facts = {"http_status" => error.http_status, "api_code" => error.api_code,
             "retryable" => error.retryable?, "retry_after_ms" => milliseconds(error),
             "attempts" => error.attempts,
             "body_json" => error.body, "reveal_body" => error.reveal_body}
    facts.each do |name, value|
      assert_equal_or_nil expected[name], value, "#{name}: #{context}" if expected.key?(name)
    end
    expected["headers"]&.each do |name, value|
      assert_equal_or_nil value, error.header(name), "#{name}: #{context}"
    end
    assert_texts(expected, error)
    error
  end

  def assert_texts(expected, error)
    Array(expected["message_contains"]).each { |text| assert_includes error.message, text }
    shown = [error.message, error.inspect, error.full_message]
    Array(expected["message_lacks"]).product(shown) { |text, place| refute_includes place, text }
    Array(expected["body_lacks"]).each { |text| refute_includes error.body_json.to_s, text }
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
