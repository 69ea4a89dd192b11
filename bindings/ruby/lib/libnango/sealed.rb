# frozen_string_literal: true

module LibNango
  # Hides a value in a closure, where code that walks an object's instance variables cannot see it.
  # @api private
  module Sealed
    # The closure's self is this module, which Ractors may share, so a frozen value stays shareable.
    # @return [Proc] returns the value
    def self.of(value)
      -> { value }
    end
  end
  private_constant :Sealed

  # Makes Marshal and YAML reject an object, each through its own hook.
  # @api private
  module Undumpable
    # Marshal and YAML would write every field of the object, so both are rejected.
    # @raise [TypeError]
    def marshal_dump
      raise TypeError, "a #{self.class} cannot be written by Marshal or YAML: #{undumpable}"
    end

    # The same for YAML; see {#marshal_dump}.
    # @raise [TypeError]
    def encode_with(_coder)
      marshal_dump
    end
  end
  private_constant :Undumpable

  # Forbids copies of an object that owns a native object: each copy would free it once more.
  # @api private
  module Uncopyable
    include Undumpable

    # For dup, clone and Ractor.new.
    # @raise [TypeError]
    def initialize_copy(_original)
      raise TypeError, "a #{self.class} cannot be copied or passed to a Ractor; share this one, " \
                       "which any number of threads may use"
    end

    # ActiveSupport's deep_dup then shares the object.
    def duplicable?
      false
    end

    private

    def undumpable
      "it holds connections; create one where it is needed"
    end
  end
  private_constant :Uncopyable
end
