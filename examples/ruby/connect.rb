# frozen_string_literal: true

# Connects an account of a user, authorises a broken connection again, or imports a connection. The
# environment variables NANGO_HOST and NANGO_SECRET_KEY set the server and the key.
#
#   ruby connect.rb new PROVIDER_CONFIG_KEY USER
#   ruby connect.rb again PROVIDER_CONFIG_KEY CONNECTION_ID
#   ruby connect.rb import PROVIDER_CONFIG_KEY USER API_KEY

require "libnango"

# How long to wait for the user, and the time between two checks, in seconds.
PATIENCE = 60
PAUSE = 0.5

# Shows the user the link, and yields until the block returns something.
def wait_for_user(session)
  puts "open: #{session.connect_link}"
  (PATIENCE / PAUSE).to_i.times do
    found = yield
    return found if found

    sleep PAUSE
  end
  abort "error: the user did not come"
end

# A tag of your own finds the new connection, whose id Nango chooses.
def connect(client, key, user)
  session = client.create_connect_session(tags: {user: user}, allowed_integrations: [key])
  connection = wait_for_user(session) do
    client.list_connections(integration_id: key, tags: {user: user}).first
  end
  connection.connection_id
end

# The connection keeps its id, its tags and its metadata.
def connect_again(client, key, id)
  session = client.create_reconnect_session(integration_id: key, connection_id: id)
  wait_for_user(session) do
    client.get_token(provider_config_key: key, connection_id: id)
  rescue LibNango::Error => e
    raise unless e.suggests_reconnect?
  end
  id
end

def import(client, key, user, api_key)
  connection = client.create_connection(
    provider_config_key: key, tags: {user: user},
    credentials: {type: "API_KEY", apiKey: api_key}
  )
  connection.connection_id
end

TASKS = {"new" => [:connect, 2], "again" => [:connect_again, 2], "import" => [:import, 3]}.freeze
task, count = TASKS[ARGV.first]
abort "usage: #{$PROGRAM_NAME} new|again|import PROVIDER_CONFIG_KEY …" if ARGV.size - 1 != count

$stdout.sync = true
begin
  client = LibNango::Client.from_env
  key, *rest = ARGV.drop(1)
  id = send(task, client, key, *rest)
  token = client.get_token(provider_config_key: key, connection_id: id)
  puts "connected: #{id}, with a token of #{token.length} characters"
rescue LibNango::Error => e
  abort "error: #{e.message}"
end
