# frozen_string_literal: true

require_relative "test_helper"
require "libnango/testing"

# LibNango::Testing, which the tests of other programs use.
class TestingTest < Minitest::Test
  include Support

  def test_a_server_for_a_block
    url = LibNango::Testing.start do |server|
      client = server.client(max_retries: 0)
      assert_equal "at-bob", client.get_token(**bob)
      server.control(:post, "/_dev/faults",
                     {connection: "bob", times: 1,
                      fault: {kind: "answer", status: 503, body: {}}})
      assert_raises(LibNango::Error::Server) { client.get_token(**bob) }
      assert_includes server.control(:get, "/_dev/log").to_s, "/connection"
      assert_includes server.env, "NANGO_DEV_PROVIDER_URL"
      server.url
    end
    assert_gone url
  end

  def test_options_and_stop
    server = LibNango::Testing.start("--tls-port", 0, "--token-ttl", 60)
    assert_match(/\Ahttps:/, server.env.fetch("NANGO_DEV_TLS_HOST"))
    assert_nil server.stop
    assert_nil server.stop
    assert_gone server.url
  end

  def test_what_cannot_be_started
    error = assert_raises(RuntimeError) { LibNango::Testing.start(program: "no-such-nango-dev") }
    assert_includes error.message, "make nango-dev install-dev"
    error = assert_raises(RuntimeError) { LibNango::Testing.start("--no-such-option") }
    assert_includes error.message, "--no-such-option"
  end

  def test_a_request_that_fails
    LibNango::Testing.start do |server|
      error = assert_raises(RuntimeError) { server.control(:get, "/connections/x") }
      assert_match(%r{\Aget /connections/x: 4\d\d }, error.message)
    end
  end

  # Every request in docs/TESTING.md is one that nango-dev takes, and its connections are there.
  def test_what_the_documentation_says
    text = File.read(File.expand_path("../../../docs/TESTING.md", __dir__))
    requests = text.scan(%r{`(GET|POST) (/_dev/\w+)`(?: `(\{.*\})`)?})
    assert_operator requests.size, :>=, 7
    LibNango::Testing.start do |server|
      requests.each do |method, path, body|
        assert server.control(method.to_sym, path, body && JSON.parse(body)), path
      end
      listed = server.client.list_connections.map(&:connection_id)
      named = text.scan(/^\| `[\w-]+` \| `([\w-]+)` \|/).flatten
      assert_equal 6, named.size
      assert_empty named - listed
    end
  end

  def test_nothing_is_left_of_a_killed_process
    reader, writer = IO.pipe
    pid = fork do
      writer.puts LibNango::Testing.start.url
      sleep
    end
    url = reader.gets(chomp: true)
    Process.kill(:KILL, pid)
    Process.wait(pid)
    assert_gone url
  end

  # Soon, nothing accepts connections at this URL.
  def assert_gone(url)
    client = client_of(url, connect_retry: 0)
    Timeout.timeout(60) { sleep 0.02 until refused?(client) }
    pass
  end

  # A server that is ending may break a connection that it has already accepted.
  def refused?(client)
    client.warm_up
    false
  rescue LibNango::Error => e
    e.is_a?(LibNango::Error::Connect)
  end
end
