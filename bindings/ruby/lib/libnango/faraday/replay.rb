# frozen_string_literal: true

module LibNango
  class FaradayMiddleware < ::Faraday::Middleware
    # Restores a request to its state before it was sent.
    # @api private
    class Replay
      def initialize(env)
        @env = env
        @body = env.body
        @headers = env.request_headers.dup
        @places = places unless env.request.on_data
      end

      def possible?
        !@places.nil?
      end

      # @return [Boolean] whether the request can be sent again
      def rewind
        return false unless possible?

        @places.each { |file, place| place ? file.pos = place : file.rewind }
        %i[status reason_phrase response response_headers].each { |member| @env[member] = nil }
        @env.request_headers = @headers
        @env.body = @body
        true
      rescue SystemCallError, IOError
        false
      end

      private

      # The current position of each file in the body; nil if one of them cannot be rewound.
      def places
        files(@body).map { |file| [file, place_of(file)] }
      rescue SystemCallError, IOError
        nil
      end

      # nil: the file has no position, but can be rewound.
      def place_of(file)
        return file.pos if file.respond_to?(:pos)

        raise IOError, "the body can be read only once" unless file.respond_to?(:rewind)
      end

      # The parts of the body that are read while the request is sent.
      def files(body)
        case body
        when Hash then body.values.flat_map { |value| files(value) }
        when Array then body.flat_map { |value| files(value) }
        else readable?(body) ? [body] : []
        end
      end

      def readable?(body)
        once = body.is_a?(Enumerator) || body.respond_to?(:call)
        raise IOError, "the body can be read only once" if once

        body.respond_to?(:read)
      end
    end
    private_constant :Replay
  end
end
