// Code generated from api/ by nango-gen. DO NOT EDIT.

package nango

// #include <nango.h>
import "C"

import (
	"time"
	"unsafe"
)

// WithBaseURL sets the server: "https://…" or "http://…", with or without a path. Default:
// https://api.nango.dev.
func WithBaseURL(url string) Option {
	return func(s *settings) {
		s.text("the base URL", url, func(text *C.char) {
			C.nango_options_set_base_url(s.options, text)
		})
	}
}

// WithTimeout sets how long a call may take, with all its attempts and the waits between them. A
// context's deadline counts if it comes earlier; [Timeout] replaces it for one call. Default: 60 s.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) {
		s.timeout = d
		s.duration("timeout", d, func(ms C.uint32_t) {
			C.nango_options_set_timeout_ms(s.options, ms)
		})
	}
}

// WithConnectTimeout sets how long resolving the host name, connecting and the TLS handshake may
// take together. Default: 10 s.
func WithConnectTimeout(d time.Duration) Option {
	return func(s *settings) {
		s.duration("connect_timeout", d, func(ms C.uint32_t) {
			C.nango_options_set_connect_timeout_ms(s.options, ms)
		})
	}
}

// WithAttemptTimeout sets how long one attempt may take, connecting included. Nango itself may wait
// 12 seconds for a refresh that another request started. Default: 30 s.
func WithAttemptTimeout(d time.Duration) Option {
	return func(s *settings) {
		s.duration("attempt_timeout", d, func(ms C.uint32_t) {
			C.nango_options_set_attempt_timeout_ms(s.options, ms)
		})
	}
}

// WithMaxRetries sets how often a failed call is retried where that is safe and may help. 0
// disables retries. Default: 2.
func WithMaxRetries(retries uint32) Option {
	return func(s *settings) {
		C.nango_options_set_max_retries(s.options, C.uint32_t(retries))
	}
}

// WithMaxRetryWait sets how long a call may wait for a retry. If the server asks for a longer wait,
// the call fails at once, and [Error.RetryAfter] says how long to wait. A worker that can wait sets
// 60 seconds or more: Nango's rate limit counts requests per minute. Default: 5 s.
func WithMaxRetryWait(d time.Duration) Option {
	return func(s *settings) {
		s.duration("max_retry_wait", d, func(ms C.uint32_t) {
			C.nango_options_set_max_retry_wait_ms(s.options, ms)
		})
	}
}

// WithConnectRetry sets how long a call tries again while the server refuses or resets connections
// or cannot be reached, such as during a restart. These attempts do not count as retries. They
// apply only once the server has answered this client. 0 disables them. Default: 5 s.
func WithConnectRetry(d time.Duration) Option {
	return func(s *settings) {
		s.duration("connect_retry", d, func(ms C.uint32_t) {
			C.nango_options_set_connect_retry_ms(s.options, ms)
		})
	}
}

// WithIdleTimeout sets how long a connection may be idle before it is closed. Nango closes it after
// 61 seconds. Default: 50 s.
func WithIdleTimeout(d time.Duration) Option {
	return func(s *settings) {
		s.duration("idle_timeout", d, func(ms C.uint32_t) {
			C.nango_options_set_idle_timeout_ms(s.options, ms)
		})
	}
}

// WithIdleConnections sets how many idle connections a client keeps for later calls. With 0 every
// call opens its own. Default: 8.
func WithIdleConnections(connections uint32) Option {
	return func(s *settings) {
		C.nango_options_set_idle_connections(s.options, C.uint32_t(connections))
	}
}

// WithMaxConnections sets how many connections a client's queued calls may have open at once;
// further calls wait, within their timeouts. Default: 256, or half of the process's limit of file
// descriptors if that is less.
func WithMaxConnections(connections uint32) Option {
	return func(s *settings) {
		C.nango_options_set_max_connections(s.options, C.uint32_t(connections))
	}
}

// WithMaxResponseBytes sets the longest answer that is read. A longer one fails with
// [ErrResponseTooLarge]. Default: 67108864 (64 MiB).
func WithMaxResponseBytes(bytes uint64) Option {
	return func(s *settings) {
		C.nango_options_set_max_response_bytes(s.options, C.uint64_t(bytes))
	}
}

// WithUserAgentSuffix names the program in the User-Agent header, such as "my-service/1.2".
// Default: "libnango-go/" and [Version].
func WithUserAgentSuffix(suffix string) Option {
	return func(s *settings) {
		s.text("the user agent suffix", suffix, func(text *C.char) {
			C.nango_options_set_user_agent_suffix(s.options, text)
		})
	}
}

// WithProxy sets the proxy's URL, "http://…" or "https://…", which may have a username and a
// password. An empty one disables the proxy. Default: from the environment variables HTTPS_PROXY,
// HTTP_PROXY, ALL_PROXY and NO_PROXY, read once per process; none for loopback addresses.
func WithProxy(url string) Option {
	return func(s *settings) {
		s.text("the proxy URL", url, func(text *C.char) {
			C.nango_options_set_proxy(s.options, text)
		})
	}
}

// WithTLSRoots sets which certificate authorities are trusted. Default: [TLSRootsPlatform].
func WithTLSRoots(roots TLSRoots) Option {
	return func(s *settings) { C.nango_options_set_tls_roots(s.options, C.nango_tls_roots(roots)) }
}

// WithCAPEM trusts the certificate authorities in this PEM text too, and only these with
// [TLSRootsCustomOnly]. May be called again to add more.
func WithCAPEM(pem []byte) Option {
	return func(s *settings) {
		data := (*C.uint8_t)(unsafe.SliceData(pem))
		C.nango_options_add_ca_pem(s.options, data, C.size_t(len(pem)))
	}
}

// WithClientIdentityPEM sets the certificate chain and the private key, in one PEM text, that the
// client presents to a server that asks for them.
func WithClientIdentityPEM(pem []byte) Option {
	return func(s *settings) {
		data := (*C.uint8_t)(unsafe.SliceData(pem))
		C.nango_options_set_client_identity_pem(s.options, data, C.size_t(len(pem)))
	}
}

// WithPluralRoutes uses Nango's routes under /connections instead of those under /connection, for a
// server that no longer has the old ones (it answers them with an HTML page).
func WithPluralRoutes() Option {
	return func(s *settings) { C.nango_options_set_plural_routes(s.options, true) }
}

// WithEvents sets how many events are kept until [Client.LogEvents] or [Client.NextEventJSON] takes
// them. Beyond that the oldest are dropped, and counted. Default: 0, none.
func WithEvents(capacity uint32) Option {
	return func(s *settings) {
		s.events = capacity > 0
		C.nango_options_set_events(s.options, C.uint32_t(capacity))
	}
}
