# frozen_string_literal: true

module LibNango
  class FaradayMiddleware < ::Faraday::Middleware
    # What makes a request what it was before it was sent.
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

      # @return [Boolean] whether the request can be sent once more
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

      # Where the files of the body stand, if all of them can be put back there.
      def places
        files(@body).map { |file| [file, place_of(file)] }
      rescue SystemCallError, IOError
        nil
      end

      # nil: it can be rewound, and only that.
      def place_of(file)
        return file.pos if file.respond_to?(:pos)

        raise IOError, "it can be read only once" unless file.respond_to?(:rewind)
      end

      # What is read while it is sent.
      def files(body)
        case body
        when Hash then body.values.flat_map { |value| files(value) }
        when Array then body.flat_map { |value| files(value) }
        else readable?(body) ? [body] : []
        end
      end

      def readable?(body)
        raise IOError, "it can be read only once" if body.is_a?(Enumerator) || body.respond_to?(:call)

        body.respond_to?(:read)
      end
    end
    private_constant :Replay
  end
end
