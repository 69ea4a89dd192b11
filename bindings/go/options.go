package nango

// #include <stdlib.h>
// #include <nango.h>
import "C"

import (
	"math"
	"time"
	"unsafe"
)

// Option is one of the With… functions: what a client is made of. A value that is not allowed makes
// [New] fail.
type Option func(*settings)

// settings are a client's options while it is made.
type settings struct {
	// options keep the first of their own failures; [New] sees it.
	options *C.nango_options
	// err is the first failure that the library does not know of.
	err     error
	timeout time.Duration
	events  bool
}

// As in nango.h. The package sets it in every client, since it has to know it: a context's deadline
// counts only if it comes first.
const defaultTimeout = 60 * time.Second

func (s *settings) text(name, text string, set func(*C.char)) {
	converted, err := newText(name, text)
	if err != nil {
		if s.err == nil {
			s.err = err
		}
		return
	}
	defer converted.free()
	set(converted.pointer)
}

// WithBaseURL sets the server: "https://…" or "http://…", with or without a path. Default:
// https://api.nango.dev.
func WithBaseURL(url string) Option {
	return func(s *settings) {
		s.text("the base URL", url, func(text *C.char) { C.nango_options_set_base_url(s.options, text) })
	}
}

// WithTimeout sets how long a call may take, with all its attempts and the waits between them.
// Default: 60 s. A context's deadline counts if it comes earlier; [Timeout] replaces it for one
// call.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) {
		s.timeout = d
		C.nango_options_set_timeout_ms(s.options, milliseconds(d))
	}
}

// WithConnectTimeout sets how long looking up the name, connecting and the TLS handshake may take
// together. Default: 10 s.
func WithConnectTimeout(d time.Duration) Option {
	return func(s *settings) { C.nango_options_set_connect_timeout_ms(s.options, milliseconds(d)) }
}

// WithAttemptTimeout sets how long one attempt may take, connecting included. Default: 30 s, since
// the server itself may wait 12 s for a refresh that another request is making.
func WithAttemptTimeout(d time.Duration) Option {
	return func(s *settings) { C.nango_options_set_attempt_timeout_ms(s.options, milliseconds(d)) }
}

// WithMaxRetries sets how often a call that failed is tried again, where that is safe and may help;
// 0: never. Default: 2.
func WithMaxRetries(retries uint32) Option {
	return func(s *settings) { C.nango_options_set_max_retries(s.options, C.uint32_t(retries)) }
}

// WithIdleTimeout sets how long a connection may lie idle before it is closed. Default: 50 s; Nango
// closes it after 61 s.
func WithIdleTimeout(d time.Duration) Option {
	return func(s *settings) { C.nango_options_set_idle_timeout_ms(s.options, milliseconds(d)) }
}

// WithIdleConnections sets how many idle connections the client keeps for the next calls; 0: each
// call opens its own. Default: 8.
func WithIdleConnections(connections uint32) Option {
	return func(s *settings) { C.nango_options_set_idle_connections(s.options, C.uint32_t(connections)) }
}

// WithMaxConnections sets how many connections the client may have open at once; the calls beyond
// that wait inside the library, as long as their contexts and timeouts allow. Default: 256, or half
// of what the process may open if that is less.
func WithMaxConnections(connections uint32) Option {
	return func(s *settings) { C.nango_options_set_max_connections(s.options, C.uint32_t(connections)) }
}

// WithMaxResponseBytes sets the longest answer that is read; a longer one is [ErrResponseTooLarge].
// Default: 64 MiB.
func WithMaxResponseBytes(bytes uint64) Option {
	return func(s *settings) { C.nango_options_set_max_response_bytes(s.options, C.uint64_t(bytes)) }
}

// WithUserAgentSuffix says in the User-Agent header who uses the library, such as "my-service/1.2";
// empty: nobody. Default: "libnango-go/" and [Version].
func WithUserAgentSuffix(suffix string) Option {
	return func(s *settings) {
		s.text("the user agent suffix", suffix, func(text *C.char) { C.nango_options_set_user_agent_suffix(s.options, text) })
	}
}

// WithProxy sets the proxy: its URL, "http://…" or "https://…", which may hold a user and a
// password; empty: none. Default: as the environment says (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY,
// NO_PROXY, read once in a process), and none for loopback.
func WithProxy(url string) Option {
	return func(s *settings) {
		s.text("the proxy", url, func(text *C.char) { C.nango_options_set_proxy(s.options, text) })
	}
}

// TLSRoots says which certificate authorities are trusted.
type TLSRoots int32

