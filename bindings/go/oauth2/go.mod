module github.com/libnango/libnango/bindings/go/oauth2

go 1.24

require (
	github.com/libnango/libnango/bindings/go v0.1.0
	golang.org/x/oauth2 v0.30.0
)

// Built beside the package; who requires this module takes no notice of it.
replace github.com/libnango/libnango/bindings/go => ../
