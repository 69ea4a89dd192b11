# frozen_string_literal: true

# Generated from api/ by nango-gen: do not edit, run `make generate`.

module LibNango
  # The kind and the setter of each client option.
  # @api private
  module ClientOptions
    # The kind of each option's value.
    KINDS = {
      base_url: :text,
      secret_key: :text,
      timeout: :duration,
      connect_timeout: :duration,
      attempt_timeout: :duration,
      max_retries: :count,
      max_retry_wait: :duration,
      connect_retry: :duration,
      idle_timeout: :duration,
      idle_connections: :count,
      max_connections: :count,
      max_response_bytes: :bytes,
      user_agent_suffix: :text_or_null,
      proxy: :text_or_null,
      tls_roots: :tls_roots,
      ca_pem: :pem,
      client_identity_pem: :pem,
      plural_routes: :flag,
      events: :count
    }.freeze
    private_constant :KINDS

    # The native function that sets each option.
    SETTERS = {
      base_url: :nango_options_set_base_url,
      secret_key: :nango_options_set_secret_key,
      timeout: :nango_options_set_timeout_ms,
      connect_timeout: :nango_options_set_connect_timeout_ms,
      attempt_timeout: :nango_options_set_attempt_timeout_ms,
      max_retries: :nango_options_set_max_retries,
      max_retry_wait: :nango_options_set_max_retry_wait_ms,
      connect_retry: :nango_options_set_connect_retry_ms,
      idle_timeout: :nango_options_set_idle_timeout_ms,
      idle_connections: :nango_options_set_idle_connections,
      max_connections: :nango_options_set_max_connections,
      max_response_bytes: :nango_options_set_max_response_bytes,
      user_agent_suffix: :nango_options_set_user_agent_suffix,
      proxy: :nango_options_set_proxy,
      tls_roots: :nango_options_set_tls_roots,
      ca_pem: :nango_options_add_ca_pem,
      client_identity_pem: :nango_options_set_client_identity_pem,
      plural_routes: :nango_options_set_plural_routes,
      events: :nango_options_set_events
    }.freeze
    private_constant :SETTERS
  end

  # The functions that set options.
  # @api private
  module Native
    attach_function :nango_options_set_base_url, %i[pointer string], :int32
    attach_function :nango_options_set_secret_key, %i[pointer string], :int32
    attach_function :nango_options_set_timeout_ms, %i[pointer uint32], :int32
    attach_function :nango_options_set_connect_timeout_ms, %i[pointer uint32], :int32
    attach_function :nango_options_set_attempt_timeout_ms, %i[pointer uint32], :int32
    attach_function :nango_options_set_max_retries, %i[pointer uint32], :int32
    attach_function :nango_options_set_max_retry_wait_ms, %i[pointer uint32], :int32
    attach_function :nango_options_set_connect_retry_ms, %i[pointer uint32], :int32
    attach_function :nango_options_set_idle_timeout_ms, %i[pointer uint32], :int32
    attach_function :nango_options_set_idle_connections, %i[pointer uint32], :int32
    attach_function :nango_options_set_max_connections, %i[pointer uint32], :int32
    attach_function :nango_options_set_max_response_bytes, %i[pointer uint64], :int32
    attach_function :nango_options_set_user_agent_suffix, %i[pointer string], :int32
    attach_function :nango_options_set_proxy, %i[pointer string], :int32
    attach_function :nango_options_set_tls_roots, %i[pointer int32], :int32
    attach_function :nango_options_add_ca_pem, %i[pointer pointer size_t], :int32
    attach_function :nango_options_set_client_identity_pem, %i[pointer pointer size_t], :int32
    attach_function :nango_options_set_plural_routes, %i[pointer bool], :int32
    attach_function :nango_options_set_events, %i[pointer uint32], :int32
    attach_function :nango_call_options_set_force_refresh, %i[pointer bool], :int32
    attach_function :nango_call_options_set_include_refresh_token, %i[pointer bool], :int32
    attach_function :nango_call_options_set_timeout_ms, %i[pointer uint32], :int32
  end
end
