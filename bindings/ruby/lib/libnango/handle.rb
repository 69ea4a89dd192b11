# frozen_string_literal: true

module LibNango
  # Owns a native object that any number of threads may use and any of them may close. The object is
  # freed exactly once: when it is closed and its last use ends, or at the latest when it is garbage
  # collected. It is never freed while a thread enters a native function with it.
  #
  # It uses no lock, because a signal handler may not take one. {#use} registers the use before it
  # checks whether the handle is closed, and {#close} marks the handle closed before it checks for
  # uses, so at least one of the two sees the other.
  # @api private
  class Handle
    include Uncopyable

    # @param pointer [FFI::Pointer] the handle takes ownership of it
    # @param free [Method] the function that frees it
    # @param what [String] its name in messages
    def initialize(pointer, free, what)
      @freed = Thread::Queue.new
      @pointer = Native.owned(pointer, @freed, free)
      @what = what
      @uses = Thread::Queue.new
      @closed = false
      # Holds the pointer until a thread takes it out and frees it, so only one does.
      @to_free = Thread::Queue.new
      @to_free << @pointer
      @waiting = {}.compare_by_identity
    end

    # Yields the pointer, which stays valid until the block returns.
    # @raise [Error::Closed] if the handle is closed
    def use
      @uses << true
      begin
        unusable = @closed || !@freed.empty?
        raise Error::Closed, "the #{@what} is closed; create a new one" if unusable

        yield @pointer
      ensure
        @uses.pop
        free_if_unused
      end
    end

    # Frees the object when its last use ends, and ends the calls that wait. Closing it again does
    # nothing.
    def close
      @closed = true
      free_if_unused
      # A copy, because other threads add calls meanwhile.
      calls = @waiting.keys
      calls.each { |call| call.close if @waiting.delete(call) }
    end

    # Has {#close} end a call that waits, until {#forget}.
    def remember(call)
      @waiting[call] = true
      call.close if @closed && @waiting.delete(call)
    end

    # @return [Boolean] whether {#close} did not end the call
    def forget(call)
      @waiting.delete(call) || false
    end

    def closed?
      @closed
    end

    # Called by Ractor.make_shareable. A handle can be closed later, so it cannot be frozen.
    # @raise [TypeError]
    def freeze
      raise TypeError, "a #{@what} cannot be made shareable; any number of threads may share it, " \
                       "but Ractors may not"
    end

    private

    def free_if_unused
      return unless @closed && @uses.empty?

      @to_free.pop(true).free
    rescue ThreadError
      # Already freed.
    end
  end
  private_constant :Handle
end