const (
	// TLSRootsPlatform are those of the operating system, or of SSL_CERT_FILE and SSL_CERT_DIR.
	TLSRootsPlatform TLSRoots = C.NANGO_TLS_ROOTS_PLATFORM
	// TLSRootsBundled are Mozilla's, as they were when the library was built.
	TLSRootsBundled TLSRoots = C.NANGO_TLS_ROOTS_BUNDLED
	// TLSRootsCustomOnly are only those given to [WithCAPEM].
	TLSRootsCustomOnly TLSRoots = C.NANGO_TLS_ROOTS_CUSTOM_ONLY
)

// WithTLSRoots sets which certificate authorities are trusted. Default: [TLSRootsPlatform].
func WithTLSRoots(roots TLSRoots) Option {
	return func(s *settings) { C.nango_options_set_tls_roots(s.options, C.nango_tls_roots(roots)) }
}

// WithCAPEM trusts the certificate authorities in this PEM text too; with [TLSRootsCustomOnly],
// only them. May be given more than once.
func WithCAPEM(pem []byte) Option {
	return func(s *settings) {
		C.nango_options_add_ca_pem(s.options, (*C.uint8_t)(unsafe.SliceData(pem)), C.size_t(len(pem)))
	}
}

// WithClientIdentityPEM sets the certificate chain and the private key, in one PEM text, that the
// client shows to a server which asks for them.
func WithClientIdentityPEM(pem []byte) Option {
	return func(s *settings) {
		C.nango_options_set_client_identity_pem(s.options, (*C.uint8_t)(unsafe.SliceData(pem)), C.size_t(len(pem)))
	}
}

// WithPluralRoutes uses Nango's routes under /connections instead of those under /connection, for a
// server that no longer has the old ones.
func WithPluralRoutes() Option {
	return func(s *settings) { C.nango_options_set_plural_routes(s.options, true) }
}

// WithEvents keeps that many events until [Client.LogEvents] or [Client.NextEventJSON] takes them;
// beyond that the oldest are dropped, and counted. Default: 0, none.
func WithEvents(capacity uint32) Option {
	return func(s *settings) {
		s.events = capacity > 0
		C.nango_options_set_events(s.options, C.uint32_t(capacity))
	}
}

// milliseconds rounds up, so that only what is not positive becomes 0, which the library refuses.
func milliseconds(d time.Duration) C.uint32_t {
	if d <= 0 {
		return 0
	}
	return C.uint32_t(min((uint64(d)+uint64(time.Millisecond)-1)/uint64(time.Millisecond), math.MaxUint32))
}

// CallOption is what one call is told.
type CallOption func(*callSettings)

type callSettings struct {
	forceRefresh        bool
	includeRefreshToken bool
	timeout             *time.Duration
	headers             [][2]string
}

// ForceRefresh makes Nango refresh the token although it is still good. Some providers revoke the
// one before; such a call is not repeated when nobody knows whether it reached the server. It needs
// the scope environment:connections:read_credentials. Nango answers with the old token when the
// call coincides with a plain read of the connection: to replace a token that a provider refused,
// use [Client.ReplaceToken].
func ForceRefresh() CallOption {
	return func(s *callSettings) { s.forceRefresh = true }
}

// IncludeRefreshToken asks for the refresh token too. A backend rarely needs it.
func IncludeRefreshToken() CallOption {
	return func(s *callSettings) { s.includeRefreshToken = true }
}

// Timeout sets how long the call may take, instead of what [WithTimeout] said. A context's deadline
// counts if it comes earlier.
func Timeout(d time.Duration) CallOption {
	return func(s *callSettings) { s.timeout = &d }
}

// Header sends a header along, such as "traceparent"; a second one of the same name replaces the
// first. Those that the library sets itself, such as Authorization, are refused.
func Header(name, value string) CallOption {
	return func(s *callSettings) { s.headers = append(s.headers, [2]string{name, value}) }
}

func newCallSettings(options []CallOption) callSettings {
	var s callSettings
	for _, option := range options {
		option(&s)
	}
	return s
}

// packedHeaders are names and values in turn, each with a NUL behind it.
func (s callSettings) packedHeaders() (packed []byte, err error) {
	for _, header := range s.headers {
		if err := refuseNUL("a header's name", header[0]); err != nil {
			return nil, err
		}
		if err := refuseNUL("a header's value", header[1]); err != nil {
			return nil, err
		}
		packed = append(append(append(append(packed, header[0]...), 0), header[1]...), 0)
	}
	return packed, nil
}
