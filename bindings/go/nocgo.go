//go:build !cgo

package nango

// The compiler prints this name, which is the only way to fail with a sentence.
var _ = package_nango_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler_such_as_gcc
