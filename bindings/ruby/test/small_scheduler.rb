# frozen_string_literal: true

# A minimal fiber scheduler that also supports Timeout.timeout; see Fiber::SchedulerInterface.
class SmallScheduler
  # Runs the block in a new thread, as its first fiber, and returns the block's result.
  def self.run
    value = nil
    Thread.new do
      Fiber.set_scheduler(new)
      Fiber.schedule { value = yield }
    end.join
    value
  end

  def initialize
    @readable = {}
    @timers = []
    @ready = Thread::Queue.new
    @wake = IO.pipe
    @blocked = 0
  end

  # Called when the thread ends. Runs the remaining fibers to completion.
  def close
    turn until @readable.empty? && @timers.empty? && @blocked.zero? && @ready.empty?
    @wake.each(&:close)
  end

  def fiber(&)
    Fiber.new(blocking: false, &).tap(&:resume)
  end

  def io_wait(io, events, timeout)
    raise "two fibers wait on one IO" if @readable.key?(io)
    # The library only waits for reading, and enforces its own deadlines.
    raise "unexpected io_wait" if events != IO::READABLE || timeout

    @readable[io] = Fiber.current
    Fiber.yield
    events
  ensure
    @readable.delete(io)
  end

  def kernel_sleep(seconds)
    block(:sleep, seconds)
  end

  def block(_blocker, timeout = nil)
    fiber = Fiber.current
    timer = timeout && after(timeout) { fiber.resume }
    @blocked += 1
    Fiber.yield
  ensure
    @blocked -= 1
    @timers.delete(timer)
  end

  # May be called from any thread.
  def unblock(_blocker, fiber)
    @ready << fiber
    @wake.last.write_nonblock(".", exception: false)
  end

  def timeout_after(seconds, error, message)
    fiber = Fiber.current
    timer = after(seconds) { fiber.raise(error, message) }
    yield
  ensure
    @timers.delete(timer)
  end

  private

  def after(seconds, &action)
    timer = [now + seconds, action]
    @timers << timer
    timer
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def turn
    readable = IO.select([@wake.first, *@readable.keys], nil, nil, patience).to_a.first.to_a
    @wake.first.read_nonblock(4096) if readable.delete(@wake.first)
    [*readable.map { |io| @readable[io] }, *awake].each { |fiber| fiber.resume if fiber.alive? }
    due.each { |timer| fire(timer) }
  end

  def awake
    Array.new(@ready.size) { @ready.pop }
  end

  # Does nothing if an earlier timer already removed this one.
  def fire(timer)
    @timers.delete(timer)&.last&.call
  end

  def due
    @timers.select { |time, _| time <= now }
  end

  # How long to wait for descriptors before something else is due; nil: no limit.
  def patience
    return 0 unless @ready.empty?

    @timers.map { |time, _| time - now }.min&.clamp(0, nil)
  end
end
