# frozen_string_literal: true

module LibNango
  # Keeps a value where nothing looks that walks through an object's instance variables: in a
  # closure.
  # @api private
  module Sealed
    # The closure's self is this module, which Ractors may share, so that what is frozen stays
    # shareable.
    # @return [Proc] which returns the value
    def self.of(value)
      -> { value }
    end
  end
  private_constant :Sealed

  # An object that Marshal and YAML refuse, each by its own hook.
  # @api private
  module Undumpable
    # What Marshal and YAML would write of an object is all that is in it.
    # @raise [TypeError]
    def marshal_dump
      raise TypeError, "a #{self.class} is not written by Marshal or YAML: #{undumpable}"
    end

    # As {#marshal_dump}.
    # @raise [TypeError]
    def encode_with(_coder)
      marshal_dump
    end
  end
  private_constant :Undumpable

  # A native object, of which there is one: it would be freed as often as it was copied.
  # @api private
  module Uncopyable
    include Undumpable

    # For dup, clone and Ractor.new.
    # @raise [TypeError]
    def initialize_copy(_original)
      raise TypeError, "a #{self.class} cannot be copied, nor passed to a Ractor: any number of " \
                       "threads may share it"
    end

    # For deep_dup of ActiveSupport, which then shares it.
    def duplicable?
      false
    end

    private

    def undumpable
      "it holds connections; make one where it is needed"
    end
  end
  private_constant :Uncopyable
end
