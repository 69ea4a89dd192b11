# frozen_string_literal: true

require_relative "test_helper"

# A call blocks only its own thread, and every way that Ruby has to interrupt a thread ends it at
# once.
class InterruptTest < Minitest::Test
  include Support

  CALLS = {
    get_token: ->(client) { client.get_token(provider_config_key: "gh", connection_id: "c") },
    get_connection: lambda do |client|
      client.get_connection(provider_config_key: "gh", connection_id: "c")
    end,
    list_connections: ->(client) { client.list_connections.first },
    list_connections_json: ->(client) { client.list_connections_json },
    warm_up: ->(client) { client.warm_up }
  }.freeze

  # Calls in the main thread until SIGINT has interrupted it 200 times.
  INTERRUPTED_CALLS = <<~RUBY
    client = LibNango::Client.new(secret_key: "k", base_url: ARGV[0], timeout: 20)
    calling = false
    trap(:INT) do
      was_calling = calling
      calling = false
      raise Interrupt if was_calling
    end
    done = interrupted = number = 0
    $stdout.puts("ready").then { $stdout.flush }
    while interrupted < 200
      begin
        id = "c-\#{number += 1}"
        calling = true
        got = client.get_connection(provider_config_key: "gh", connection_id: id).connection_id
        calling = false
        got == id ? done += 1 : exit!(1)
      rescue Interrupt
        interrupted += 1
      end
    end
    GC.start
    exit!(done > 20 && Dir.children("/proc/self/fd").size < 100 ? 0 : 2)
  RUBY

  # A server that never answers, and a client that waits up to 20 seconds.
  def silence
    FakeServer.open do |server|
      client = client_of(server.url)
      yield client, server
      client.close
    end
  end

  def wait_for_request(server, count = 1)
    Timeout.timeout(30) { sleep(0.005) until server.requests.size >= count }
  end

  CALLS.each do |name, call|
    define_method("test_timeout_ends_#{name}") do
      silence do |client|
        seconds = elapsed do
          assert_raises(Timeout::Error) { Timeout.timeout(0.5) { call.call(client) } }
        end
        assert_operator seconds, :>=, 0.5
        assert_took_less 0.7, seconds
        figure("Timeout.timeout(0.5) ends #{name} after", "#{seconds.round(3)} s")
      end
    end
  end

  def test_kill
    silence do |client, server|
      thread = Thread.new { CALLS[:get_token].call(client) }
      wait_for_request(server)
      seconds = elapsed { thread.kill.join }
      assert_took_less 0.2, seconds
      figure("Thread#kill ends a call after", "#{(seconds * 1000).round(1)} ms")
      refute_predicate thread, :alive?
    end
  end

  def test_raise
    silence do |client, server|
      thread = Thread.new { CALLS[:get_token].call(client) }
      thread.report_on_exception = false
      wait_for_request(server)
      thread.raise(IOError, "enough")
      seconds = elapsed { assert_raises(IOError) { thread.join } }
      assert_took_less 0.2, seconds
      figure("Thread#raise ends a call after", "#{(seconds * 1000).round(1)} ms")
    end
  end

  def test_many_at_once
    silence do |client, server|
      threads = Array.new(20) { Thread.new { CALLS[:get_token].call(client) } }
      wait_for_request(server, 20)
      assert_took_less 1, (elapsed { threads.each(&:kill).each(&:join) })
    end
  end

  def test_who_masks_interrupts_is_not_interrupted
    FakeServer.open(->(_) { sleep(0.3) && FakeServer.json({connection_id: "c"}) }) do |server|
      client = client_of(server.url)
      got = nil
      thread = Thread.new do
        Thread.handle_interrupt(IOError => :never) { got = CALLS[:get_connection].call(client) }
      end
      thread.report_on_exception = false
      wait_for_request(server)
      thread.raise(IOError)
      assert_raises(IOError) { thread.join }
      assert_equal "c", got.connection_id
    end
  end

  def test_after_an_interrupt_the_client_works_and_reads_no_answer_of_another_call
    number = 0
    answer = lambda do |_|
      mine = number += 1
      sleep(0.15) if mine.odd?
      FakeServer.json({provider: "p-#{mine}"})
    end
    FakeServer.open(answer) do |server|
      client = client_of(server.url)
      5.times do
        assert_raises(Timeout::Error) do
          Timeout.timeout(0.05) { CALLS[:get_connection].call(client) }
        end
        assert_equal "p-#{number + 1}", CALLS[:get_connection].call(client).provider
      end
    end
  end

  def test_a_list_goes_on_elsewhere_after_a_timeout_in_the_callers_block
    FakeServer.open(FakeServer.json({connections: [{connection_id: "c"}]})) do |server|
      assert_raises(Timeout::Error) do
        Timeout.timeout(0.2) { client_of(server.url).list_connections { sleep } }
      end
    end
  end

  def test_ctrl_c
    server = TCPServer.new("127.0.0.1", 0)
    {INT: Interrupt, TERM: SignalException}.each do |signal, error|
      reader, pid = interrupted_child("http://127.0.0.1:#{server.addr[1]}", error)
      server.accept.gets("\r\n\r\n")
      seconds = elapsed do
        Process.kill(signal, pid)
        assert_equal error.name, reader.gets&.chomp
        assert_equal 0, Process.wait2(pid).last.exitstatus
      end
      assert_took_less 0.5, seconds
      figure("SIG#{signal} ends a call after",
             "#{(seconds * 1000).round(1)} ms, and the process with it")
    ensure
      kill(pid)
    end
  end

  # No mask delays an exception that a signal raises in the main thread: it may arrive between any
  # two steps of a call.
  def test_signals_at_any_moment
    echo = lambda do |head|
      sleep(rand * 0.002) && FakeServer.json({connection_id: head[%r{/connection/([^?]*)}, 1]})
    end
    FakeServer.open(echo) do |server|
      assert_equal 0, with_interrupts(INTERRUPTED_CALLS, server.url)
    end
  end

  def test_a_process_ends_while_a_thread_calls
    script = <<~RUBY
      client = LibNango::Client.new(secret_key: "k", base_url: ARGV[0], timeout: 20)
      Thread.new { client.get_token(provider_config_key: "gh", connection_id: "c") }
      sleep 0.3
    RUBY
    FakeServer.open do |server|
      seconds = elapsed { assert run_ruby(script, server.url) }
      assert_took_less 3, seconds
      assert_equal 1, server.requests.size
    end
  end

  def test_a_call_from_a_trap
    FakeServer.open(FakeServer.json({connection_id: "c"})) do |server|
      client = client_of(server.url)
      got = nil
      before = trap(:USR2) { got = CALLS[:get_connection].call(client) }
      Process.kill(:USR2, Process.pid)
      Timeout.timeout(60) { sleep(0.01) until got }
      assert_equal "c", got.connection_id
    ensure
      trap(:USR2, before || "DEFAULT")
    end
  end

  CALLS.each do |name, call|
    # It only connects, and this server accepts connections.
    next if name == :warm_up

    define_method("test_closing_the_client_ends_#{name}") do
      silence do |client, server|
        waiting = Array.new(3) do
          Thread.new { assert_raises(LibNango::Error::Closed) { call.call(client) } }
        end
        wait_for_request(server, 3)
        took = elapsed do
          client.close
          messages = waiting.map { |thread| thread.value.message }
          assert_includes messages.join, "closed during the call"
        end
        assert_took_less 1, took
        assert_raises(LibNango::Error::Closed) { call.call(client) }
      end
    end
  end

  # In a signal handler, which may take no lock.
  def test_closing_in_a_signal_handler
    silence do |client, server|
      before = trap(:USR2) { client.close }
      sender = Thread.new do
        wait_for_request(server)
        Process.kill(:USR2, Process.pid)
      end
      assert_raises(LibNango::Error::Closed) { client.get_token(**bob) }
      sender.join
    ensure
      trap(:USR2, before)
    end
  end

  def test_closing_a_client_leaves_the_calls_of_others
    FakeServer.open(->(_) { sleep(0.3) && FakeServer.json({}) }) do |server|
      closed = client_of(server.url)
      other = client_of(server.url)
      threads = [closed, other].map { |client| Thread.new { client.list_connections_json } }
      threads.each { |thread| thread.report_on_exception = false }
      wait_for_request(server, 2)
      closed.close
      assert_raises(LibNango::Error::Closed) { threads.first.value }
      assert_equal "{}", threads.last.value
      5.times { assert_equal "{}", other.list_connections_json }
    end
  end

  def test_closing_while_others_call
    FakeServer.open(->(_) { sleep(0.01) && FakeServer.json({}) }) do |server|
      20.times do
        client = client_of(server.url)
        threads = Array.new(8) do
          Thread.new do
            loop { CALLS[:get_connection].call(client) }
          rescue LibNango::Error::Closed => e
            e.message
          end
        end
        sleep(0.02)
        client.close
        assert_empty threads.map(&:value).uniq - ["the client is closed; create a new one",
                                                  "the client was closed during the call"]
      end
    end
  end

  private

  # Returns the exit status of a script that is sent SIGINT all the time.
  def with_interrupts(script, url)
    lib = File.expand_path("../lib", __dir__)
    child = IO.popen([RbConfig.ruby, "-I", lib, "-rlibnango", "-e", script, url])
    child.gets
    Timeout.timeout(20) do
      until (ended = Process.wait2(child.pid, Process::WNOHANG))
        Process.kill(:INT, child.pid)
        sleep(0.001 + (rand * 0.01))
      end
      ended.last.exitstatus
    end
  ensure
    kill(child&.pid)
  end

  # A child that calls until it is interrupted, and then prints the exception's class.
  def interrupted_child(url, error)
    reader, writer = IO.pipe
    pid = fork do
      client_of(url).get_token(**alice)
    rescue error => e
      writer.puts e.class
      exit!(Thread.list.size == 1 ? 0 : 3)
    end
    writer.close
    [reader, pid]
  end
end
