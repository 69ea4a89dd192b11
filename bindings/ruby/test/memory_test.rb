# frozen_string_literal: true

require_relative "test_helper"

# Everything that the library allocates is freed, whatever the garbage collector does.
class MemoryTest < Minitest::Test
  include Support

  def rss_kilobytes
    File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i
  end

  def open_files
    Dir.children("/proc/self/fd").size
  end

  # Runs in a separate Ruby, which has a small heap.
  def test_calls_while_the_collector_runs_all_the_time
    script = <<~RUBY
      client = LibNango::Client.from_env
      bob = {provider_config_key: "github", connection_id: "bob"}
      GC.stress = true
      3.times do
        raise "token" unless client.get_token(**bob) == "at-bob"
        raise "connection" unless client.get_connection(**bob).connection_id == "bob"
        raise "list" unless client.list_connections(page_size: 2).first(4).size == 4
        begin
          client.get_token(provider_config_key: "github", connection_id: "no")
          raise "found"
        rescue LibNango::Error::NotFound => e
          raise "error" unless e.http_status.between?(400, 499) && e.body.is_a?(Hash)
        end
      end
      client.close
    RUBY
    assert run_ruby(script)
  end

  def test_interrupts_while_the_collector_runs_all_the_time
    script = <<~RUBY
      require "timeout"
      client = LibNango::Client.new(secret_key: "k", base_url: ARGV[0], timeout: 20)
      call = lambda do
        client.get_connection(provider_config_key: "gh", connection_id: "c").connection_id
      end
      GC.stress = true
      ended = Array.new(4) { Timeout.timeout(0.02) { call.call } rescue $!.class.name }
      killed = Array.new(4) do
        Thread.new { call.call }.tap { |thread| sleep(0.02) && thread.kill.join }
      end
      exit ended.all?("Timeout::Error") && killed.none?(&:alive?) && call.call == "c"
    RUBY
    FakeServer.open(->(_) { sleep(0.5) && FakeServer.json({connection_id: "c"}) }) do |server|
      assert run_ruby(script, server.url)
    end
  end

  # Runs in a separate Ruby: other extensions loaded here, such as rbs's parser, do not survive
  # compaction.
  def test_the_heap_may_be_compacted
    script = <<~RUBY
      client = LibNango::Client.from_env
      call = lambda do
        token = client.get_token(provider_config_key: "github", connection_id: "bob")
        token == "at-bob" or exit!(1)
      end
      call.call
      begin
        2.times { GC.compact && call.call }
        GC.verify_compaction_references(toward: :empty, double_heap: true)
        call.call
      rescue NotImplementedError, NoMethodError
        exit!(0)
      end
    RUBY
    assert run_ruby(script)
  end

  def test_nothing_grows
    FakeServer.open(method(:answer)) do |server|
      client = client_of(server.url)
      everything(client, server)
      files = open_files
      # Leaking the answers would add 22 MB each time.
      assert_operator least_growth { 500.times { everything(client, server) } }, :<, 8_000
      assert_operator open_files - files, :<, 20
    end
  end

  def test_what_nobody_closed_is_collected
    FakeServer.open(FakeServer.json({connections: [{connection_id: "c"}]})) do |server|
      make = lambda do
        30.times do
          client = client_of(server.url)
          client.list_connections(page_size: 1).next
        end
      end
      make.call
      files = open_files
      make.call
      5.times { GC.start && sleep(0.01) }
      assert_operator open_files - files, :<, 60
    end
  end

  def test_interrupted_calls_leave_nothing
    FakeServer.open do |server|
      client = client_of(server.url)
      interrupt = -> { Timeout.timeout(0.003) { client.get_token(**alice) } }
      growth = least_growth do
        100.times { assert_raises(Timeout::Error, &interrupt) }
      end
      assert_operator growth, :<, 3_000
    end
  end

  private

  # Returns the smallest growth in kilobytes over several runs. A leak grows in every run; memory
  # that malloc keeps does not.
  def least_growth
    growths = Array.new(5) do
      before = rss_kilobytes
      yield
      GC.start
      rss_kilobytes - before
    end
    growths.min
  end

  def answer(head)
    if head.include?("page=")
      return FakeServer.json({connections: [{connection_id: "c", x: "x" * 20_000}]})
    end
    if head.include?("/missing")
      return FakeServer.json({error: {message: "x" * 5000}}, status: "400 Bad Request")
    end

    FakeServer.json({connection_id: "alice", metadata: {text: "x" * 20_000}, credentials: {}})
  end

  def everything(client, server)
    client.get_connection(**alice)
    assert_raises(LibNango::Error::BadRequest) do
      client.get_connection(provider_config_key: "github", connection_id: "missing")
    end
    client_of(server.url).close
    client.list_connections(page_size: 1).first
    server.requests.clear
  end
end
