# frozen_string_literal: true

module LibNango
  # The gem's version.
  VERSION = "0.1.0"

  # The oldest native library that the gem works with.
  LIBRARY_VERSION = "0.1.0"
end
