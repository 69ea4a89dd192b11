# frozen_string_literal: true

# The contenders in Ruby: libnango and Net::HTTP with json.

require "json"

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"

def libnango(url, authority, _in_flight)
  require "libnango"
  tls = url.start_with?("https") ? {tls_roots: :custom_only, ca_pem: File.read(authority)} : {}
  client = LibNango::Client.new(secret_key: KEY, base_url: url, **tls)
  -> { -> { client.get_token(provider_config_key: "github", connection_id: "bob") } }
end

# One persistent connection for each thread.
def net_http(url, authority, _in_flight)
  require "net/http"
  uri = URI("#{url}/connection/bob?provider_config_key=github")
  lambda do
    http = Net::HTTP.new(uri.host, uri.port)
    http.use_ssl = uri.scheme == "https"
    http.ca_file = authority if http.use_ssl?
    http.start
    -> { net_http_token(http, uri) }
  end
end

def net_http_token(http, uri)
  response = http.get(uri.request_uri, "Authorization" => "Bearer #{KEY}")
  raise response.code unless response.is_a?(Net::HTTPOK)

  JSON.parse(response.body).dig("credentials", "access_token") or raise "no token"
end

def clock(kind = Process::CLOCK_MONOTONIC)
  Process.clock_gettime(kind)
end

def several(makers, calls)
  each = [calls / makers.size, 1].max
  makers.map do |call|
    Thread.new do
      Array.new(each) do
        before = clock
        call.call
        clock - before
      end
    end
  end.flat_map(&:value)
end

kind, url, authority, in_flight, calls = ARGV
in_flight = in_flight.to_i
calls = calls.to_i
maker = method(kind).call(url, authority, in_flight)
callers = Array.new(in_flight) { maker.call }
several(callers, in_flight * 20) if calls > 1
began = clock
spent = clock(Process::CLOCK_PROCESS_CPUTIME_ID)
times = several(callers, calls).sort
puts JSON.generate(
  seconds: clock - began, cpu: clock(Process::CLOCK_PROCESS_CPUTIME_ID) - spent,
  p50: times[times.size / 2] * 1e6, p99: times[times.size * 99 / 100] * 1e6,
  peak: File.read("/proc/self/status")[/VmHWM:\s+(\d+)/, 1].to_i
)
