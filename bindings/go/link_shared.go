//go:build !nango_static

package nango

// #cgo pkg-config: nango
import "C"
