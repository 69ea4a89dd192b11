# frozen_string_literal: true

require_relative "lib/libnango/version"

Gem::Specification.new do |spec|
  spec.name = "libnango"
  spec.version = LibNango::VERSION
  spec.authors = ["The libnango authors"]
  spec.summary =
    "A client for Nango's Connections API: fresh OAuth tokens for your users' connections"
  spec.description = "Fetches connections, credentials and access tokens from Nango through " \
                     "libnango, a native library shared by C, C++, Go and Ruby. Works with " \
                     "threads, forks, timeouts and interrupts."
  spec.homepage = "https://github.com/libnango/libnango"
  spec.licenses = ["MIT", "Apache-2.0"]
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = {"rubygems_mfa_required" => "true", "source_code_uri" => spec.homepage}

  # The Rakefile adds the licences, and the native library to gems for one platform.
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb", "sig/**/*.rbs", "README.md"] }
  spec.require_paths = ["lib"]

  spec.add_dependency "ffi", "~> 1.15"
end
