module github.com/libnango/libnango/examples/go

go 1.24

require github.com/libnango/libnango/bindings/go v0.1.0

// Only for the example, which is built beside the package.
replace github.com/libnango/libnango/bindings/go => ../../bindings/go
