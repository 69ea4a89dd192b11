# frozen_string_literal: true

require "io/wait"

module LibNango
  # Waits for calls without blocking more than the caller, be that a thread or a fiber.
  #
  # The library makes the call on a thread of its own and makes a descriptor readable when it is
  # done. Waiting for a descriptor is what Ruby does best: other threads run meanwhile, a fiber
  # gives way to its scheduler, and Timeout.timeout, Thread#kill, Thread#raise and Ctrl-C end the
  # wait at once. Two must not wait on one descriptor, so a call borrows a queue for itself, and
  # gives it back with nothing in it.
  # @api private
  class CompletionQueue
    include Uncopyable

    # How many are kept for the next calls; each is one descriptor.
    KEPT = 64
    private_constant :KEPT

    # Kills are no exceptions; only Object stands for all that one thread can do to another.
    NEVER = {Object => :never}.freeze
    private_constant :NEVER

    @idle = Thread::Queue.new

    class << self
      # Begins a call by the block, which gets a queue and an error_out and returns a ticket, and
      # waits for it.
      # @return [String, nil] what the call came to; nil: the end of a list
      # @raise [Error]
      def result(&)
        queue = nil
        begin
          Thread.handle_interrupt(NEVER) do
            queue = borrow
            queue.submit(&)
          end
          # Not masked, and not unmasked either: whether the caller may be interrupted is the
          # caller's to say.
          queue.result
        ensure
          Thread.handle_interrupt(NEVER) { give_back(queue) } if queue
        end
      end

      private

      # One of a parent's is left to the collector: freeing it here does not touch the parent's
      # descriptor. So is one whose descriptor the program closed.
      def borrow
        until @idle.empty?
          queue = pop_idle
          return queue if queue && !queue.inherited?
        end
        new
      end

      def pop_idle
        @idle.pop(true)
      rescue ThreadError
        # Another thread was faster.
      end

      def give_back(queue)
        return if !queue.clear || queue.inherited?

        @idle.size < KEPT ? @idle.push(queue) : queue.free
      end
    end

    def initialize
      pointer = Native.checked { |error| Native.nango_queue_new(error) }
      @freed = Thread::Queue.new
      @pointer = Native.owned(pointer, @freed, Native.method(:nango_queue_free))
      @io = IO.for_fd(Native.nango_queue_fd(@pointer), "r", autoclose: false)
      @completion = Native::Completion.new
    end

    # Begins a call; see {CompletionQueue.result}.
    def submit
      @ticket = Native.checked { |error| yield @pointer, error }
    end

    # Waits until the call is done.
    # @return [String, nil]
    # @raise [Error]
    def result
      loop do
        waited = @io.wait_readable
        Thread.handle_interrupt(NEVER) { return taken if take }
        raise Error::WrongProcess, "this call was begun before the process was forked" if inherited?

        ran_out unless waited
      end
    end

    # Ends the call if it still runs, and drops what it came to.
    # @return [Boolean] whether nothing is left in the queue
    def clear
      return true unless @ticket

      Native.nango_queue_cancel(@pointer, @ticket)
      return false unless take

      drop
      true
    end

    # Whether it belongs to the process that this one was forked from, or is not to be used for
    # another reason.
    def inherited?
      !@freed.empty? || Native.nango_queue_fd(@pointer).negative?
    end

    # Gives its descriptor back; nothing may use it after that.
    def free
      @pointer.free
    end

    private

    # The wait has no limit, and yet it ran out: a timeout around the call has ended it, and the
    # scheduler, as async's does, took the exception for the limit of the wait. So it is raised
    # here.
    def ran_out
      raise Async::TimeoutError, "execution expired" if defined?(Async::TimeoutError)

      raise Error::Timeout, "the fiber scheduler has ended the wait"
    end

    # Takes the call's completion, if it is there. One of another ticket is what an interrupt that
    # no mask holds off, as Ctrl-C is, has left behind.
    def take
      while Native.nango_queue_next(@pointer, @completion, 1, 0) == 1
        if @completion[:ticket] == @ticket
          @ticket = nil
          return true
        end
        drop
      end
      false
    end

    def taken
      raise Error.take(@completion[:error]) unless @completion[:error].null?

      Native.take_text(@completion[:json])
    end

    def drop
      Native.nango_error_free(@completion[:error])
      Native.nango_free_string(@completion[:json])
    end
  end
  private_constant :CompletionQueue
end
