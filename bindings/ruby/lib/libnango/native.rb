# frozen_string_literal: true

require "ffi"

module LibNango
  # The C interface of libnango, as include/nango.h declares it, and how text gets across.
  # @api private
  module Native
    extend FFI::Library

    # The name that a system has the library by.
    SYSTEM_NAME = FFI::Platform.mac? ? "libnango.0.dylib" : "libnango.so.0"

    # Where a gem that brings the library has it.
    BUNDLED = File.expand_path("native/#{FFI.map_library_name("nango")}", __dir__)

    class << self
      # Loads the library. Who names one with NANGO_LIB_PATH gets that one or an error, never
      # quietly another.
      def load_library
        named = ENV.fetch("NANGO_LIB_PATH", "")
        candidates = named.empty? ? [BUNDLED, SYSTEM_NAME] : [named]
        tried = candidates.filter_map do |candidate|
          ffi_lib open_library(candidate)
          return check_version(candidate)
        rescue LoadError => e
          "  #{candidate}: #{e.message.lines.first&.strip}"
        end
        raise LoadError, not_found(tried)
      end

      # Text that crosses: a copy of its own, because another thread may change the caller's string
      # while the library reads it. A NUL would end the text early ("alice\0bob" is another user's
      # id), so it is refused here; whether it is UTF-8 is the library's to judge.
      # @return [String, nil]
      def text(value, name)
        return if value.nil?

        value = value.name if value.is_a?(Symbol)
        raise TypeError, "#{name} must be a String, not #{value.class}" unless value.is_a?(String)

        value = in_utf8(value, name)
        return value unless value.include?("\0")

        raise Error::InvalidArgument, "#{name} must not contain a NUL character"
      end

      # A number as the C type holds it. The ffi gem would make 4294967295 of -1.
      # @return [Integer]
      def integer(value, name, bits)
        value = Integer(value)
        return value if value.between?(0, (1 << bits) - 1)

        raise Error::InvalidArgument, "#{name} must be between 0 and #{(1 << bits) - 1}"
      end

      # Seconds as milliseconds, rounded up, so that little is not nothing.
      # @return [Integer]
      def milliseconds(value, name)
        value = Float(value)
        return (value * 1000).ceil if value >= 0 && value <= 4_294_967

        raise Error::InvalidArgument, "#{name} must be more than 0 and at most 4294967 seconds"
      end

      # Borrowed text, which the ffi gem has copied.
      # @return [String, nil]
      def utf8(text)
        text&.force_encoding(Encoding::UTF_8)
      end

      # Calls a function that returns owned text and takes an error_out, which the block gets.
      # @return [String, nil] nil: NULL and no error
      # @raise [Error]
      def owned_text(&)
        take_text(checked(&))
      end

      # Takes over owned text: reads it and frees it.
      # @return [String, nil] nil: NULL
      def take_text(pointer)
        utf8(pointer.read_string) unless pointer.null?
      ensure
        nango_free_string(pointer)
      end

      # A pointer that is freed at the latest when nobody refers to it. When the process ends, Ruby
      # frees it too, and a finalizer of the program may still call after that: `freed`, a
      # Thread::Queue, is not empty then. (An Array would be gone after a Ractor that tried to take
      # the object, since moving begins before it fails.)
      def owned(pointer, freed, free)
        FFI::AutoPointer.new(pointer, lambda do |address|
          freed << true
          free.call(address)
        end)
      end

      # Calls a function that takes an error_out, which the block gets, and raises the error that it
      # leaves there.
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
        raise Error::InvalidUtf8.new("#{name} cannot be written in UTF-8"), cause: nil
      end

      def open_library(candidate)
        FFI::DynamicLibrary.open(candidate, FFI::DynamicLibrary::RTLD_LAZY | FFI::DynamicLibrary::RTLD_LOCAL)
        candidate
      end

      def check_version(candidate)
        attach_function :nango_version, [], :string
        attach_function :nango_version_number, [], :uint32
        major, minor, patch = LIBRARY_VERSION.split(".").map(&:to_i)
        return if nango_version_number >= ((major << 16) | (minor << 8) | patch)

        raise LoadError, "version #{nango_version} is older than #{LIBRARY_VERSION}, which libnango.rb #{VERSION} needs"
      rescue FFI::NotFoundError
        raise LoadError, "#{candidate} is not libnango"
      end

      def not_found(tried)
        <<~MESSAGE.chomp
          libnango's native library could not be loaded. Tried:
          #{tried.join("\n")}
          Install libnango #{LIBRARY_VERSION} or newer (make install, then ldconfig), or set NANGO_LIB_PATH to its file.
        MESSAGE
      end
    end

    load_library

    # nango_completion.
    class Completion < FFI::Struct
      layout :ticket, :uint64, :user_data, :uint64, :json, :pointer, :error, :pointer, :reserved, [:pointer, 4]
    end

    # None of them waits for anything, so none gives the interpreter's lock away.

    attach_function :nango_free_string, [:pointer], :void

    attach_function :nango_options_new, [], :pointer
    attach_function :nango_options_new_from_env, [:pointer], :pointer
    attach_function :nango_options_free, [:pointer], :void

    attach_function :nango_client_new_with_options, %i[pointer pointer], :pointer
    attach_function :nango_client_free, [:pointer], :void
    attach_function :nango_client_next_event_json, [:pointer], :pointer

    attach_function :nango_call_options_new, [], :pointer
    attach_function :nango_call_options_free, [:pointer], :void
    attach_function :nango_call_options_set_header, %i[pointer string string], :int32

    attach_function :nango_credentials_token, %i[string pointer], :pointer

    attach_function :nango_pager_new, %i[pointer string uint32 pointer pointer], :pointer
    attach_function :nango_pager_free, [:pointer], :void

    attach_function :nango_queue_new, [:pointer], :pointer
    attach_function :nango_queue_fd, [:pointer], :int32
    attach_function :nango_queue_submit, %i[pointer pointer string string pointer uint64 pointer], :uint64
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
    attach_function :nango_error_attempts, [:pointer], :uint32
    attach_function :nango_error_header, %i[pointer string], :string
    attach_function :nango_code_name, [:int32], :string
    attach_function :nango_error_free, [:pointer], :void
  end
  private_constant :Native
end
