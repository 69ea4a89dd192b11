//go:build nango_static

package nango

// The archive comes first and answers for every symbol, so that --as-needed leaves out the shared
// library that -lnango finds.

// #cgo pkg-config: --static nango
// #cgo LDFLAGS: -Wl,--as-needed -l:libnango.a
import "C"
