# frozen_string_literal: true

require "json"
require "time"

module LibNango
  # An object of Nango's, as the server wrote it: the readers of the classes below give what is
  # known, and take a field of another type than they say for absent; {#[]}, {#dig} and {#to_h} give
  # everything, fields that the gem has never heard of included. Nothing in it can be changed.
  #
  # Only those three show a secret. What writes an object shows what {#inspect} does (`to_s`, `pp`,
  # `to_json`, `as_json`), or raises TypeError (`Marshal.dump`, `to_yaml`), since what is written
  # that way is to be read again: write what is needed of {#to_h}. There is nothing in the instance
  # variables.
  class Record
    include Undumpable

    # As deep as the library lets an answer be.
    MAX_NESTING = 512
    private_constant :MAX_NESTING

    class << self
      # Parses what the library returned.
      # @api private
      def parse(json)
        new(parse_object(json))
      end

      # @api private
      def parse_object(json)
        # The parser's own message would quote the text, and so the secrets in it.
        value = begin
          # Of members with one name the last counts; a newer parser has to be told.
          JSON.parse(json, max_nesting: MAX_NESTING, freeze: true, allow_duplicate_key: true)
        rescue JSON::ParserError
          raise Error::InvalidResponse.new("Nango's answer is JSON that Ruby cannot read"), cause: nil
        end
        return value if value.is_a?(Hash)

        raise Error::InvalidResponse, "Nango's answer is not a JSON object"
      end
    end

    # @param fields [Hash{String => Object}] as parsed from JSON
    def initialize(fields)
      @fields = Sealed.of(fields)
    end

    # A field by its name in JSON; nil when there is none.
    # @param name [String, Symbol]
    def [](name)
      to_h[name.to_s]
    end

    # As Hash#dig.
    # @param name [String, Symbol]
    def dig(name, *rest)
      to_h.dig(name.to_s, *rest)
    end

    # Every field, as the server wrote it; frozen. It holds whatever secrets the answer held.
    # @return [Hash{String => Object}]
    def to_h
      @fields.call
    end

    # Two are equal that say the same.
    def ==(other)
      other.instance_of?(self.class) && other.to_h == to_h
    end
    alias eql? ==

    # As equal objects have the same.
    def hash
      [self.class, to_h].hash
    end

    # For a person; without secrets.
    # @return [String]
    def inspect
      fields = shown.map { |name| " #{name}=#{self[name].inspect}" }
      "#<#{self.class}#{fields.join}#{redacted}>"
    end
    alias to_s inspect

    # What Rails would make of an object is all that is in it; secrets leave only by {#to_h}.
    # @return [String]
    def as_json(*)
      inspect
    end

    private

    # The fields that a person may see.
    def shown
      []
    end

    # What stands for the others.
    def redacted
      " [REDACTED]"
    end

    def undumpable
      "it may hold secrets; write what is needed of its to_h"
    end

    def text(name)
      self[name] if self[name].is_a?(String)
    end

    def texts(name)
      self[name].is_a?(Hash) ? self[name].select { |_, value| value.is_a?(String) } : {}
    end

    # An object in it, as one of its own.
    def part(name, record)
      record.new(self[name]) if self[name].is_a?(Hash)
    end

    # Nango writes RFC 3339 with 0 to 6 digits of a second. What is no time is still there as text.
    def time(text)
      text && Time.iso8601(text)
    rescue ArgumentError
      nil
    end
  end
end
