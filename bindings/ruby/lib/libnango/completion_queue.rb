# frozen_string_literal: true

require "io/wait"

module LibNango
  # Waits for calls and blocks only the calling thread or fiber.
  #
  # The library runs the call on its background thread, and makes a file descriptor readable when
  # the call completes. Waiting for a descriptor works well in Ruby: other threads run meanwhile, a
  # fiber yields to its scheduler, and Timeout.timeout, Thread#kill, Thread#raise and Ctrl-C end the
  # wait at once. Two calls must not wait on one descriptor. Each call therefore borrows a queue
  # exclusively and returns it empty.
  # @api private
  class CompletionQueue
    include Uncopyable

    # How many idle queues are kept for later calls; each uses one descriptor.
    KEPT = 64
    private_constant :KEPT

    # Masks Thread#kill as well as Thread#raise: a kill is not an Exception, so the class is Object.
    NEVER = {Object => :never}.freeze
    private_constant :NEVER

    @idle = Thread::Queue.new

    class << self
      # Starts a call with the block and waits for it. The block receives a queue and an error_out,
      # and returns a ticket. Closing the client's handle ends the wait.
      # @return [String, nil] the call's result; nil at the end of a list
      # @raise [Error]
      def result(handle, &)
        queue = call = nil
        begin
          Thread.handle_interrupt(NEVER) do
            queue = borrow
            handle.remember(call = queue.submit(&))
          end
          # Neither masked nor unmasked: the caller's own mask applies.
          queue.result
        rescue Error::Cancelled
          raise unless call&.closed?

          raise Error::Closed, "the client was closed during the call", cause: nil
        ensure
          Thread.handle_interrupt(NEVER) { give_back(queue, handle, call) } if queue
        end
      end

      private

      # A queue inherited from the parent process is left to the garbage collector; freeing it here
      # does not affect the parent's descriptor. The same holds for a queue whose descriptor the
      # program closed.
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
        # Another thread took it.
      end

      # Another thread that closes the client may still use the queue, which is then left to the
      # garbage collector.
      def give_back(queue, handle, call)
        in_use = call && !handle.forget(call)
        return if !queue.clear || queue.inherited? || in_use

        @idle.size < KEPT ? @idle.push(queue) : queue.free
      end
    end

    # A call that waits, for the handle of its client.
    class Call
      def initialize(queue, ticket)
        @queue = queue
        @ticket = ticket
        @closed = false
      end

      # Ends the call, because its client was closed.
      def close
        @closed = true
        @queue.cancel(@ticket) unless @queue.inherited?
      end

      def closed?
        @closed
      end
    end
    private_constant :Call

    def initialize
      pointer = Native.checked { |error| Native.nango_queue_new(error) }
      @freed = Thread::Queue.new
      @pointer = Native.owned(pointer, @freed, Native.method(:nango_queue_free))
      @io = IO.for_fd(Native.nango_queue_fd(@pointer), "r", autoclose: false)
      @completion = Native::Completion.new
    end

    # Starts a call; see {CompletionQueue.result}.
    # @return [Call]
    def submit
      @ticket = Native.checked { |error| yield @pointer, error }
      Call.new(self, @ticket)
    end

    # Cancels a call.
    def cancel(ticket)
      Native.nango_queue_cancel(@pointer, ticket)
    end

    # Waits until the call completes.
    # @return [String, nil]
    # @raise [Error]
    def result
      loop do
        waited = @io.wait_readable
        Thread.handle_interrupt(NEVER) { return taken if take }
        raise_forked if inherited?

        ran_out unless waited
      end
    end

    # Cancels the call if it is still in flight, and discards its result.
    # @return [Boolean] whether the queue is empty
    def clear
      return true unless @ticket

      Native.nango_queue_cancel(@pointer, @ticket)
      return false unless take

      drop
      true
    end

    # Returns whether the queue belongs to the parent process, was freed, or is unusable for another
    # reason.
    def inherited?
      !@freed.empty? || Native.nango_queue_fd(@pointer).negative?
    end

    # Frees the queue and its descriptor. The queue must not be used after that.
    def free
      @pointer.free
    end

    private

    def raise_forked
      raise Error::WrongProcess, "the call was started before the process forked; start it again"
    end

    # The wait has no time limit, so a timeout around the call ended it. Some schedulers, such as
    # async's, mistake that exception for the wait's own timeout and swallow it; raise it again.
    def ran_out
      raise Async::TimeoutError, "execution expired" if defined?(Async::TimeoutError)

      raise Error::Timeout, "the fiber scheduler ended the wait; retry the call"
    end

    # Takes the call's completion, if there is one. A completion with another ticket is left over
    # from a call that was interrupted in spite of the mask, for example by Ctrl-C.
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
