module github.com/libnango/libnango/benches/go

go 1.24

require github.com/libnango/libnango/bindings/go v0.0.0

replace github.com/libnango/libnango/bindings/go => ../../bindings/go
