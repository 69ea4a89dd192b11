package nango

// #include <stdlib.h>
// #include <nango.h>
import "C"

import (
	"fmt"
	"math"
	"time"
)

// Option configures a client. The With… functions return options. [New] fails if a value is not
// allowed.
type Option func(*settings)

// settings collects a client's options until the client is created.
type settings struct {
	// options stores the first value that the library rejects; creating the client reports it.
	options *C.nango_options
	// err is the first failure that the library does not know about.
	err     error
	timeout time.Duration
	events  bool
}

// defaultTimeout is the same as in nango.h. The package sets it in every client, because it must
// know which comes first: the timeout or a context's deadline.
const defaultTimeout = 60 * time.Second

// fail keeps the first failure.
func (s *settings) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *settings) text(name, text string, set func(*C.char)) {
	converted, err := newText(name, text)
	if err != nil {
		s.fail(err)
		return
	}
	defer converted.free()
	set(converted.pointer)
}

// TLSRoots selects which certificate authorities are trusted.
type TLSRoots int32

const (
	// TLSRootsPlatform trusts those of the operating system, or of SSL_CERT_FILE and SSL_CERT_DIR.
	TLSRootsPlatform TLSRoots = C.NANGO_TLS_ROOTS_PLATFORM
	// TLSRootsBundled trusts Mozilla's, as of when the library was built.
	TLSRootsBundled TLSRoots = C.NANGO_TLS_ROOTS_BUNDLED
	// TLSRootsCustomOnly trusts only those given to [WithCAPEM].
	TLSRootsCustomOnly TLSRoots = C.NANGO_TLS_ROOTS_CUSTOM_ONLY
)

// duration passes a duration on, unless it is negative, which C's unsigned type cannot express.
func (s *settings) duration(name string, d time.Duration, set func(C.uint32_t)) {
	if d < 0 {
		s.fail(newError(CodeInvalidArgument,
			fmt.Sprintf("%s is %v; it must not be negative", name, d)))
		return
	}
	set(milliseconds(d))
}

// milliseconds rounds up, so that only 0 becomes 0.
func milliseconds(d time.Duration) C.uint32_t {
	if d <= 0 {
		return 0
	}
	return C.uint32_t(
		min((uint64(d)+uint64(time.Millisecond)-1)/uint64(time.Millisecond), math.MaxUint32),
	)
}

// CallOption configures one call.
type CallOption func(*callSettings)

type callSettings struct {
	forceRefresh        bool
	includeRefreshToken bool
	timeout             *time.Duration
	headers             [][2]string
}

// ForceRefresh makes Nango refresh the token even if it is still valid. Some providers revoke the
// previous token, so such a call is never retried once it may have reached the server. It needs the
// scope environment:connections:read_credentials. Nango answers with the old token if the call
// coincides with a plain read of the connection. To replace a token that a provider refused, use
// [Client.ReplaceToken].
func ForceRefresh() CallOption {
	return func(s *callSettings) { s.forceRefresh = true }
}

// IncludeRefreshToken requests the refresh token as well. A backend rarely needs it.
func IncludeRefreshToken() CallOption {
	return func(s *callSettings) { s.includeRefreshToken = true }
}

// Timeout sets how long the call may take, in place of the client's [WithTimeout]. A context's
// deadline counts if it comes earlier.
func Timeout(d time.Duration) CallOption {
	return func(s *callSettings) { s.timeout = &d }
}

// Header adds a header to the request, such as "traceparent". A second one of the same name
// replaces the first. Headers that the library sets itself, such as Authorization, are rejected.
func Header(name, value string) CallOption {
	return func(s *callSettings) { s.headers = append(s.headers, [2]string{name, value}) }
}

func newCallSettings(options []CallOption) (callSettings, error) {
	var s callSettings
	for i, option := range options {
		if option == nil {
			return s, nilOptionError(i)
		}
		option(&s)
	}
	if s.timeout != nil && *s.timeout <= 0 {
		return s, newError(CodeInvalidArgument,
			fmt.Sprintf("timeout is %v; it must be greater than 0", *s.timeout))
	}
	return s, nil
}

// packedHeaders returns names and values in turn, each followed by a NUL.
func (s callSettings) packedHeaders() (packed []byte, err error) {
	for _, header := range s.headers {
		if err := rejectNUL("a header's name", header[0]); err != nil {
			return nil, err
		}
		if err := rejectNUL("a header's value", header[1]); err != nil {
			return nil, err
		}
		packed = append(append(append(append(packed, header[0]...), 0), header[1]...), 0)
	}
	return packed, nil
}
