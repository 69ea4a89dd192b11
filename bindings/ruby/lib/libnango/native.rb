# frozen_string_literal: true

require "ffi"
require_relative "elf_header"

module LibNango
  # The C interface of libnango, as include/nango.h declares it, and the conversion of values.
  # @api private
  module Native
    extend FFI::Library

    # The library's file name when it is installed on the system.
    SYSTEM_NAME = FFI::Platform.mac? ? "libnango.0.dylib" : "libnango.so.0"

    # The library's path in a gem that includes it.
    BUNDLED = File.expand_path("native/#{FFI.map_library_name("nango")}", __dir__)

    class << self
      # Loads the library. If NANGO_LIB_PATH is set, only that file is tried; there is no silent
      # fallback.
      def load_library
        named = ENV.fetch("NANGO_LIB_PATH", "")
        candidates = named.empty? ? [BUNDLED, SYSTEM_NAME] : [named]
        tried = candidates.filter_map do |candidate|
          ffi_lib open_library(candidate)
          return check_version(candidate)
        rescue LoadError => e
          "  #{candidate}: #{ElfHeader.mismatch(candidate) || e.message.lines.first&.strip}"
        end
        raise LoadError, not_found(tried)
      end

      # Copies and checks a text for the library. The copy is needed because another thread may
      # change the caller's string while the library reads it. A NUL would end the text early
      # ("alice\0bob" would become another user's id), so it is rejected here. The library checks
      # that the text is valid UTF-8.
      # @return [String, nil]
      def text(value, name)
        return if value.nil?

        value = value.name if value.is_a?(Symbol)
        raise TypeError, "#{name} must be a String, not #{value.class}" unless value.is_a?(String)

        value = in_utf8(value, name)
        return value unless value.include?("\0")

        raise Error::InvalidArgument, "#{name} must not contain a NUL character"
      end

      # Checks that a number fits the C type. The ffi gem would convert -1 to 4294967295.
      # @return [Integer]
      def integer(value, name, bits)
        value = Integer(value)
        return value if value.between?(0, (1 << bits) - 1)

        raise Error::InvalidArgument, "#{name} must be between 0 and #{(1 << bits) - 1}"
      end

      # Converts seconds to milliseconds, rounded up, so that a short time does not become 0.
      # @return [Integer]
      def milliseconds(value, name)
        value = Float(value)
        return (value * 1000).ceil if value >= 0 && value <= 4_294_967

        raise Error::InvalidArgument, "#{name} must be more than 0 and at most 4294967 seconds"
      end

      # Marks text as UTF-8. The ffi gem has already copied it from the library.
      # @return [String, nil]
      def utf8(text)
        text&.force_encoding(Encoding::UTF_8)
      end

      # Calls a function that returns owned text. The block receives the error_out to pass to it.
      # @return [String, nil] nil if the function returned NULL without an error
      # @raise [Error]
      def owned_text(&)
        take_text(checked(&))
      end

      # Copies owned text into a String, and frees it.
      # @return [String, nil] nil if the pointer is NULL
      def take_text(pointer)
        utf8(pointer.read_string) unless pointer.null?
      ensure
        nango_free_string(pointer)
      end

      # A pointer that is freed at the latest when it is garbage collected. Ruby also frees it when
      # the process exits, and a finalizer of the program may still use it after that; `freed`, a
      # Thread::Queue, is then no longer empty. (An Array would be lost after a Ractor tried to take
      # the object, because moving starts before it fails.)
      def owned(pointer, freed, free)
        FFI::AutoPointer.new(pointer, lambda do |address|
          freed << true
          free.call(address)
        end)
      end

      # Calls a function that may fail. The block receives the error_out to pass to it. An error
      # that the function stores there is raised.
      def checked
        error_out = FFI::MemoryPointer.new(:pointer)
        result = yield error_out
        error = error_out.read_pointer
        raise Error.take(error) unless error.null?

        result
      end

      private

      def in_utf8(value, name)
        case value.encoding
        when Encoding::UTF_8, Encoding::US_ASCII, Encoding::BINARY then value.dup.freeze
        else value.encode(Encoding::UTF_8).freeze
        end
      rescue EncodingError
        message = "#{name} cannot be converted to UTF-8; pass valid text"
        raise Error::InvalidUtf8.new(message), cause: nil
      end

      def open_library(candidate)
        flags = FFI::DynamicLibrary::RTLD_LAZY | FFI::DynamicLibrary::RTLD_LOCAL
        FFI::DynamicLibrary.open(candidate, flags)
        candidate
      end

      def check_version(candidate)
        attach_function :nango_version, [], :string
        attach_function :nango_version_number, [], :uint32
        major, minor, patch = LIBRARY_VERSION.split(".").map(&:to_i)
        return if nango_version_number >= ((major << 16) | (minor << 8) | patch)

        raise LoadError, "version #{nango_version} is older than #{LIBRARY_VERSION}, which " \
                         "libnango.rb #{VERSION} needs"
      rescue FFI::NotFoundError
        raise LoadError, "#{candidate} is not libnango"
      end

      def not_found(tried)
        <<~MESSAGE.chomp
          libnango's native library could not be loaded. Tried:
          #{tried.join("\n")}
          Install libnango #{LIBRARY_VERSION} or newer (make install, then ldconfig), or set \
          NANGO_LIB_PATH to its file.
        MESSAGE
      end
    end

    load_library

    # The struct nango_completion.
    class Completion < FFI::Struct
      layout :ticket, :uint64, :user_data, :uint64, :json, :pointer, :error, :pointer,
             :reserved, [:pointer, 4]
    end

    # None of these functions waits, so none needs to release the interpreter's lock.

    attach_function :nango_free_string, [:pointer], :void

    attach_function :nango_options_new, [], :pointer
    attach_function :nango_options_new_from_env, [:pointer], :pointer
    attach_function :nango_options_free, [:pointer], :void

    attach_function :nango_client_new_with_options, %i[pointer pointer], :pointer
    attach_function :nango_client_free, [:pointer], :void
    attach_function :nango_client_next_event_json, [:pointer], :pointer
    attach_function :nango_client_warning, [:pointer], :string

    attach_function :nango_call_options_new, [], :pointer
    attach_function :nango_call_options_free, [:pointer], :void
    attach_function :nango_call_options_set_header, %i[pointer string string], :int32

    attach_function :nango_credentials_token, %i[string pointer], :pointer

    attach_function :nango_operations_json, [], :string
    attach_function :nango_pager_new, %i[pointer string string uint32 pointer pointer], :pointer
    attach_function :nango_pager_free, [:pointer], :void

    attach_function :nango_queue_new, [:pointer], :pointer
    attach_function :nango_queue_fd, [:pointer], :int32
    attach_function :nango_queue_submit, %i[pointer pointer string string pointer uint64 pointer],
                    :uint64
    attach_function :nango_queue_submit_page, %i[pointer pointer uint64 pointer], :uint64
    attach_function :nango_queue_cancel, %i[pointer uint64], :void
    attach_function :nango_queue_next, %i[pointer pointer size_t int32], :size_t
    attach_function :nango_queue_free, [:pointer], :void

    attach_function :nango_error_code, [:pointer], :int32
    attach_function :nango_error_http_status, [:pointer], :int32
    attach_function :nango_error_api_code, [:pointer], :string
    attach_function :nango_error_message, [:pointer], :string
    attach_function :nango_error_body_json, [:pointer], :string
    attach_function :nango_error_body_reveal, [:pointer], :pointer
    attach_function :nango_error_retry_after_ms, [:pointer], :int64
    attach_function :nango_error_retryable, [:pointer], :bool
    attach_function :nango_error_suggests_reconnect, [:pointer], :bool
    attach_function :nango_code_advice, [:int32], :string
    attach_function :nango_error_attempts, [:pointer], :uint32
    attach_function :nango_error_header, %i[pointer string], :string
    attach_function :nango_code_name, [:int32], :string
    attach_function :nango_error_free, [:pointer], :void
  end
  private_constant :Native
end
