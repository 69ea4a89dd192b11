# frozen_string_literal: true

module LibNango
  # The gem's version.
  VERSION = "0.1.0"

  # The version of the oldest native library that this gem works with.
  LIBRARY_VERSION = "0.1.0"
end
