# frozen_string_literal: true

module LibNango
  class FaradayMiddleware < ::Faraday::Middleware
    # The forced refreshes that are under way in this process.
    # @api private
    module Refreshes
      # What came of one: for those who wait for it with the same token.
      Refresh = Struct.new(:lock, :waiting, :refused, :token, :error)
      private_constant :Refresh

      @lock = Mutex.new
      @running = {}

      class << self
        # What is to be used instead of a token that was refused: what Nango has by now, if that is
        # another, else what a forced refresh gives.
        def newer_token(client, connection, refused)
          one_at_a_time([Process.pid, client, *connection.values]) do |refresh|
            replace(refresh, client, connection, refused) unless refresh.refused == refused
            raise refresh.error.dup if refresh.error

            refresh.token
          end
        end

        private

        def one_at_a_time(key, &)
          refresh = @lock.synchronize do
            (@running[key] ||= Refresh.new(Mutex.new, 0)).tap { |running| running.waiting += 1 }
          end
          refresh.lock.synchronize { yield refresh }
        ensure
          @lock.synchronize { (refresh.waiting -= 1).zero? && @running.delete(key) } if refresh
        end

        def replace(refresh, client, connection, refused)
          token, error = attempt(client, connection, refused)
          refresh.refused = refused
          refresh.token = token
          refresh.error = error
        end

        def attempt(client, connection, refused)
          token = client.get_token(**connection)
          token = client.get_token(**connection, force_refresh: true) if token == refused
          [token, nil]
        rescue Error => e
          [nil, e]
        end
      end
    end
    private_constant :Refreshes
  end
end
