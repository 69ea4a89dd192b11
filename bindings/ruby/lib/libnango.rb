# frozen_string_literal: true

require_relative "libnango/version"
require_relative "libnango/error"
require_relative "libnango/native"
require_relative "libnango/sealed"
require_relative "libnango/handle"
require_relative "libnango/completion_queue"
require_relative "libnango/options"
require_relative "libnango/record"
require_relative "libnango/credentials"
require_relative "libnango/connection"
require_relative "libnango/generated/records"
require_relative "libnango/generated/operations"
require_relative "libnango/instrumentation"
require_relative "libnango/client"

# A client for Nango's Connections API: fresh OAuth tokens and credentials for your users'
# connections.
#
#   client = LibNango::Client.new(secret_key: ENV.fetch("NANGO_SECRET_KEY"))
#   client.get_token(provider_config_key: "github", connection_id: "alice")
module LibNango
  # The version of the loaded native library, such as "0.1.0". {VERSION} is the gem's version.
  # @return [String]
  def self.version
    Native.utf8(Native.nango_version)
  end

  # All operations that {Client#call_json} can call. Each is a Hash with "name", "method", "path",
  # "parameters" (a list of Hashes with "name", "in", "type" and "required"), "result", "paged" and
  # "scopes".
  # @return [Array<Hash{String => Object}>]
  def self.operations
    JSON.parse(Native.utf8(Native.nango_operations_json))
  end
end
