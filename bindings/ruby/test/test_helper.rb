# frozen_string_literal: true

require "json"
require "minitest/autorun"
require "net/http"
require "socket"
require "timeout"
require "libnango"

# Functions of the library that only tests use.
module Library
  extend FFI::Library
  ffi_lib ENV.fetch("NANGO_LIB_PATH", "libnango.so.0")
  attach_function :nango_live_objects, [], :int64
end

# How late this machine is: a process that only sleeps shows it. Tests that measure time allow for
# it, so that they do not fail because other programs use the processor.
module Machine
  STEP = 0.005
  # Prints how late it woke up, for each step.
  SLEEPER = <<~RUBY.freeze
    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    $stdout.sync = true
    loop do
      began = now
      sleep(#{STEP})
      puts "\#{began} \#{now - began - #{STEP}}"
    rescue Errno::EPIPE
      exit!
    end
  RUBY

  @sleeps = []
  @unread = +""
  @output = IO.popen([RbConfig.ruby, "--disable=gems", "-e", SLEEPER])

  # How late it woke up since then: on average, and at most.
  def self.lateness(since)
    loop { @unread << @output.read_nonblock(1 << 16) }
  rescue IO::WaitReadable
    while (line = @unread.slice!(/\A.*\n/))
      @sleeps << line.split.map(&:to_f)
    end
    late = @sleeps.reverse.take_while { |began, _| began + STEP >= since }.map(&:last)
    [late.sum / [late.size, 1].max, late.max || 0]
  end
end

# Helpers that the tests share.
module Support
  VECTORS = File.expand_path("../../../tests/conformance", __dir__)
  KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"

  # An environment variable that nango-dev sets.
  def self.env(name)
    ENV.fetch(name) do
      raise "#{name} is not set; run the tests with " \
            "nango-dev --tls-port 0 --vectors tests/conformance -- rake test"
    end
  end

  def env(name)
    Support.env(name)
  end

  def new_client(**options)
    defaults = {secret_key: env("NANGO_SECRET_KEY"), base_url: env("NANGO_HOST")}
    LibNango::Client.new(**defaults.merge(options))
  end

  # A client that waits for the network no longer than a test does.
  def client_of(url, **options)
    defaults = {secret_key: KEY, base_url: url, max_retries: 0, timeout: 20}
    LibNango::Client.new(**defaults.merge(options))
  end

  def alice
    {provider_config_key: "github", connection_id: "alice"}
  end

  def bob
    {provider_config_key: "github", connection_id: "bob"}
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def elapsed
    start = now
    yield
    now - start
  end

  # How long something may take that began then: `flat` on an idle machine, and more on a busy one.
  def allowed(flat, began)
    average, most = Machine.lateness(began)
    (flat * (1 + (average / 0.002))) + (4 * most)
  end

  # Fails if what has just ended took longer than `flat` seconds, which is for an idle machine.
  def assert_took_less(flat, took, message = nil)
    assert_operator took, :<, allowed(flat, now - took), message
  end

  # How many of the library's objects and texts this process holds, not counting garbage and idle
  # queues.
  def live_objects
    5.times { GC.start && sleep(0.01) }
    Library.nango_live_objects
  end

  # Records a measured figure, to be printed after the run.
  def figure(name, value)
    FIGURES << "  #{name}: #{value}"
  end

  FIGURES = [] # rubocop:disable Style/MutableConstant
  FAILED = [] # rubocop:disable Style/MutableConstant
  Minitest.after_run do
    puts "figures:", FIGURES.sort unless FIGURES.empty?
    # Repeated at the end, where a truncated log still has it.
    puts "failed:", FAILED unless FAILED.empty?
  end

  def after_teardown
    super
    FAILED << "  #{self.class}##{name}: #{failure.message}" unless passed? || skipped?
  end

  # Runs the block in a child process and returns its status. Prints any exception.
  def in_child
    pid = fork do
      yield
      exit!(0)
    rescue Exception => e # rubocop:disable Lint/RescueException
      warn e.full_message(highlight: false)
      exit!(1)
    end
    Timeout.timeout(30) { Process.wait2(pid).last }
  ensure
    kill(pid)
  end

  # Runs a script in a separate Ruby process.
  def run_ruby(script, *arguments)
    lib = File.expand_path("../lib", __dir__)
    system(RbConfig.ruby, "-I", lib, "-rlibnango", "-e", script, *arguments)
  end

  # Returns the output of such a script.
  def ruby_says(script, *arguments)
    lib = File.expand_path("../lib", __dir__)
    IO.popen([RbConfig.ruby, "-I", lib, "-rlibnango", "-e", script, *arguments], &:read)
  end

  # Kills a child that is still running. A child that was already waited for is left alone: another
  # process may have its id by now.
  def kill(pid)
    return if pid.nil? || Process.wait(pid, Process::WNOHANG)

    Process.kill(:KILL, pid)
    Process.wait(pid)
  rescue Errno::ECHILD
    # It was already waited for.
  end
end

# A server that answers each request with `answer`, or with its result if it is callable. If that is
# nil, it sends no answer. It records the requests.
class FakeServer
  attr_reader :requests, :connections

  def self.open(answer = nil, &block)
    server = new(answer)
    block.call(server)
  ensure
    server&.close
  end

  def self.json(body, status: "200 OK", headers: "")
    body = JSON.generate(body) unless body.is_a?(String)
    "HTTP/1.1 #{status}\r\nContent-Type: application/json\r\n" \
      "Content-Length: #{body.bytesize}\r\n#{headers}\r\n#{body}"
  end

  def initialize(answer, port = 0)
    @answer = answer
    @requests = []
    @connections = 0
    @sockets = []
    @server = TCPServer.new("127.0.0.1", port)
    @threads = [Thread.new { accept }]
  end

  def url
    "http://127.0.0.1:#{@server.addr[1]}"
  end

  # How many threads are running.
  def threads
    @threads.count(&:alive?)
  end

  def close
    @server.close
    @threads.each(&:kill).each(&:join)
    @sockets.each(&:close)
  end

  private

  def accept
    loop do
      socket = @server.accept
      @connections += 1
      @sockets << socket
      @threads << Thread.new { serve(socket) }
    end
  rescue IOError
    # Closed.
  end

  def serve(socket)
    while (head = socket.gets("\r\n\r\n"))
      request = head + socket.read(head[/^content-length: (\d+)\r$/i, 1].to_i)
      @requests << request
      answer = @answer.respond_to?(:call) ? @answer.call(request) : @answer
      socket.write(answer) if answer
    end
  rescue IOError, SystemCallError
    # The client closed the connection.
  end
end
