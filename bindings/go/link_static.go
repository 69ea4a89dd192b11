//go:build nango_static

package nango

// The archive comes first and resolves every symbol, so that --as-needed drops the shared library
// that -lnango finds.

// #cgo pkg-config: --static nango
// #cgo LDFLAGS: -Wl,--as-needed -l:libnango.a
import "C"

// missingFunction returns an empty string, because the linker found every function.
func missingFunction() string { return "" }
