# frozen_string_literal: true

require "libnango"

begin
  require "faraday"
rescue LoadError => e
  raise unless e.path == "faraday"

  raise LoadError, "libnango/faraday needs the faraday gem, 1.1 or newer, which is not there (#{e.message}). Add " \
                   "`gem \"faraday\"` to the Gemfile, or run `gem install faraday`", cause: nil
end

require_relative "faraday/replay"

# See libnango.rb.
module LibNango
  # Calls the provider's API on behalf of a connection: a Faraday middleware that gets a fresh token
  # from Nango for each request and sets it as "Authorization: Bearer …". No token is ever kept.
  #
  #   require "libnango/faraday"
  #
  #   github = Faraday.new("https://api.github.com") do |faraday|
  #     faraday.request :nango, client, provider_config_key: "github", connection_id: "alice"
  #   end
  #   github.get("user")
  #
  # If the provider answers 401, the token is replaced, as {Client#replace_token} does: however many
  # requests are refused at once, there is one refresh. The request is sent once more with the new
  # token, if its body can be had once more: a file can, a pipe cannot; a response that is streamed
  # (`on_data`) was given away. If Nango has no other token, or the request cannot be sent once
  # more, it gets the 401. If anything else fails, the request fails with its {Error}, so that
  # {Error::ReconnectRequired} says when the user must authorise again.
  #
  # A redirect to another host, or from https to http, is followed without a token. A response's
  # request headers do not show the token; a logger that comes after this middleware sees it and
  # must leave headers out.
  class FaradayMiddleware < ::Faraday::Middleware
    HEADER = "Authorization"
    private_constant :HEADER

    # @param app [#call]
    # @param client [Client]
    # @param connection [Hash] `provider_config_key` and `connection_id`
    def initialize(app, client, connection)
      super(app)
      @client = client
      @connection = checked(**connection)
    end

    # What Faraday calls for each request.
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

    # To where the request went first, whose middleware between us and the caller sends it on.
    def leaves_host?(env)
      first = env[:libnango_first_url] ||= env.url.dup
      (first.host != env.url.host) || (first.port != env.url.port && first.scheme == env.url.scheme) ||
        (first.scheme == "https" && env.url.scheme != "https")
    end

    def leave(env)
      env.request_headers.delete(HEADER)
      @app.call(env)
    end

    # Response and nil, or nil and the error that a middleware after this one has made of a 401.
    def send_with(env, token)
      env.request_headers[HEADER] = "Bearer #{token}"
      response = @app.call(env)
      # One of several at once is not sent yet.
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

    # Replaced for the next request, even if this one cannot be sent once more.
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
