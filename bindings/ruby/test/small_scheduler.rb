# frozen_string_literal: true

# The least that a fiber scheduler can be, with what Timeout.timeout asks of one; see
# Fiber::SchedulerInterface.
class SmallScheduler
  # Runs the block in a thread of its own, as the first of its fibers, and returns what it returns.
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

  # The thread has ended: what its fibers still have to do.
  def close
    turn until @readable.empty? && @timers.empty? && @blocked.zero? && @ready.empty?
    @wake.each(&:close)
  end

  def fiber(&)
    Fiber.new(blocking: false, &).tap(&:resume)
  end

  def io_wait(io, events, timeout)
    raise "two fibers wait on one IO" if @readable.key?(io)
    raise "the library waits to read, and has its deadlines itself" if events != IO::READABLE || timeout

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

  # From any thread.
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

  # A timer that an earlier one has made needless is gone by now.
  def fire(timer)
    @timers.delete(timer)&.last&.call
  end

  def due
    @timers.select { |time, _| time <= now }
  end

  # How long nothing but a descriptor has to be waited for; nil: for ever.
  def patience
    return 0 unless @ready.empty?

    @timers.map { |time, _| time - now }.min&.clamp(0, nil)
  end
end
