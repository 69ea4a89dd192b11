# frozen_string_literal: true

require_relative "test_helper"
require "tempfile"

# Runs examples/ruby/webservice as its users do: under Puma, with workers forked from a process that
# has already used its client.
class WebserviceTest < Minitest::Test
  include Support

  EXAMPLE = File.expand_path("../../../examples/ruby/webservice", __dir__)

  def test_a_cluster
    with_service do |port, log, puma|
      wait_for { answers(port, "/health", 10).map(&:last).uniq.size == 2 }
      seen = answers(port, "/users/alice/profile", 60)
      assert_equal [%w[200 alice]], seen.map { |status, body| [status, body["user"]] }.uniq,
                   log.call
      workers = seen.map(&:last).uniq
      assert_equal 2, workers.size
      assert_equal "alice", seen.first[1].dig("profile", "connection_id"), seen.first[1].inspect

      # After a refresh elsewhere, the service gets the new token.
      new_client.get_token(**alice, force_refresh: true)
      assert_equal ["200"], answers(port, "/users/alice/profile", 10).map(&:first).uniq

      # Puma replaces a dead worker, and the new one can use the client too.
      Process.kill(:KILL, workers.first.to_i)
      wait_for { (answers(port, "/health", 10).map(&:last).uniq - workers).any? }
      assert_equal ["200"], answers(port, "/users/alice/profile", 30).map(&:first).uniq, log.call

      seconds = elapsed { stop(puma) }
      figure("Puma with two workers stops after", "#{seconds.round(2)} s")
      refute_includes log.call, env("NANGO_SECRET_KEY")
    end
  end

  # The first process opened a TLS connection, which its workers must not use.
  def test_a_cluster_over_tls
    variables = {"NANGO_HOST" => env("NANGO_DEV_TLS_HOST"),
                 "SSL_CERT_FILE" => env("NANGO_DEV_CA_FILE")}
    with_service(variables) do |port, log|
      wait_for { answers(port, "/health", 10).map(&:last).uniq.size == 2 }
      seen = answers(port, "/users/alice/profile", 60)
      assert_equal [["200"], 2], [seen.map(&:first).uniq, seen.map(&:last).uniq.size], log.call
      workers = seen.map(&:last).uniq
      Process.kill(:KILL, workers.first.to_i)
      wait_for { (answers(port, "/health", 10).map(&:last).uniq - workers).any? }
      assert_equal ["200"], answers(port, "/users/alice/profile", 30).map(&:first).uniq, log.call
    end
  end

  def test_what_users_are_told
    with_service do |port, log|
      {"/users/nobody/profile" => "404", "/users/broken/profile" => "409",
       "/users/flaky/profile" => "503",
       "/users/%2E%2E/profile" => "500", "/users/a%00b/profile" => "500", "/" => "404",
       "/health" => "200"}.each do |path, status|
        assert_equal status, get(port, path).first, "#{path}: #{log.call}"
      end
      assert_equal "404", Net::HTTP.post_form(URI("http://127.0.0.1:#{port}/health"), {}).code
    end
  end

  def test_nango_is_out
    with_service("NANGO_HOST" => "http://127.0.0.1:1") do |port, log|
      response = Net::HTTP.get_response(URI("http://127.0.0.1:#{port}/users/alice/profile"))
      assert_equal %w[503 5], [response.code, response["retry-after"]], log.call
      assert_includes log.call, "Nango does not answer yet"
    end
  end

  def test_a_key_that_nango_does_not_know
    run_service("NANGO_SECRET_KEY" => KEY.tr("0-9", "9")) do |pid, _, log|
      refute_predicate Process.wait2(pid).last, :success?
      assert_includes log.call, "LibNango::Error::Unauthorized"
    end
  end

  private

  def with_service(variables = {})
    run_service(variables) do |pid, port, log|
      wait_for { get(port, "/health").first == "200" }
      yield port, log, pid
      stop(pid)
    end
  end

  # Yields the process id, the port and a lambda that reads the log. Always kills the process.
  def run_service(variables)
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    Tempfile.create do |log|
      pid = spawn({"RUBYLIB" => File.expand_path("../lib", __dir__),
                   "BIND" => "tcp://127.0.0.1:#{port}",
                   "PROVIDER_URL" => env("NANGO_DEV_PROVIDER_URL"), **variables},
                  "puma", "-C", "puma.rb", chdir: EXAMPLE, %i[out err] => log.path, pgroup: true)
      read = -> { File.read(log.path) }
      Timeout.timeout(40) { yield pid, port, read }
    ensure
      # Includes the workers.
      kill_group(pid)
    end
  end

  def kill_group(pid)
    Process.kill(:KILL, -pid) if pid
  rescue Errno::ESRCH
    # All have exited.
  ensure
    kill(pid)
  end

  def stop(pid)
    Process.kill(:TERM, pid)
    Timeout.timeout(10) { Process.wait(pid) }
  rescue Errno::ECHILD, Errno::ESRCH
    # It has already stopped.
  end

  def wait_for
    Timeout.timeout(20) { sleep(0.05) until yield }
  end

  # Returns status, body and worker.
  def get(port, path)
    response = Net::HTTP.get_response(URI("http://127.0.0.1:#{port}#{path}"))
    [response.code, JSON.parse(response.body), response["x-worker"]]
  rescue SystemCallError, EOFError
    []
  end

  # Returns the answers to requests by ten concurrent users.
  def answers(port, path, count)
    Array.new(10) { Thread.new { Array.new(count / 10) { get(port, path) } } }.flat_map(&:value)
  end
end
