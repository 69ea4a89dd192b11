# frozen_string_literal: true

require_relative "service"

# NANGO_SECRET_KEY and NANGO_HOST say where Nango is. No user waits longer than this for it.
client = LibNango::Client.from_env(timeout: 10)

# A wrong key or a wrong address is found now, and not by a user. With preload_app! this runs in Puma's first process:
# its workers go on with the client after they were forked.
begin
  client.list_connections(page_size: 1).first
rescue LibNango::Error => e
  raise unless e.retryable?

  warn "Nango does not answer yet: #{e.message}"
end

run Service.new(client, integration: ENV.fetch("INTEGRATION", "github"),
                        provider_url: ENV.fetch("PROVIDER_URL", "https://api.github.com/user"))
