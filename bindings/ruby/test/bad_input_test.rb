# frozen_string_literal: true

require_relative "test_helper"

# Invalid input raises the right error, and nothing is sent.
class BadInputTest < Minitest::Test
  include Support

  READS = %i[get_token get_credentials get_connection get_connection_json
             get_credentials_json].freeze

  def refuses(error = LibNango::Error::InvalidArgument, **ids)
    FakeServer.open(FakeServer.json({})) do |server|
      client = client_of(server.url)
      READS.each do |read|
        raised = assert_raises(error) { client.public_send(read, **alice.merge(ids)) }
        assert_equal 0, raised.attempts
        assert_equal 0, raised.http_status
        refute_predicate raised, :retryable?
      end
      assert_equal 0, server.connections
    end
  end

  def test_empty_ids
    refuses connection_id: ""
    refuses provider_config_key: ""
  end

  def test_dot_segments
    refuses connection_id: "."
    refuses connection_id: ".."
  end

  def test_nil
    refuses connection_id: nil
    refuses provider_config_key: nil
  end

  def test_embedded_nul
    refuses connection_id: "alice\0bob"
    refuses provider_config_key: "github\0"
    refuses connection_id: "alice\0".encode(Encoding::UTF_16LE)
  end

  def test_not_utf8
    refuses LibNango::Error::InvalidUtf8, connection_id: "\xFF"
    refuses LibNango::Error::InvalidUtf8, connection_id: "\xFF".b
    refuses LibNango::Error::InvalidUtf8, provider_config_key: "\xC3"
    refuses LibNango::Error::InvalidUtf8, connection_id: "\xFF".dup.force_encoding(Encoding::EUC_JP)
    refuses LibNango::Error::InvalidUtf8, connection_id: "x".dup.force_encoding(Encoding::UTF_7)
  end

  def test_something_else_than_text_is_a_type_error
    client = client_of("http://127.0.0.1:9")
    assert_raises(TypeError) { client.get_token(provider_config_key: "github", connection_id: 42) }
    assert_raises(TypeError) { client.get_token(**alice, headers: {"x-a" => 1}) }
    assert_raises(ArgumentError) { client.get_token(connection_id: "alice") }
  end

  def test_a_refused_token_must_be_one
    client = new_client
    replace = ->(refused) { client.replace_token(**bob, refused_token: refused) }
    ["", "a\0b", nil].each do |refused|
      assert_raises(LibNango::Error::InvalidArgument) { replace.call(refused) }
    end
    assert_raises(LibNango::Error::InvalidUtf8) { replace.call("\xFF") }
    assert_raises(TypeError) { replace.call(7) }
    assert_raises(ArgumentError) { client.replace_token(**bob) }
  end

  def test_other_encodings_and_symbols_are_taken
    FakeServer.open(FakeServer.json({})) do |server|
      client = client_of(server.url)
      ids = ["ü", "ü".encode(Encoding::ISO_8859_1), "ü".encode(Encoding::UTF_16LE), "ü".b]
      ids.each { |id| client.get_connection(provider_config_key: :github, connection_id: id) }
      lines = server.requests.map { |request| request.lines.first.strip }
      assert_equal ["GET /connection/%C3%BC?provider_config_key=github HTTP/1.1"] * 4, lines
    end
  end

  def test_the_caller_may_change_its_strings_meanwhile
    FakeServer.open(FakeServer.json({})) do |server|
      client = client_of(server.url)
      id = +"a"
      reader = Thread.new do
        200.times { client.get_connection(provider_config_key: "github", connection_id: id) }
      end
      id.replace(id.size < 4000 ? id * 2 : "a") until reader.join(0.0005)
      whole = %r{\AGET /connection/a+\?provider_config_key=github HTTP}
      assert(server.requests.all? { |request| request.match?(whole) })
    end
  end

  def test_base_urls
    urls = ["", "not a url", "ftp://x", "https://", "api.nango.dev", "https://u:p@h",
            "https://h/?q", "https://h\0"]
    urls.each do |url|
      assert_raises(LibNango::Error::InvalidArgument, url) { client_of(url) }
    end
    assert_raises(LibNango::Error::InvalidUtf8) { client_of("http://\xFF") }
  end

  def test_secret_keys
    ["", "a b", "shibboleth\n", "shib\r\nboleth", "shib\0boleth", " shibboleth"].each do |key|
      error = assert_raises(LibNango::Error::InvalidArgument) do
        LibNango::Client.new(secret_key: key)
      end
      refute_includes error.full_message, "boleth"
    end
    assert_raises(LibNango::Error::InvalidArgument) { LibNango::Client.new }
    assert_raises(LibNango::Error::InvalidArgument) { LibNango::Client.new(secret_key: nil) }
    assert_raises(LibNango::Error::InvalidUtf8) { LibNango::Client.new(secret_key: "\xFF") }
  end

  def test_options_out_of_range
    [{timeout: 0}, {timeout: -1}, {timeout: Float::NAN}, {timeout: Float::INFINITY},
     {timeout: 5_000_000}, {connect_timeout: 0}, {attempt_timeout: 0}, {idle_timeout: 0},
     {max_retries: -1}, {max_retries: 1 << 32},
     {idle_connections: -1}, {max_connections: 0}, {max_connections: -1}, {max_response_bytes: 0},
     {max_response_bytes: -1}, {max_response_bytes: 1 << 64}, {events: -1}, {tls_roots: :none},
     {ca_pem: "no certificate"}, {ca_pem: ""}, {client_identity_pem: "none"}, {proxy: "ftp://x"},
     {user_agent_suffix: "a\nb"}].each do |options|
      assert_raises(LibNango::Error::InvalidArgument, options.inspect) do
        LibNango::Client.new(secret_key: KEY, **options)
      end
    end
    assert_raises(TypeError) { LibNango::Client.new(secret_key: KEY, ca_pem: 1) }
    assert_raises(ArgumentError) { LibNango::Client.new(secret_key: KEY, retries: 1) }
  end

  def test_call_options
    FakeServer.open(FakeServer.json({connections: []})) do |server|
      client = client_of(server.url)
      [{timeout: 0}, {timeout: -0.5}, {headers: {"Authorization" => "x"}},
       {headers: {"x-a" => "a\nb"}}, {headers: {"x-a" => "a\0b"}},
       {headers: {"" => "x"}}].each do |options|
        assert_raises(LibNango::Error::InvalidArgument, options.inspect) do
          client.get_token(**alice, **options)
        end
        assert_raises(LibNango::Error::InvalidArgument, options.inspect) do
          client.list_connections(**options).to_a
        end
      end
      assert_equal 0, server.connections
    end
  end

  def test_filters
    FakeServer.open(FakeServer.json({connections: []})) do |server|
      client = client_of(server.url)
      endless = []
      endless << endless
      invalid = LibNango::Error::InvalidArgument
      [{colour: "red"}, {search: {}}, {search: "a\0b"}, {tags: {"a\0" => "b"}},
       {integration_id: ["a\0b"]}, {search: Float::NAN}, {tags: {"a" => endless}}].each do |filter|
        assert_raises(invalid, filter.inspect) { client.list_connections(**filter).first }
        assert_raises(invalid, filter.inspect) { client.list_connections_json(**filter) }
      end
      assert_raises(LibNango::Error::InvalidUtf8) { client.list_connections(search: "\xFF").first }
      assert_raises(LibNango::Error::InvalidUtf8) do
        client.list_connections(tags: {"a" => "\xFF".b}).first
      end
      assert_raises(invalid) { client.list_connections(page_size: -1).first }
      assert_equal 0, server.connections
    end
  end

  def test_nobody_listens
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    error = assert_raises(LibNango::Error::Connect) do
      client_of("http://127.0.0.1:#{port}").get_token(**alice)
    end
    assert_predicate error, :retryable?
    assert_equal 1, error.attempts
    assert_equal :connect, error.code
    assert_equal 20, error.number
    assert_raises(LibNango::Error::Connect) { client_of("http://127.0.0.1:#{port}").warm_up }
    assert_raises(LibNango::Error::Connect) do
      client_of("http://127.0.0.1:#{port}").list_connections.first
    end
  end

  def test_no_such_host
    error = assert_raises(LibNango::Error::Dns) do
      client_of("http://nango.invalid").get_token(**alice)
    end
    assert_includes error.message, "nango.invalid"
  end

  def test_unknown_key
    key = KEY.tr("0-9", "9")
    error = assert_raises(LibNango::Error::Unauthorized) do
      new_client(secret_key: key).get_token(**alice)
    end
    assert_equal 401, error.http_status
    refute_includes error.full_message, key
  end

  def test_unknown_integration_and_connection
    error = assert_raises(LibNango::Error::IntegrationNotFound) do
      new_client.get_token(provider_config_key: "nowhere", connection_id: "alice")
    end
    assert_equal "unknown_provider_config", error.api_code
    assert_raises(LibNango::Error::NotFound) do
      new_client.get_connection(provider_config_key: "github", connection_id: "nobody-here")
    end
  end

  def test_a_key_without_the_scope_for_credentials
    client = new_client(secret_key: env("NANGO_DEV_KEY_READ"))
    assert_raises(LibNango::Error::NoCredentials) { client.get_token(**alice) }
    assert_raises(LibNango::Error::NoCredentials) { client.get_credentials(**alice) }
    assert_predicate client.get_connection(**alice).credentials, :empty?
  end

  def test_a_key_without_any_scope
    client = new_client(secret_key: env("NANGO_DEV_KEY_NONE"))
    error = assert_raises(LibNango::Error::Forbidden) { client.get_token(**alice) }
    assert_equal 403, error.http_status
  end

  def test_a_page_instead_of_an_answer
    page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
    FakeServer.open(page) do |server|
      error = assert_raises(LibNango::Error::InvalidResponse) do
        client_of(server.url).get_token(**alice)
      end
      assert_equal 200, error.http_status
      assert_nil error.body
      assert_nil error.body_json
    end
  end

  def test_a_redirect_gets_no_key
    FakeServer.open(FakeServer.json({})) do |other|
      location = "Location: #{other.url.sub("http:", "https:")}/connection/alice\r\n"
      moved = FakeServer.json({}, status: "301 Moved Permanently", headers: location)
      FakeServer.open(moved) do |server|
        error = assert_raises(LibNango::Error::InvalidResponse) do
          client_of(server.url).get_token(**alice)
        end
        assert_equal 301, error.http_status
        assert_includes error.message, "https://127.0.0.1"
      end
      assert_equal 0, other.connections
    end
  end

  # The library rejects such answers for every language; Ruby's own parser would quote the text.
  def test_an_answer_that_is_refused_is_not_quoted
    ["{\"x\":#{"[" * 5000}\"hush-1\"#{"]" * 5000}}", '{"access_token":"hush-1",}'].each do |answer|
      FakeServer.open(FakeServer.json(answer)) do |server|
        client = client_of(server.url)
        %i[get_connection get_connection_json].each do |get|
          error = assert_raises(LibNango::Error) { client.public_send(get, **alice) }
          assert_equal :invalid_response, error.code
          refute_includes error.full_message, "hush-1"
          assert_nil error.cause
        end
      end
    end
  end

  # Ruby's parser reads everything that the library accepts, even in a fiber with its small stack.
  def test_the_deepest_answer_is_read
    arrays = {"metadata" => Array.new(510).reduce([]) { |inner, _| [inner] }}
    objects = {"metadata" => Array.new(510).reduce({}) { |inner, _| {"a" => inner} }}
    [arrays, objects].each do |fields|
      answer = FakeServer.json(JSON.generate(fields, max_nesting: 0))
      FakeServer.open(answer) do |server|
        connection = Fiber.new { client_of(server.url).get_connection(**alice) }.resume
        assert_equal fields, connection.to_h
      end
    end
  end

  def test_a_closed_client
    client = new_client
    client.get_token(**bob)
    assert_nil client.close
    assert_nil client.close
    assert_predicate client, :closed?
    [-> { client.get_token(**bob) }, -> { client.list_connections.first },
     -> { client.list_connections_json }, -> { client.warm_up },
     -> { client.next_event }].each do |use|
      assert_includes assert_raises(LibNango::Error::Closed, &use).message, "closed"
    end
  end
end
