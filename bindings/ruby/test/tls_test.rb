# frozen_string_literal: true

require_relative "test_helper"

class TlsTest < Minitest::Test
  include Support

  def host
    env("NANGO_DEV_TLS_HOST")
  end

  def ca
    File.read(env("NANGO_DEV_CA_FILE"))
  end

  def test_an_authority_of_ones_own
    [{ca_pem: ca}, {ca_pem: [ca, ca]}, {ca_pem: ca, tls_roots: :custom_only},
     {ca_pem: ca, tls_roots: :bundled}].each do |options|
      assert_equal "at-bob", new_client(base_url: host, **options).get_token(**bob)
    end
  end

  def test_an_unknown_authority_is_not_trusted
    [{}, {tls_roots: :platform}, {tls_roots: :bundled}].each do |options|
      error = assert_raises(LibNango::Error::Tls) do
        new_client(base_url: host, **options).get_token(**bob)
      end
      refute_predicate error, :retryable?
      assert_equal :tls, error.code
      assert_equal 1, error.attempts
    end
  end

  def test_a_call_over_tls_can_be_interrupted
    # This server speaks no TLS and never answers, so the handshake hangs.
    FakeServer.open do |server|
      client = client_of(server.url.sub("http:", "https:"))
      seconds = elapsed do
        assert_raises(Timeout::Error) { Timeout.timeout(0.3) { client.get_token(**bob) } }
      end
      assert_took_less 0.5, seconds
    end
  end
end
