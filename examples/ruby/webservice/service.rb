# frozen_string_literal: true

require "json"
require "libnango/faraday"
require "rack"

# GET /users/ID/profile returns the provider's profile of the user with that connection. It calls
# the provider with a fresh token of that user. GET /health reports whether this process works.
#
# In your own service, take the connection's id from the user who is logged in, not from the URL.
class Service
  PROFILE = %r{\A/users/([^/]+)/profile\z}

  # @param client [LibNango::Client] one for the process; all threads share it
  # @param integration [String] the unique key of the integration in Nango
  # @param provider_url [String]
  def initialize(client, integration:, provider_url:)
    @client = client
    @integration = integration
    @provider_url = provider_url
  end

  def call(env)
    request = Rack::Request.new(env)
    return answer(404, error: "no such page") unless request.get?
    return answer(200, ok: true, libnango: LibNango.version) if request.path == "/health"

    id = request.path[PROFILE, 1]
    id ? profile(Rack::Utils.unescape_path(id)) : answer(404, error: "no such page")
  end

  private

  def profile(id)
    response = provider(id).get
    return answer(502, error: "the provider answered #{response.status}") unless response.success?

    answer(200, user: id, profile: JSON.parse(response.body))
  rescue LibNango::Error => e
    failure(e)
  rescue Faraday::Error, JSON::ParserError
    answer(502, error: "the provider failed, or sent an invalid answer")
  end

  # Cheap to create for each request: the client keeps everything worth reusing.
  def provider(id)
    Faraday.new(@provider_url, request: {timeout: 10}) do |faraday|
      faraday.request :nango, @client, provider_config_key: @integration, connection_id: id
    end
  end

  # Tells the user what to do. The message goes to the log; it holds no secret.
  def failure(error)
    warn "#{error.code_name}: #{error.message}"
    case error
    when LibNango::Error::NotFound then answer(404, error: "not connected yet")
    when LibNango::Error::IntegrationNotFound, LibNango::Error::InvalidArgument
      # A fault of this service, not of the user.
      answer(500, error: "internal error")
    when LibNango::Error::ReconnectRequired then answer(409, error: "the user must connect again")
    else error.retryable? ? try_again(error) : answer(502, error: "cannot get a token")
    end
  end

  def try_again(error)
    message = "try again later"
    # Only a hint: an outage of the provider looks the same as a revoked grant.
    message += ", or connect again" if error.suggests_reconnect?
    answer(503, {"retry-after" => (error.retry_after || 5).ceil.to_s}, error: message)
  end

  def answer(status, headers = {}, **body)
    headers = {"content-type" => "application/json", "x-worker" => Process.pid.to_s, **headers}
    [status, headers, [JSON.generate(body)]]
  end
end
