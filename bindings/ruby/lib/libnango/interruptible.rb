# frozen_string_literal: true

module LibNango
  # Ends calls from another thread.
  # @api private
  class Cancel
    # What the native functions take.
    attr_reader :pointer

    def initialize
      @pointer = FFI::AutoPointer.new(Native.nango_cancel_new, Native.method(:nango_cancel_free))
    end

    def trigger
      Native.nango_cancel_trigger(@pointer)
    end

    def free
      @pointer.free
    end
  end
  private_constant :Cancel

  # Runs native calls that block so that Timeout.timeout, Thread#kill, Thread#raise and Ctrl-C end them at once.
  #
  # Ruby cannot interrupt a thread inside a native function. So the call is made by a helper thread, and the caller's
  # waits for it in Ruby. What interrupts the wait also cancels the call, and the helper ends with it. A waiting fiber
  # gives way to its scheduler too.
  # @api private
  module Interruptible
    # Kills are no exceptions; only Object stands for all that one thread can do to another.
    NEVER = {Object => :never}.freeze
    private_constant :NEVER

    class << self
      # Runs the block, which gets a {Cancel} for its call, and returns what it returns.
      def run
        cancel = Cancel.new
        result = run_with(cancel) { yield cancel }
        cancel.free # otherwise the collector's: the helper may not be through with it
        result
      end

      # Runs the block, whose call was given `cancel`, and returns what it returns.
      def run_with(cancel, &)
        helper = outcome = nil
        begin
          # The helper inherits the mask: what it takes from the library it also frees.
          Thread.handle_interrupt(NEVER) { helper = Thread.new { outcome = outcome_of(&) } }
          # Not masked, and not unmasked either: whether the caller may be interrupted is the caller's to say.
          helper.join
        ensure
          Thread.handle_interrupt(NEVER) { cancel.trigger if helper&.alive? }
          helper&.join
        end
        value, error = outcome
        return value unless error

        # The helper's stack begins in the helper; who is looking for the mistake needs the caller's too.
        error.set_backtrace(error.backtrace + caller)
        raise error
      end

      private

      # Whatever the block does, the helper must not print it, and the caller must know.
      def outcome_of
        Thread.current.name = "libnango"
        [yield, nil]
      rescue Exception => e # rubocop:disable Lint/RescueException
        [nil, e]
      end
    end
  end
  private_constant :Interruptible
end
