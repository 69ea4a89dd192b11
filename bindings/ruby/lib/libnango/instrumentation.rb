# frozen_string_literal: true

module LibNango
  # What a client reports of its calls: to ActiveSupport::Notifications if the program has loaded
  # it, and to a logger if the client has one. Neither receives a secret.
  # @api private
  module Instrumentation
    # How many events a client keeps for its logger, unless `events` sets it.
    EVENTS = 256

    # The parameters that a notification carries.
    SHOWN = %i[provider_config_key connection_id].freeze
    private_constant :SHOWN

    class << self
      # Yields, and notifies subscribers of "OPERATION.libnango".
      def call(operation, parameters, &)
        return yield unless defined?(ActiveSupport::Notifications)

        payload = parameters.slice(*SHOWN)
        ActiveSupport::Notifications.instrument("#{operation}.libnango", payload, &)
      end

      # Logs an event: at level debug if an attempt succeeded, and at level warn otherwise.
      def log(logger, event)
        if event["event"] == "attempt"
          logger.public_send(event["error"] ? :warn : :debug) { attempt(event) }
        else
          logger.warn { "nango: #{event["message"]}" }
        end
      end

      private

      def attempt(event)
        error = event["error"]
        outcome = error ? "#{error["code"]}: #{error["message"]}" : "ok"
        wait = event["retry_in_ms"]
        "nango: #{event["operation"]}, attempt #{event["attempt"]}, #{event["duration_ms"]} ms: " \
          "#{outcome}#{"; next attempt in #{wait} ms" if wait}"
      end
    end
  end
  private_constant :Instrumentation
end
