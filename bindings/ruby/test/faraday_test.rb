# frozen_string_literal: true

require_relative "test_helper"
require "async"
require "libnango/faraday"
require "open3"
require "tempfile"

# The Faraday middleware gets a fresh token for each request. Concurrent requests that the provider
# refuses share one refresh.
class FaradayTest < Minitest::Test
  include Support

  # Both Nango and a provider. Tokens are numbered, and the provider accepts only one of them. A
  # static token is an API key, which Nango never refreshes.
  class Tokens
    attr_accessor :newest, :accepted, :on_refresh, :on_call, :location, :static
    attr_reader :asked, :forced, :calls

    def initialize
      @newest = @accepted = 1
      @asked = @forced = 0
      @calls = []
      @lock = Mutex.new
    end

    def answer(request)
      return nango(request) if request.start_with?("GET /connection/")

      token = request[/^authorization: (.*)\r$/i, 1]
      head, body = request.split("\r\n\r\n", 2)
      @lock.synchronize { @calls << [head[/\A\S+ \S+/], token, body] }
      on_call&.call
      return redirect if location && request.include?(" /moved ")
      return FakeServer.json({welcome: true}) if token == "Bearer token-#{accepted}"

      FakeServer.json({refused: true}, status: "401 Unauthorized")
    end

    def tokens
      calls.map { |_, token, _| token }
    end

    private

    def nango(request)
      @lock.synchronize { @asked += 1 }
      return token(refresh_token: "a refresh token") if request.include?("refresh_token=true")
      return token unless request.include?("force_refresh=true")

      @lock.synchronize { @forced += 1 }
      return on_refresh.call if on_refresh

      @accepted = @newest += 1
      token
    end

    def token(**more)
      credentials = {type: "OAUTH2", access_token: "token-#{newest}", **more}
      credentials = {type: "API_KEY", apiKey: "token-#{newest}"} if static
      FakeServer.json({connection_id: "alice", provider: "github", credentials: credentials})
    end

    def redirect
      FakeServer.json({}, status: "307 Temporary Redirect", headers: "Location: #{location}\r\n")
    end
  end

  def setup
    @tokens = Tokens.new
    @server = FakeServer.new(@tokens.method(:answer))
    @client = client_of(@server.url)
  end

  def teardown
    @server.close
  end

  def faraday(connection = alice, url: @server.url)
    Faraday.new(url) do |builder|
      yield builder, :before if block_given?
      builder.request :nango, @client, **connection
      yield builder, :after if block_given?
      builder.adapter :net_http
    end
  end

  def counts
    [@tokens.calls.size, @tokens.asked, @tokens.forced]
  end

  def test_a_middleware_without_a_client_says_so
    [[], [bob], [nil, {}], [@client]].each do |arguments|
      error = assert_raises(ArgumentError) do
        Faraday.new("http://127.0.0.1:1") { |faraday| faraday.request :nango, *arguments }.get("/")
      end
      assert_includes error.message, "faraday.request :nango, client, provider_config_key:"
    end
  end

  def test_a_token_that_the_provider_takes
    connection = Faraday.new { |builder| builder.request :nango, new_client, **alice }
    2.times { assert_equal 200, connection.get(env("NANGO_DEV_PROVIDER_URL")).status }
  end

  def test_each_request_asks_for_its_token
    connection = faraday
    assert_equal 200, connection.get("/user").status
    @tokens.newest = @tokens.accepted = 7
    response = connection.get("/user") { |request| request.headers["Authorization"] = "other" }
    assert_equal 200, response.status
    assert_equal ["Bearer token-1", "Bearer token-7"], @tokens.tokens
    assert_equal [2, 2, 0], counts
  end

  def test_one_refresh_for_a_refused_token
    @tokens.accepted = 0
    response = faraday.post("/items", "a body", "Content-Type" => "text/plain", "X-Mine" => "1")
    assert_equal [200, '{"welcome":true}'], [response.status, response.body]
    assert_equal [["POST /items", "Bearer token-1", "a body"],
                  ["POST /items", "Bearer token-2", "a body"]], @tokens.calls
    assert_equal [2, 4, 1], counts
  end

  def test_a_provider_that_goes_on_refusing
    @tokens.on_refresh = lambda do
      FakeServer.json({credentials: {type: "OAUTH2", access_token: "token-9"}})
    end
    @tokens.accepted = 0
    assert_equal 401, faraday.get("/user").status
    assert_equal [2, 4, 1], counts
  end

  def test_a_token_that_a_refresh_does_not_change_is_not_tried_again
    @tokens.on_refresh = lambda do
      FakeServer.json({credentials: {type: "OAUTH2", access_token: "token-1"}})
    end
    @tokens.accepted = 0
    assert_equal 401, faraday.get("/user").status
    assert_equal [1, 6, 3], counts
  end

  def test_a_token_that_nango_never_refreshes_is_not_forced
    @tokens.static = true
    @tokens.accepted = 0
    assert_equal 401, faraday.get("/user").status
    assert_equal [1, 2, 0], counts
  end

  def test_a_token_that_nango_has_replaced_already_is_not_refreshed_again
    late = Class.new(Faraday::Middleware) do
      define_method(:call) do |env|
        tokens = env.request.context.fetch(:tokens)
        tokens.newest = tokens.accepted = 2 if tokens.calls.empty?
        @app.call(env)
      end
    end
    connection = faraday { |builder, place| builder.use(late) if place == :after }
    response = connection.get("/user") { |request| request.options.context = {tokens: @tokens} }
    assert_equal 200, response.status
    assert_equal [2, 2, 0], counts
  end

  # The provider answers none of the requests before all have arrived.
  def refused_at_once(requests)
    @tokens.accepted = 0
    arrived = 0
    lock = Mutex.new
    all = ConditionVariable.new
    @tokens.on_call = lambda do
      lock.synchronize do
        arrived += 1
        arrived < requests ? all.wait(lock, 20) : all.broadcast
      end
    end
  end

  def assert_refreshed_once(requests, statuses)
    assert_equal({200 => requests}, statuses.tally)
    assert_equal 1, @tokens.forced
    assert_equal({"Bearer token-1" => requests, "Bearer token-2" => requests}, @tokens.tokens.tally)
  end

  def test_threads_that_are_refused_at_once_share_one_refresh
    refused_at_once(50)
    threads = Array.new(50) { Thread.new { faraday.get("/user").status } }
    assert_refreshed_once 50, threads.map(&:value)
  end

  def test_fibers_that_are_refused_at_once_share_one_refresh
    refused_at_once(50)
    get = -> { faraday.get("/user").status }
    statuses = Async { |task| Array.new(50) { task.async { get.call } }.map(&:wait) }.wait
    assert_refreshed_once 50, statuses
  end

  # Calls nango-dev, to change or read its state.
  def dev(method, path, body = nil, type: "application/json")
    uri = URI(env("NANGO_HOST") + path)
    headers = {"Authorization" => "Bearer #{env("NANGO_SECRET_KEY")}", "Content-Type" => type}
    body = JSON.generate(body) if body.is_a?(Hash)
    response = Net::HTTP.start(uri.host, uri.port) do |http|
      http.send_request(method, uri, body, headers)
    end
    assert_operator response.code.to_i, :<, 300, "#{path}: #{response.body}"
    JSON.parse(response.body)
  end

  # A connection whose token the provider refuses, because the refresh token was used elsewhere.
  def refused_connection(id)
    its = {integration: "github", connection_id: id}
    credentials = {type: "OAUTH2", access_token: "old-#{id}", refresh_token: "refresh-#{id}",
                   expires_at: "2999-01-01T00:00:00Z"}
    dev "POST", "/connections", {provider_config_key: "github", connection_id: id,
                                 credentials: credentials}
    dev "POST", "/_dev/provider", {**its, rotate: false}
    dev "POST", "/provider/token", "grant_type=refresh_token&refresh_token=refresh-#{id}",
        type: "application/x-www-form-urlencoded"
    dev "POST", "/_dev/collapse", {**its, read_ms: 30}
  end

  def refreshes(id)
    state = dev("GET", "/_dev/state")
    [state["token_calls"]["github/#{id}"] - 1, state["collapsed"]["github/#{id}"]]
  end

  # Another process, which reads the connection until two of three forced refreshes were merged with
  # its reads, as on a real server.
  def reader_of(id)
    fork do
      client = new_client
      Array.new(16) do
        Thread.new { loop { client.get_token(provider_config_key: "github", connection_id: id) } }
      end
      done = ->(refreshed, collapsed) { refreshed.positive? || collapsed >= 2 }
      sleep 0.005 until done.call(*refreshes(id))
      exit!(0)
    end
  end

  def test_refused_at_once_on_a_server_that_collapses
    id = "ruby-collapse-#{Process.pid}"
    refused_connection(id)
    reader = reader_of(id)
    sleep 0.01 until dev("GET", "/_dev/log?connection=#{id}")["requests"].size > 16
    @client = new_client
    path = URI(env("NANGO_DEV_PROVIDER_URL"))
    ids = {provider_config_key: "github", connection_id: id}
    get = -> { faraday(ids, url: path.origin).get(path.request_uri).status }
    threads = Array.new(100) { Thread.new(&get) }
    assert_equal({200 => 100}, threads.map(&:value).tally)
    assert_predicate Process.wait2(reader).last, :success?
    refreshed, collapsed = refreshes(id)
    figure "100 requests refused at once, among readers",
           "#{refreshed} refresh, #{collapsed} collapsed before it"
    assert_equal 1, refreshed
  end

  def test_a_failed_refresh_is_shared_too
    @tokens.accepted = 0
    @tokens.on_refresh = lambda do
      # Until every request was refused, and then until its thread asks for another token.
      sleep 0.005 until @tokens.calls.size >= 10
      sleep(1)
      body = {error: {code: "invalid_credentials", message: "The refresh limit was reached"}}
      FakeServer.json(body, status: "424 Failed Dependency")
    end
    threads = Array.new(10) do
      Thread.new { assert_raises(LibNango::Error::ReconnectRequired) { faraday.get("/user") } }
    end
    assert_equal 10, threads.map { |thread| thread.value.object_id }.uniq.size
    assert_equal 1, @tokens.forced
  end

  def test_errors_of_nangos
    {"broken" => LibNango::Error::ReconnectRequired,
     "nobody" => LibNango::Error::NotFound}.each do |id, error|
      @client = new_client
      assert_raises(error) do
        faraday({provider_config_key: "github", connection_id: id}).get("/user")
      end
    end
    assert_empty @tokens.calls
  end

  def test_what_raises_on_401_comes_after_a_refresh
    raises = ->(builder, place) { builder.response(:raise_error) if place == :after }
    @tokens.accepted = 0
    assert_equal 200, faraday(&raises).get("/user").status
    @tokens.on_refresh = lambda do
      FakeServer.json({credentials: {type: "OAUTH2", access_token: "token-2"}})
    end
    @tokens.accepted = 0
    error = assert_raises(Faraday::UnauthorizedError) { faraday(&raises).get("/user") }
    refute_includes error.response.inspect + error.full_message, "token-2"
  end

  def test_bodies_that_can_be_sent_once_more
    Tempfile.create do |file|
      file.write("skipped|sent")
      file.pos = 8
      @tokens.accepted = 0
      headers = {"Content-Type" => "text/plain", "Content-Length" => "4"}
      assert_equal 200, faraday.put("/file", file, headers).status
      assert_equal %w[sent sent], @tokens.calls.map(&:last)
    end
  end

  def test_a_body_that_a_later_middleware_encodes
    encodes = ->(builder, place) { builder.request(:url_encoded) if place == :after }
    @tokens.accepted = 0
    assert_equal 200, faraday(&encodes).post("/form", {a: "1", b: ["2"]}).status
    assert_equal ["a=1&b%5B%5D=2"] * 2, @tokens.calls.map(&:last)
  end

  def test_a_file_in_a_form
    encodes = ->(builder, place) { builder.request(:multipart) if place == :after }
    @tokens.accepted = 0
    part = Faraday::FilePart.new(StringIO.new("contents"), "text/plain", "a.txt")
    assert_equal 200, faraday(&encodes).post("/form", {file: part}).status
    bodies = @tokens.calls.map(&:last)
    assert_equal 2, bodies.size
    bodies.each { |body| assert_includes body, "\r\ncontents\r\n" }
  end

  def test_a_body_that_can_be_sent_only_once
    reader, writer = IO.pipe
    writer << "sent"
    writer.close
    @tokens.accepted = 0
    headers = {"Content-Type" => "text/plain", "Content-Length" => "4"}
    assert_equal 401, faraday.put("/file", reader, headers).status
    # The next request gets the new token.
    assert_equal [1, 4, 1], counts
    assert_equal 200, faraday.get("/user").status
    assert_equal 1, @tokens.forced
  end

  def test_a_response_that_is_streamed
    seen = []
    @tokens.accepted = 0
    get = lambda do
      response = faraday.get("/user") do |request|
        request.options.on_data = ->(chunk, _) { seen << chunk }
      end
      response.status
    end
    assert_equal [401, 200], [get.call, get.call]
    assert_equal ['{"refused":true}', '{"welcome":true}'], seen
  end

  # Like other middleware that follows redirects.
  class Follow < Faraday::Middleware
    def call(env)
      response = @app.call(env)
      return response unless response.status == 307

      again = response.env.dup
      again[:url] += response.headers["location"]
      %i[status response response_headers].each { |member| again[member] = nil }
      @app.call(again)
    end
  end

  def test_a_redirect_elsewhere_gets_no_token
    elsewhere = Tokens.new
    FakeServer.open(elsewhere.method(:answer)) do |other|
      follows = faraday { |builder, place| builder.use(Follow) if place == :before }
      @tokens.location = "#{other.url}/user"
      assert_equal 401, follows.get("/moved").status
      @tokens.location = "#{@server.url}/user"
      assert_equal 200, follows.get("/moved").status
    end
    assert_equal [nil], elsewhere.tokens
    assert_equal ["Bearer token-1"] * 3, @tokens.tokens
  end

  def test_no_token_is_shown
    response = faraday.get("/user")
    refute_includes response.inspect + response.env.inspect + faraday.inspect, "token-1"
  end

  def test_what_it_is_made_of
    assert_raises(ArgumentError) { faraday({provider_config_key: "github"}).get("/user") }
    assert_raises(ArgumentError) { faraday({**alice, other: 1}).get("/user") }
  end

  def test_without_faraday
    script = <<~'RUBY'
      module Kernel
        alias_method :real_require, :require
        def require(name)
          return real_require(name) unless name == "faraday"

          error = LoadError.new("cannot load such file -- faraday")
          error.define_singleton_method(:path) { name }
          raise error
        end
      end
      begin
        real_require "libnango/faraday"
      rescue LoadError => e
        puts e.message
      end
    RUBY
    lib = File.expand_path("../lib", __dir__)
    output, = Open3.capture2e(RbConfig.ruby, "-I", lib, "-e", script)
    assert_match(/needs the faraday gem.*Gemfile.*gem install faraday/, output)
  end
end
