package nango

// #include <stdlib.h>
// #include <nango.h>
import "C"

import (
	"math"
	"time"
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
