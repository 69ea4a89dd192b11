# Everything that libnango is built, shown, tested and installed with. `make demo` and `make test` need nothing but a Debian system with Rust, git and make.

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SOVERSION := 0
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
BUILD := $(CURDIR)/build
# A Go of the project's own, where the system has none or an old one.
export PATH := $(BUILD)/go/bin:$(PATH)
export PKG_CONFIG_PATH := $(BUILD)/pkgconfig:$(PKG_CONFIG_PATH)
export NANGO_LIB_PATH := $(BUILD)/lib/libnango.so
NANGO_DEV := $(TARGET)/release/nango-dev
# A server of its own for a command, with the conformance vectors, over HTTP and TLS.
WITH_SERVER := $(NANGO_DEV) --tls-port 0 --vectors $(CURDIR)/tests/conformance --

.PHONY: all build setup setup-test examples demo test install uninstall lint clean \
	test-rust test-nango-dev test-c test-cpp test-go test-ruby

all: build

setup:
	@scripts/setup.sh demo

setup-test:
	@scripts/setup.sh test

# The library as it is installed, in a folder: under its versioned name, with the links that linker and loader look for.
build:
	cargo build --release --locked --package nango --package nango-dev
	@mkdir -p $(BUILD)/lib $(BUILD)/pkgconfig
	@$(call lay_library,$(BUILD)/lib)
	@$(call write_pc,$(BUILD)/pkgconfig/nango.pc,$(CURDIR),$(BUILD)/lib,-I$(CURDIR)/include -I$(CURDIR)/bindings/cpp,-Wl$(comma)-rpath$(comma)$(BUILD)/lib)

comma := ,
# What rustc says the static library needs; a test compares.
STATIC_LIBS := -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc

# $(call lay_library,FOLDER)
define lay_library
	install -m 755 $(TARGET)/release/libnango.so $(1)/libnango.so.$(VERSION) && \
	install -m 644 $(TARGET)/release/libnango.a $(1)/libnango.a && \
	ln -sf libnango.so.$(VERSION) $(1)/libnango.so.$(SOVERSION) && \
	ln -sf libnango.so.$(SOVERSION) $(1)/libnango.so
endef

# $(call write_pc,FILE,PREFIX,LIBDIR,CFLAGS,LIBS)
define write_pc
	sed -e 's|@PREFIX@|$(2)|' -e 's|@LIBDIR@|$(3)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@CFLAGS@|$(4)|' -e 's|@LIBS@|$(5)|' -e 's|@STATIC_LIBS@|$(STATIC_LIBS)|' \
		bindings/c/nango.pc.in > $(1)
endef

examples: build
	@$(MAKE) --no-print-directory -C examples/c
	@$(MAKE) --no-print-directory -C examples/cpp
	@cd examples/go && go build -o $(BUILD)/examples/go/connection .

# Tokens live two seconds here, so that one can be seen running out.
demo: setup examples
	@$(NANGO_DEV) --token-ttl 2 --refresh-margin 1 -- scripts/demo.sh \
		"C=$(BUILD)/examples/c/connection" \
		"C++=$(BUILD)/examples/cpp/connection" \
		"Go=$(BUILD)/examples/go/connection" \
		"Ruby=ruby -I $(CURDIR)/bindings/ruby/lib $(CURDIR)/examples/ruby/connection.rb"

# Each runner prints its own summary, and the first that fails ends it all.
test: setup-test build lint test-rust test-nango-dev test-c test-cpp test-go test-ruby
	@echo "All tests of all languages passed."

test-rust:
	$(WITH_SERVER) cargo test --locked --package nango

test-nango-dev:
	cargo test --locked --package nango-dev

test-c: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c test memcheck

test-cpp: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/cpp test memcheck

test-go: build
	cd bindings/go && $(WITH_SERVER) go test -race ./...
	cd examples/go && go vet ./...

test-ruby: build
	cd bindings/ruby && $(WITH_SERVER) ruby -w -I lib -I test -e 'Dir["test/**/*_test.rb"].each { |file| require "./#{file}" }'

# The header is made by the build: what it made must be what is committed.
lint: build
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	git diff --exit-code -- include/nango.h
	cd bindings/go && go vet ./... && test -z "$$(gofmt -l .)"
	cd bindings/ruby && rubocop --cache false

install: build
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include
	$(call lay_library,$(DESTDIR)$(LIBDIR))
	install -m 644 include/nango.h bindings/cpp/nango.hpp $(DESTDIR)$(PREFIX)/include/
	$(call write_pc,$(DESTDIR)$(LIBDIR)/pkgconfig/nango.pc,$(PREFIX),$(LIBDIR),-I$(PREFIX)/include,)

uninstall:
	rm -f $(DESTDIR)$(LIBDIR)/libnango.so $(DESTDIR)$(LIBDIR)/libnango.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libnango.so.$(VERSION) \
		$(DESTDIR)$(LIBDIR)/libnango.a $(DESTDIR)$(LIBDIR)/pkgconfig/nango.pc $(DESTDIR)$(PREFIX)/include/nango.h $(DESTDIR)$(PREFIX)/include/nango.hpp

clean:
	cargo clean
	rm -rf $(BUILD)
