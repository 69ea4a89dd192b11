# frozen_string_literal: true

require_relative "test_helper"

# A call blocks only its caller.
class ConcurrencyTest < Minitest::Test
  include Support

  MANY = 200

  # Answers with the requested id after a delay.
  def self.echo(seconds)
    lambda do |head|
      wait = seconds.respond_to?(:call) ? seconds.call : seconds
      sleep(wait)
      FakeServer.json({connection_id: head[%r{/connection/([^?]*)}, 1]})
    end
  end

  def get(client, id)
    client.get_connection(provider_config_key: "github", connection_id: id).connection_id
  end

  def test_200_threads_in_flight
    FakeServer.open(self.class.echo(2)) do |server|
      client = client_of(server.url)
      answers = nil
      seconds = elapsed do
        threads = Array.new(MANY) { |number| Thread.new { get(client, "c-#{number}") } }
        answers = threads.map(&:value)
      end
      assert_equal Array.new(MANY) { |number| "c-#{number}" }, answers
      assert_took_less 6, seconds
      figure("#{MANY} threads in flight, each answered after 2 s, all answered after",
             "#{seconds.round(2)} s")
      assert_operator event_descriptors, :<, 80
    end
  end

  def test_other_threads_tick_during_a_call
    FakeServer.open(self.class.echo(3)) do |server|
      ticks = 0
      ticker = Thread.new { loop { (ticks += 1) && sleep(0.01) } }
      get(client_of(server.url), "c")
      ticker.kill.join
      assert_operator ticks, :>, 150
      figure("ticks of another thread (every 10 ms) during a call of 3 s", ticks)
    end
  end

  # Runs in a separate Ruby: this one keeps system threads of Ruby threads that have ended.
  def test_a_call_makes_no_thread_of_rubys_and_the_library_has_one
    script = <<~RUBY
      client = LibNango::Client.new(secret_key: "k", base_url: ARGV[0], timeout: 20)
      get = -> { client.get_connection(provider_config_key: "github", connection_id: "c") }
      get.call
      ruby = Thread.list.size
      system = Dir.children("/proc/self/task").size
      threads = Array.new(20) { Thread.new(&get) }
      sleep(0.25)
      names = Dir.glob("/proc/self/task/*/comm").map { |path| File.read(path) }
      $stdout.puts Thread.list.size - ruby, Dir.children("/proc/self/task").size - system,
                   names.count { |name| name.start_with?("nango") }
      threads.each(&:join)
    RUBY
    FakeServer.open(self.class.echo(1)) do |server|
      ruby, system, library = ruby_says(script, server.url).split.map(&:to_i)
      assert_equal [20, 1], [ruby, library]
      assert_operator system, :<=, 22
    end
  end

  def test_no_more_connections_than_allowed
    FakeServer.open(self.class.echo(0.05)) do |server|
      client = client_of(server.url, max_connections: 2)
      answers = Array.new(12) { |number| Thread.new { get(client, "c-#{number}") } }.map(&:value)
      assert_equal Array.new(12) { |number| "c-#{number}" }, answers
      assert_equal 2, server.connections
    end
  end

  # With default options, 20 calls a second while nothing listens for 3 seconds.
  def test_a_restart_of_the_server_fails_no_call
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    answer = FakeServer.json({connections: []})
    first = FakeServer.new(answer, port)
    client = LibNango::Client.new(base_url: first.url, secret_key: KEY)
    client.list_connections_json
    restart = Thread.new do
      sleep(0.5)
      first.close
      sleep(3)
      FakeServer.new(answer, port)
    end
    calls = Array.new(80) do
      sleep(0.05)
      Thread.new { client.list_connections_json }
    end
    assert_equal 80, calls.map(&:value).size
  ensure
    restart&.value&.close
    client&.close
  end

  # Callers are interrupted at random moments, and must never get another caller's answer.
  def test_interrupts_at_any_moment
    FakeServer.open(self.class.echo(-> { rand * 0.004 })) do |server|
      client = client_of(server.url)
      got = Array.new(6) { |thread| Thread.new { interrupted_calls(client, thread) } }.sum(&:value)
      assert_operator got, :>, 20
      client.close
    end
  end

  def test_kills_at_any_moment
    FakeServer.open(self.class.echo(0.002)) do |server|
      client = client_of(server.url)
      200.times do |number|
        thread = Thread.new do
          loop { raise "another's" unless get(client, "c-#{number}") == "c-#{number}" }
        end
        sleep(rand * 0.005)
        thread.kill.join
      end
      assert_equal "c", get(client, "c")
    end
  end

  def test_interrupted_calls_leave_nothing_in_the_library
    FakeServer.open(self.class.echo(-> { rand * 0.004 })) do |server|
      use = lambda do
        client = client_of(server.url)
        interrupted_calls(client, 0)
        client.close
      end
      use.call
      before = live_objects
      use.call
      assert_operator live_objects, :<=, before
    end
  end

  private

  # Returns how many calls completed.
  def interrupted_calls(client, thread)
    Array.new(60) do |number|
      id = "c-#{thread}-#{number}"
      Timeout.timeout(0.0005 + (rand * 0.006)) { raise "another's" unless get(client, id) == id }
      1
    rescue Timeout::Error
      0
    end.sum
  end

  def event_descriptors
    Dir.children("/proc/self/fd").count do |fd|
      File.readlink("/proc/self/fd/#{fd}").include?("eventfd")
    rescue Errno::ENOENT
      false
    end
  end
end
