# frozen_string_literal: true

require_relative "test_helper"
require "open3"

# Runs examples/ruby/connection.rb, whose output is the same in every language.
class ExampleTest < Minitest::Test
  include Support

  EXAMPLE = File.expand_path("../../../examples/ruby/connection.rb", __dir__)

  UNTIL_REFUSED = [/\Atoken: ….{4} \(\d+ characters\)\z/,
                   /\Aapi: 200, the provider accepts the token\z/,
                   /\Awaiting for the token to expire …\z/,
                   /\Aapi: 401, the provider refuses the token\z/,
                   /\Atoken: ….{4} \(\d+ characters\), a fresh one\z/,
                   /\Aapi: 200, the provider accepts the token\z/].freeze

  def example(*arguments, **variables)
    variables = variables.transform_keys(&:to_s)
    lib = File.expand_path("../lib", __dir__)
    command = [RbConfig.ruby, "-w", "-I", lib, EXAMPLE, *arguments]
    out, err, status = Open3.capture3(variables, *command)
    [out.force_encoding("UTF-8"), err.force_encoding("UTF-8"), status.exitstatus]
  end

  def assert_fails(key, id, name, advice, **variables)
    out, err, status = example(key, id, env("NANGO_DEV_PROVIDER_URL"), **variables)
    assert_equal 1, status, err
    refute_includes out, "token:"
    lines = err.lines
    assert_equal 2, lines.size, err
    assert_match(/\Aerror: .+ \(#{name}\)\n\z/, lines[0])
    assert_match(/\A-> #{advice}.*\.\n\z/, lines[1])
  end

  def test_a_token_that_works
    out, err, status = example("github", "alice", env("NANGO_DEV_PROVIDER_URL"))
    assert_equal ["", 0], [err, status]
    lines = out.lines(chomp: true)
    assert_match(/\Aconnections: \S+ \(\S+\), \S+ \(\S+\), \S+ \(\S+\) and \d+ more\z/, lines[0])
    assert_match(/\Atoken: ….{4} \(\d+ characters\)\z/, lines[1])
    assert_equal "api: 200, the provider accepts the token", lines[2]
    assert_equal 3, lines.size
  end

  def test_another_answer_of_the_provider
    FakeServer.open(FakeServer.json({}, status: "404 Not Found")) do |server|
      out, err, status = example("github", "bob", server.url)
      assert_equal ["", 0], [err, status]
      assert_equal ["token: … (6 characters)", "api: 404"], out.lines(chomp: true)[1..]
      assert_match(/^authorization: Bearer at-bob\r$/i, server.requests.fetch(0))
    end
  end

  # A provider that refuses the token at its third call, when Nango already has another.
  def test_until_refused
    calls = 0
    provider = lambda do |_|
      calls += 1
      new_client.get_token(**alice, force_refresh: true) if calls == 3
      FakeServer.json({}, status: calls == 3 ? "401 Unauthorized" : "200 OK")
    end
    FakeServer.open(provider) do |server|
      out, err, status = example("github", "alice", server.url, "--until-refused")
      assert_equal ["", 0], [err, status]
      lines = out.lines(chomp: true).drop(1)
      assert_equal UNTIL_REFUSED.size, lines.size, out
      UNTIL_REFUSED.zip(lines) { |pattern, line| assert_match pattern, line }
      keys = server.requests.map { |request| request[/^authorization: (.*)\r$/i, 1] }
      assert_equal [1, 3], [keys.first(3).uniq.size, keys.size - 1]
      refute_equal keys[2], keys[3]
    end
  end

  def test_errors
    assert_fails "github", "broken", "RECONNECT_REQUIRED", "Send the user through a reconnect"
    assert_fails "basic-auth", "dave", "NO_SINGLE_TOKEN", "Ask for all of them"
    assert_fails "github", "nobody-here", "NOT_FOUND", "Check the ids"
    assert_fails "github", "alice", "CONNECT", "Check that the server runs",
                 NANGO_HOST: "http://127.0.0.1:1"
    assert_fails "github", "alice", "UNAUTHORIZED", "Check the key",
                 NANGO_SECRET_KEY: KEY.tr("0-9", "9")
  end

  def test_a_provider_that_cannot_be_called
    _, err, status = example("github", "bob", "http://127.0.0.1:1/")
    assert_equal 1, status
    assert_match(%r{\Aerror: http://127.0.0.1:1/ cannot be called: .*\n\z}, err)
  end

  def test_wrong_usage
    [[], %w[github alice], %w[github alice http://x --else],
     %w[github alice :::]].each do |arguments|
      out, err, status = example(*arguments)
      assert_equal ["", 2], [out, status]
      assert_match(/\Ausage: /, err)
    end
  end
end
