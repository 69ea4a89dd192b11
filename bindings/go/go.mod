module github.com/libnango/libnango/bindings/go

go 1.24
