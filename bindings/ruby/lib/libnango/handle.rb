# frozen_string_literal: true

module LibNango
  # A native object that any number of threads use and one may close: it is freed once, when the
  # last use ends, and at the latest when nobody refers to it. The library must not be asked to free
  # what is just being entered.
  #
  # There is no lock in it, because a signal handler may not take one: who uses it is seen before it
  # looks whether it is closed, and who closes it says so before it looks for users, so that one of
  # the two always sees the other.
  # @api private
  class Handle
    include Uncopyable

    # @param pointer [FFI::Pointer] owned from here on
    # @param free [Method] the function that frees it
    # @param what [String] its name for messages
    def initialize(pointer, free, what)
      @freed = Thread::Queue.new
      @pointer = Native.owned(pointer, @freed, free)
      @what = what
      @uses = Thread::Queue.new
      @closed = false
      # Who takes it out frees it.
      @to_free = Thread::Queue.new
      @to_free << @pointer
    end

    # Yields the pointer, which stays good until the block ends.
    # @raise [Error::InvalidArgument] when it is closed
    def use
      @uses << true
      begin
        raise Error::InvalidArgument, "the #{@what} is closed" if @closed || !@freed.empty?

        yield @pointer
      ensure
        @uses.pop
        free_if_unused
      end
    end

    # Frees the object when its last use ends. May be called again.
    def close
      @closed = true
      free_if_unused
    end

    def closed?
      @closed
    end

    # For Ractor.make_shareable: what is closed later cannot be frozen.
    # @raise [TypeError]
    def freeze
      raise TypeError, "a #{@what} cannot be made shareable: any number of threads may share it, " \
                       "and no Ractor"
    end

    private

    def free_if_unused
      return unless @closed && @uses.empty?

      @to_free.pop(true).free
    rescue ThreadError
      # It is freed already.
    end
  end
  private_constant :Handle
end
