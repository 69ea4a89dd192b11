# frozen_string_literal: true

require_relative "service"

# The key and the server come from NANGO_SECRET_KEY and NANGO_HOST. No user waits longer than the
# timeout for Nango.
client = LibNango::Client.from_env(timeout: 10)

# Detects a wrong key or address at start, before any user does. With preload_app! this runs in
# Puma's first process; the workers keep using the client after they are forked.
begin
  client.list_connections(page_size: 1).first
rescue LibNango::Error => e
  raise unless e.retryable?

  warn "Nango does not answer yet: #{e.message}"
end

run Service.new(client, integration: ENV.fetch("INTEGRATION", "github"),
                        provider_url: ENV.fetch("PROVIDER_URL", "https://api.github.com/user"))
