# frozen_string_literal: true

require_relative "test_helper"

# What is taken from the library is given back, whatever the collector does meanwhile.
class MemoryTest < Minitest::Test
  include Support

  def rss_kilobytes
    File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i
  end

  def open_files
    Dir.children("/proc/self/fd").size
  end

  def test_calls_while_the_collector_runs_all_the_time
    client = new_client
    GC.stress = true
    3.times do
      assert_equal "at-bob", client.get_token(**bob)
      assert_equal "bob", client.get_connection(**bob).connection_id
      assert_equal 4, client.list_connections(page_size: 2).first(4).size
      assert_raises(LibNango::Error::NotFound) { client.get_token(provider_config_key: "github", connection_id: "no") }
    end
    client.close
  ensure
    GC.stress = false
  end

  def test_the_heap_may_be_compacted
    client = new_client
    2.times do
      GC.compact
      assert_equal "at-bob", client.get_token(**bob)
    end
    GC.verify_compaction_references(toward: :empty, double_heap: true) if GC.respond_to?(:verify_compaction_references)
    assert_equal "at-bob", client.get_token(**bob)
  rescue NotImplementedError
    skip "this Ruby cannot compact"
  end

  def test_nothing_grows
    FakeServer.open(method(:answer)) do |server|
      client = client_of(server.url)
      1000.times { everything(client, server) }
      GC.start
      rss = rss_kilobytes
      files = open_files
      1500.times { everything(client, server) }
      GC.start
      # A leak of the answers would be 65 MB; malloc needs some room to settle.
      assert_operator rss_kilobytes - rss, :<, 30_000
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
      interrupt = lambda do |times|
        times.times do
          assert_raises(Timeout::Error) { Timeout.timeout(0.003) { client.get_token(**alice) } }
        end
        assert_no_helpers
        GC.start
      end
      interrupt.call(100)
      rss = rss_kilobytes
      interrupt.call(300)
      assert_operator rss_kilobytes - rss, :<, 15_000
    end
  end

  private

  def answer(head)
    return FakeServer.json({connections: [{connection_id: "c", x: "x" * 20_000}]}) if head.include?("page=")
    return FakeServer.json({error: {message: "x" * 5000}}, status: "400 Bad Request") if head.include?("/missing")

    FakeServer.json({connection_id: "c", metadata: {text: "x" * 20_000}, credentials: {}})
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
