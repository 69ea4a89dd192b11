# frozen_string_literal: true

module LibNango
  # Common to {Connection} and {ConnectionSummary}.
  # @abstract
  class ConnectionRecord < Record
    # Whether one of the errors concerns the connection's authorisation. This is a hint: Nango
    # records the same error for a revoked grant, an outage of the provider and a blocked URL. Let
    # the user choose between reconnecting and trying again, and disable nothing because of a hint.
    def auth_error?
      errors.any? { |error| error.type == "auth" }
    end
  end
end
