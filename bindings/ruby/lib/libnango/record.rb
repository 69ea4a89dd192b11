# frozen_string_literal: true

require "json"
require "time"

module LibNango
  # An immutable object from Nango's answer, as the server wrote it. The subclasses have readers for
  # the known fields; a reader treats a field of an unexpected type as absent. {#[]}, {#dig} and
  # {#to_h} return every field, including those that the gem does not know.
  #
  # Only those three, and the readers of {Credentials}, return secrets. `to_s`, `pp`, `to_json` and
  # `as_json` show what {#inspect} does. `Marshal.dump` and `to_yaml` raise TypeError, since their
  # output must be readable again; write the fields that you need from {#to_h} instead. The instance
  # variables hold nothing readable.
  class Record
    include Undumpable

    # The library's limit for the nesting of an answer.
    MAX_NESTING = 512
    private_constant :MAX_NESTING

    class << self
      # Parses an answer that the library returned.
      # @api private
      def parse(json)
        new(parse_object(json))
      end

      # Parses an answer that may be null.
      # @api private
      def parse_optional(json)
        value = parse_any(json)
        value && new(object(value))
      end

      # Parses an answer that is a list.
      # @api private
      def parse_list(json)
        value = parse_any(json)
        return value.map { |fields| new(object(fields)) } if value.is_a?(Array)

        raise Error::InvalidResponse, "Nango's answer is not a list; check the base_url"
      end

      # @api private
      def parse_object(json)
        object(parse_any(json))
      end

      # @api private
      def parse_any(json)
        # The last of several members with one name counts; newer parsers require this option.
        JSON.parse(json, max_nesting: MAX_NESTING, freeze: true, allow_duplicate_key: true)
      rescue JSON::ParserError
        # The parser's own message would quote the text, including its secrets.
        message = "Ruby cannot parse Nango's answer; use the method that ends in _json"
        raise Error::InvalidResponse.new(message), cause: nil
      end

      private

      def object(value)
        return value if value.is_a?(Hash)

        raise Error::InvalidResponse, "Nango's answer is not a JSON object; check the base_url"
      end
    end

    # @param fields [Hash{String => Object}] as parsed from JSON
    def initialize(fields)
      @fields = Sealed.of(fields)
    end

    # Returns a field by its JSON name; nil if there is none.
    # @param name [String, Symbol]
    def [](name)
      to_h[name.to_s]
    end

    # Like Hash#dig.
    # @param name [String, Symbol]
    def dig(name, *rest)
      to_h.dig(name.to_s, *rest)
    end

    # Returns every field as the server wrote it, frozen, including the answer's secrets.
    # @return [Hash{String => Object}]
    def to_h
      @fields.call
    end

    # Returns whether both have the same class and the same fields.
    def ==(other)
      other.instance_of?(self.class) && other.to_h == to_h
    end
    alias eql? ==

    # Equal objects have the same hash.
    def hash
      [self.class, to_h].hash
    end

    # A readable description, without secrets.
    # @return [String]
    def inspect
      fields = shown.map { |name| " #{name}=#{public_send(name).inspect}" }
      "#<#{self.class}#{fields.join}#{redacted}>"
    end
    alias to_s inspect

    # Rails' default `as_json` would dump every field; this returns only the redacted form.
    # @return [String]
    def as_json(*)
      inspect
    end

    private

    # The readers whose values {#inspect} shows.
    def shown
      []
    end

    # Stands for the other fields in {#inspect}.
    def redacted
      " [REDACTED]"
    end

    def undumpable
      "it may hold secrets; write the fields that you need from to_h"
    end

    def text(name)
      self[name] if self[name].is_a?(String)
    end

    def integer(name)
      self[name] if self[name].is_a?(Integer) && self[name].bit_length < 64
    end

    def flag(name)
      self[name] if [true, false].include?(self[name])
    end

    # The elements of a list that are of a class.
    def list(name, element)
      self[name].is_a?(Array) ? self[name].grep(element) : []
    end

    def texts(name)
      self[name].is_a?(Hash) ? self[name].select { |_, value| value.is_a?(String) } : {}
    end

    # Returns a field that is an object, as a record.
    def part(name, record)
      record.new(self[name]) if self[name].is_a?(Hash)
    end

    # Nango writes RFC 3339 with 0 to 6 digits of a second. The text of an invalid time stays
    # available from the other reader.
    def time(text)
      text && Time.iso8601(text)
    rescue ArgumentError
      nil
    end
  end
end
