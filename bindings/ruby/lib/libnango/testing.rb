# frozen_string_literal: true

require "json"
require "libnango"
require "net/http"

# Documented in libnango.rb.
module LibNango
  # Starts nango-dev, a local Nango server, for the tests of a program that uses this gem. nango-dev
  # needs no account and no network, and stores nothing. Load it with `require "libnango/testing"`.
  #
  #   class ServiceTest < Minitest::Test
  #     def setup
  #       @nango = LibNango::Testing.start
  #     end
  #
  #     def teardown
  #       @nango.stop
  #     end
  #
  #     def test_it
  #       service = Service.new(@nango.client)
  #     end
  #   end
  #
  # nango-dev's README documents its initial connections, its options, and what can be controlled at
  # run time, such as faults and a provider that refuses to refresh.
  module Testing
    # The last line that nango-dev prints when it starts.
    READY = "NANGO_DEV_READY=1"
    private_constant :READY

    # Starts a server. Each call starts another one.
    # @param options [Array<#to_s>] options of nango-dev's command line, such as "--token-ttl", 60
    # @param program [String] nango-dev itself; default: the environment variable NANGO_DEV, or
    #   nango-dev in the PATH
    # @yieldparam server [Server] it stops when the block returns
    # @return [Server] without a block
    # @return [Object] with a block, what the block returns
    # @raise [RuntimeError] if it cannot be started
    def self.start(*options, program: ENV.fetch("NANGO_DEV", "nango-dev"))
      server = Server.new(program, options.map(&:to_s))
      return server unless block_given?

      begin
        yield server
      ensure
        server.stop
      end
    end

    # A running nango-dev. It stops with {#stop}, or when this process ends.
    class Server
      # The base URL.
      # @return [String]
      attr_reader :url

      # A key that may do everything.
      # @return [String]
      attr_reader :secret_key

      # All variables that nango-dev would give to a command, such as NANGO_HOST.
      # @return [Hash{String => String}]
      attr_reader :env

      # Use {Testing.start}.
      # @api private
      def initialize(program, options)
        # nango-dev stops when its standard input closes, even if this process is killed.
        @io = IO.popen([program, "--print-env", "--exit-with-stdin", *options], "r+",
                       err: %i[child out])
        @env = variables(program)
        @url = @env.fetch("NANGO_HOST")
        @secret_key = @env.fetch("NANGO_SECRET_KEY")
      rescue Errno::ENOENT
        raise "#{program} cannot be started: it is not installed. Install it with " \
              "`make nango-dev install-dev` in libnango's repository, or set NANGO_DEV to its path"
      end

      # Creates a client of this server.
      # @param options the options of {Client#initialize}
      # @return [Client]
      def client(**options)
        Client.new(base_url: url, secret_key: secret_key, **options)
      end

      # Sends a request to the server. For example, this makes the next two answers about a
      # connection fail:
      #
      #   server.control(:post, "/_dev/faults",
      #                  {connection: "alice", times: 2,
      #                   fault: {kind: "answer", status: 503, body: {}}})
      # @param method [Symbol] such as `:get`
      # @param path [String]
      # @param body [Object, nil] sent as JSON
      # @return [Object, nil] the parsed answer; nil if it has no body
      # @raise [RuntimeError] if the answer is not a success
      def control(method, path, body = nil)
        uri = URI(url + path)
        request = request_for(method, uri, body)
        answer = Net::HTTP.start(uri.host, uri.port, nil) { |http| http.request(request) }
        return answer.body && JSON.parse(answer.body) if answer.is_a?(Net::HTTPSuccess)

        raise "#{method} #{path}: #{answer.code} #{answer.body}"
      end

      # Stops the server. Stopping it again does nothing.
      # @return [nil]
      def stop
        @io.close unless @io.closed?
        nil
      end

      private

      def request_for(method, uri, body)
        request = Net::HTTP.const_get(method.to_s.capitalize).new(uri)
        request["Authorization"] = "Bearer #{secret_key}"
        return request unless body

        request.content_type = "application/json"
        request.body = JSON.generate(body)
        request
      end

      def variables(program)
        lines = []
        while (line = @io.gets(chomp: true)) && line != READY
          lines << line
        end
        return lines.to_h { |found| found.split("=", 2) } if line

        @io.close
        raise "#{program} did not start: #{lines.join("\n")}"
      end
    end
  end
end
