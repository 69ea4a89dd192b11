# frozen_string_literal: true

require_relative "test_helper"
require "English"
require "tmpdir"

# In every phase, a call ends at its timeout, when Timeout.timeout expires, and when its thread is
# killed.
class PhasesTest < Minitest::Test
  include Support

  SECONDS = 0.3
  CALLS = 5
  # On an idle machine.
  LATE = 0.25
  # Set in a Ruby process whose host name lookups hang.
  LOOKUPS_HANG = "NANGO_RUBY_TEST_LOOKUPS_HANG"
  LOOKUP = <<~C
    #include <unistd.h>
    int getaddrinfo(const char *host, const char *service, const void *hints, void **result) {
      sleep(60);
      return -3;
    }
  C

  def test_looking_up
    return assert_ends("looking up", "http://nango.example") if ENV[LOOKUPS_HANG]

    Dir.mktmpdir do |folder|
      File.write("#{folder}/slow.c", LOOKUP)
      assert system("cc", "-shared", "-fPIC", "-o", "#{folder}/slow.so", "#{folder}/slow.c")
      again = [RbConfig.ruby, "-I", File.expand_path("../lib", __dir__), __FILE__,
               "-n", __method__.to_s]
      variables = {"LD_PRELOAD" => "#{folder}/slow.so", LOOKUPS_HANG => "yes"}
      figures = IO.popen(variables, again, &:read)
      assert_predicate $CHILD_STATUS, :success?, figures
      figures.each_line(chomp: true) { |line| FIGURES << line if line.include?("late by") }
    end
  end

  def test_connecting
    listener, held = full_listener
    assert_ends("connecting", "http://127.0.0.1:#{listener.local_address.ip_port}")
  ensure
    [listener, *held].compact.each(&:close)
  end

  def test_tls_handshake
    FakeServer.open do |server|
      assert_ends("in the TLS handshake", server.url.sub("http:", "https:"))
    end
  end

  def test_waiting
    FakeServer.open { |server| assert_ends("waiting", server.url) }
  end

  # The server sends a byte every 20 ms, which must not extend the timeout.
  def test_reading
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    drip = lambda do |socket|
      socket.gets("\r\n\r\n") && socket.write(head)
      socket.write("1\r\n \r\n") while sleep(0.02)
    rescue SystemCallError
      socket.close
    end
    server = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new { loop { Thread.new(server.accept, &drip) } }
    assert_ends("reading", "http://127.0.0.1:#{server.addr[1]}")
  ensure
    thread&.kill&.join
    server&.close
  end

  # Without the call's own timeout: with it, a call does not wait for a retry beyond its deadline.
  def test_backing_off
    wait = FakeServer.json({}, status: "503 No", headers: "Retry-After: 5\r\n")
    FakeServer.open(wait) do |server|
      assert_ends("waiting for Retry-After", server.url, by_itself: false, max_retries: 2,
                                                         max_retry_wait: 60)
    end
    FakeServer.open(FakeServer.json({}, status: "500 No")) do |server|
      assert_ends("backing off", server.url, by_itself: false, max_retries: 1000)
    end
  end

  private

  # Checks and records how late each call ended, for each way to end it.
  def assert_ends(phase, url, by_itself: true, **options)
    client = client_of(url, **options)
    ways = {"Timeout.timeout" => -> { by_timeout(client) }, "Thread#kill" => -> { by_kill(client) }}
    ways["its timeout"] = -> { by_its_timeout(client) } if by_itself
    ways.each do |way, call|
      began = now
      late = Array.new(CALLS) { call.call }.sort
      median, most = [late[CALLS / 2], late.last].map { |seconds| (seconds * 1000).round(1) }
      figure("#{phase}, ended by #{way}", "late by #{median} ms, at most #{most}")
      assert_operator late.last, :<, allowed(LATE, began), "#{phase}, #{way}"
    end
  ensure
    client&.close
  end

  def by_timeout(client)
    call = -> { Timeout.timeout(SECONDS) { client.get_token(**alice) } }
    elapsed { assert_raises(Timeout::Error, &call) } - SECONDS
  end

  def by_its_timeout(client)
    seconds = elapsed do
      assert_raises(LibNango::Error::Timeout) { client.get_token(**alice, timeout: SECONDS) }
    end
    assert_operator seconds, :>, SECONDS - 0.005
    seconds - SECONDS
  end

  def by_kill(client)
    thread = Thread.new { client.get_token(**alice) }
    sleep(0.1)
    elapsed { thread.kill.join }
  end

  # Returns a listener that accepts nothing and whose backlog is full.
  def full_listener
    listener = Socket.new(:INET, :STREAM)
    listener.bind(Addrinfo.tcp("127.0.0.1", 0))
    listener.listen(0)
    held = []
    while held.size < 8
      held << (socket = Socket.new(:INET, :STREAM))
      begin
        socket.connect_nonblock(listener.local_address)
      rescue IO::WaitWritable
        return [listener, held] unless socket.wait_writable(0.2)
      end
    end
    flunk "the backlog does not fill up"
  end
end
