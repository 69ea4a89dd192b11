# frozen_string_literal: true

# Fetches a token from Nango and shows that the provider accepts it. With --until-refused, it waits
# until the token expires, and shows that the next call returns a fresh one. The environment
# variables NANGO_HOST and NANGO_SECRET_KEY set the server and the key.
#
#   ruby connection.rb PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]

require "libnango"
require "net/http"

# How long to wait for the token to expire, and the time between two checks, in seconds.
LONGEST_WAIT = 30
PAUSE = 0.25

def print_connections(client)
  connections = client.list_connections.map do |found|
    "#{found.connection_id} (#{found.provider_config_key})"
  end
  more = " and #{connections.size - 3} more" if connections.size > 3
  puts "connections: #{connections.empty? ? "none" : connections.first(3).join(", ")}#{more}"
end

# Prints enough of a token to recognize it, but too little to use it.
def print_token(token, remark = "")
  puts "token: …#{token[-4..] if token.length > 12} (#{token.length} characters)#{remark}"
end

# Calls the provider's API with the token and returns the status.
def call_api(url, token)
  Net::HTTP.get_response(url, "Authorization" => "Bearer #{token}").code.to_i
rescue SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError => e
  abort "error: #{url} cannot be called: #{e.message}"
end

def print_status(status)
  case status
  when 401 then puts "api: 401, the provider refuses the token"
  when 200..299 then puts "api: #{status}, the provider accepts the token"
  else puts "api: #{status}"
  end
end

def wait_until_refused(url, token)
  puts "waiting for the token to expire …"
  status = nil
  (LONGEST_WAIT / PAUSE).to_i.times do
    status = call_api(url, token)
    return print_status(status) if status == 401

    sleep PAUSE
  end
  abort "error: the provider still answers #{status} after #{LONGEST_WAIT} seconds"
end

def run(key, id, url, until_refused)
  client = LibNango::Client.from_env
  print_connections(client)

  # Ask for the token just before you use it and do not store it: Nango refreshes it if necessary.
  token = client.get_token(provider_config_key: key, connection_id: id)
  print_token(token)
  print_status(call_api(url, token))
  return unless until_refused

  wait_until_refused(url, token)
  fresh = client.get_token(provider_config_key: key, connection_id: id)
  print_token(fresh, fresh == token ? ", the same one" : ", a fresh one")
  print_status(call_api(url, fresh))
end

key, id, api_url, *flags = ARGV
url = api_url&.match?(%r{\Ahttps?://}) && URI(api_url)
unless url && (flags.empty? || flags == ["--until-refused"])
  warn "usage: connection.rb PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]"
  exit 2
end

$stdout.sync = true
begin
  run(key, id, url, flags.any?)
rescue LibNango::Error => e
  warn "error: #{e.message} (#{e.code_name})"
  warn "-> #{e.advice}"
  exit 1
end
