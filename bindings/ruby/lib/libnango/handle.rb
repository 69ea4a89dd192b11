# frozen_string_literal: true

module LibNango
  # A native object that any number of threads use and one may close: it is freed once, when the last use ends, and
  # at the latest when nobody refers to it. The library must not be asked to free what is just being entered.
  # @api private
  class Handle
    # @param pointer [FFI::Pointer] owned from here on
    # @param free [Method] the function that frees it
    # @param what [String] its name for messages
    def initialize(pointer, free, what)
      @pointer = FFI::AutoPointer.new(pointer, free)
      @what = what
      @lock = Mutex.new
      @users = 0
      @closed = false
    end

    # Yields the pointer, which stays good until the block ends.
    # @raise [Error::InvalidArgument] when it is closed
    def use
      @lock.synchronize do
        raise Error::InvalidArgument, "the #{@what} is closed" if @closed

        @users += 1
      end
      begin
        yield @pointer
      ensure
        @lock.synchronize do
          @users -= 1
          free_if_unused
        end
      end
    end

    def close
      @lock.synchronize do
        @closed = true
        free_if_unused
      end
    end

    def closed?
      @closed
    end

    private

    def free_if_unused
      return unless @closed && @users.zero? && @pointer

      @pointer.free
      @pointer = nil
    end
  end
  private_constant :Handle
end
