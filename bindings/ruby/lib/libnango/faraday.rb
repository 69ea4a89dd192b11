# frozen_string_literal: true

require "libnango"

begin
  require "faraday"
rescue LoadError => e
  raise unless e.path == "faraday"

  raise LoadError, "libnango/faraday needs the faraday gem, 1.1 or newer, which is not installed " \
                   "(#{e.message}). Add `gem \"faraday\"` to the Gemfile, or run " \
                   "`gem install faraday`", cause: nil
end

require_relative "faraday/replay"

# Documented in libnango.rb.
module LibNango
  # A Faraday middleware that calls a provider's API on behalf of a connection. For each request it
  # gets a fresh token from Nango and sets it as "Authorization: Bearer …". It never stores a token.
  #
  #   require "libnango/faraday"
  #
  #   github = Faraday.new("https://api.github.com") do |faraday|
  #     faraday.request :nango, client, provider_config_key: "github", connection_id: "alice"
  #   end
  #   github.get("user")
  #
  # If the provider answers 401, the middleware replaces the token with {Client#replace_token}:
  # requests that are refused at the same time share one refresh. It then sends the request once
  # more with the new token. It can do so only if the body can be read again (a file can, a pipe
  # cannot) and the response is not streamed (`on_data`), since its data was already passed on. If
  # Nango has no other token, or the request cannot be sent again, the caller gets the 401. If
  # anything else fails, the request raises that {Error}; {Error::ReconnectRequired} means that the
  # user must authorise again.
  #
  # The {Error} is no Faraday::Error, so `rescue Faraday::Error` does not catch it; rescue both.
  #
  # A redirect to another host, or from https to http, is followed without a token. The request
  # headers of a response do not include the token. A logger that comes after this middleware sees
  # the token, and must not log headers.
  class FaradayMiddleware < ::Faraday::Middleware
    HEADER = "Authorization"
    private_constant :HEADER

    # @param app [#call]
    # @param client [Client]
    # @param connection [Hash] `provider_config_key` and `connection_id`
    # @raise [ArgumentError] if one of them is missing
    def initialize(app, client = nil, connection = nil)
      super(app)
      unless client.respond_to?(:replace_token) && connection.is_a?(Hash)
        raise ArgumentError, "the middleware needs a LibNango::Client and its connection: " \
                             "faraday.request :nango, client, provider_config_key: …, " \
                             "connection_id: …"
      end

      @client = client
      @connection = checked(**connection)
    end

    # Called by Faraday for each request.
    # @api private
    def call(env)
      return leave(env) if leaves_host?(env)

      replay = Replay.new(env)
      token = @client.get_token(**@connection)
      response, error = send_with(env, token)
      return answer(response, error) unless refused?(response, error)

      newer = newer_token(token, replay)
      return answer(response, error) if newer.nil? || !replay.rewind

      answer(*send_with(env, newer))
    end

    private

    def checked(provider_config_key:, connection_id:)
      {provider_config_key: provider_config_key, connection_id: connection_id}
    end

    # Returns whether a middleware between the caller and this one redirected the request to another
    # host or port, or from https to http.
    def leaves_host?(env)
      first = env[:libnango_first_url] ||= env.url.dup
      (first.host != env.url.host) ||
        (first.port != env.url.port && first.scheme == env.url.scheme) ||
        (first.scheme == "https" && env.url.scheme != "https")
    end

    def leave(env)
      env.request_headers.delete(HEADER)
      @app.call(env)
    end

    # Returns the response and nil, or nil and the error that a later middleware raised for a 401.
    def send_with(env, token)
      env.request_headers[HEADER] = "Bearer #{token}"
      response = @app.call(env)
      # A request of a parallel batch is sent later and still needs the header.
      env.request_headers.delete(HEADER) if response.finished?
      [response, nil]
    rescue ::Faraday::UnauthorizedError => e
      env.request_headers.delete(HEADER)
      [nil, e]
    end

    def refused?(response, error)
      error || response.status == 401
    end

    def answer(response, error)
      raise error if error

      response
    end

    # Replaces the token for the next request, even if this one cannot be sent again.
    def newer_token(refused, replay)
      @client.replace_token(**@connection, refused_token: refused)
    rescue Error::TokenNotReplaced
      nil
    rescue Error
      raise if replay.possible?
    end
  end

  ::Faraday::Request.register_middleware(nango: FaradayMiddleware)
end
