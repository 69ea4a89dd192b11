# frozen_string_literal: true

require_relative "test_helper"
require "logger"
require "stringio"

# What a client logs, and what it tells ActiveSupport::Notifications.
class InstrumentationTest < Minitest::Test
  include Support

  def logged(level = Logger::DEBUG, **options)
    output = StringIO.new
    client = yield options.merge(logger: Logger.new(output, level: level))
    client.close
    output.string
  end

  def test_attempts_are_logged
    busy = FakeServer.json({}, status: "503 Service Unavailable")
    FakeServer.open(busy) do |server|
      log = logged do |options|
        client = client_of(server.url, **options, max_retries: 1)
        assert_raises(LibNango::Error::Server) { client.get_token(**bob) }
        client
      end
      first = /WARN -- : nango: get_token, attempt 1, \d+ ms: SERVER: .*; next attempt in \d+ ms$/
      assert_match(first, log)
      assert_match(/WARN -- : nango: get_token, attempt 2, \d+ ms: SERVER: [^;]*; .*$/, log)
      assert_equal 2, log.lines.size
    end
  end

  def test_success_is_logged_at_debug
    log = logged { |options| new_client(**options).tap { |client| client.get_token(**bob) } }
    assert_match(/DEBUG -- : nango: get_token, attempt 1, \d+ ms: ok$/, log)
    log = logged(Logger::INFO) do |options|
      new_client(**options).tap { |client| client.get_token(**bob) }
    end
    assert_empty log
  end

  def test_warnings_are_logged_at_once
    log = logged { |options| client_of("http://nango.internal", **options) }
    assert_match(/WARN -- : nango: .*use https/, log)
  end

  def test_a_client_without_a_logger_keeps_its_events
    client = new_client(events: 2)
    client.get_token(**bob)
    assert_equal "attempt", client.next_event["event"]
  end

  # A process of its own runs this, because other tests run without ActiveSupport.
  NOTIFIED = <<~'RUBY'
    require "active_support"
    require "active_support/notifications"
    client = LibNango::Client.from_env
    ActiveSupport::Notifications.subscribe(/\.libnango\z/) do |name, start, finish, _, payload|
      puts "#{name} #{payload.slice(:provider_config_key, :connection_id)} " \
           "#{payload.keys.sort.inspect} #{payload[:exception]&.first} #{finish >= start}"
    end
    bob = {provider_config_key: "github", connection_id: "bob"}
    client.get_token(**bob)
    client.replace_token(**bob, refused_token: "a-refused-token")
    client.list_connections.first
    client.get_token(provider_config_key: "github", connection_id: "zoe") rescue nil
  RUBY

  def test_notifications
    output = ruby_says(NOTIFIED)
    ids = ->(id) { {provider_config_key: "github", connection_id: id} }
    assert_equal [
      "get_token.libnango #{ids.call("bob")} [:connection_id, :provider_config_key]  true",
      "replace_token.libnango #{ids.call("bob")} [:connection_id, :provider_config_key]  true",
      "list_connections.libnango {} []  true",
      "get_token.libnango #{ids.call("zoe")} [:connection_id, :exception, :exception_object, " \
      ":provider_config_key] LibNango::Error::NotFound true"
    ], output.lines(chomp: true)
  end
end
