# frozen_string_literal: true

require_relative "test_helper"
require "open3"
require "tmpdir"

# How the gem finds the library, and what it reports if there is none.
class LoadingTest < Minitest::Test
  ROOT = File.expand_path("..", __dir__)

  def ruby(script, variables = {}, lib: File.join(ROOT, "lib"))
    Open3.capture2e(variables, RbConfig.ruby, "-w", "-I", lib, "-e", script)
  end

  def failure(variables, lib: File.join(ROOT, "lib"))
    script = "begin; require 'libnango'; rescue LoadError => e; puts e.message; exit 3; end"
    output, status = ruby(script, variables, lib: lib)
    assert_equal 3, status.exitstatus, output
    output
  end

  def test_a_named_library_that_is_not_there
    output = failure({"NANGO_LIB_PATH" => "/nowhere/libnango.so"})
    assert_includes output, "/nowhere/libnango.so: "
    assert_includes output, "NANGO_LIB_PATH"
    refute_includes output, "libnango.so.0:"
  end

  def test_a_library_that_is_another
    output = failure({"NANGO_LIB_PATH" => "libc.so.6"})
    assert_includes output, "libc.so.6 is not libnango"
  end

  def test_a_library_of_another_architecture
    Dir.mktmpdir do |folder|
      library = File.join(folder, "libnango.so")
      header = File.binread(ENV.fetch("NANGO_LIB_PATH"), 64)
      {183 => "arm64", 62 => "x86-64", 9 => "ELF machine 9"}.each do |machine, name|
        packed = [machine].pack("S<")
        next if header.byteslice(18, 2) == packed

        File.binwrite(library, header.byteslice(0, 18) + packed + header.byteslice(20..))
        output = failure({"NANGO_LIB_PATH" => library})
        assert_includes output, "#{library}: this file is for #{name}, but this Ruby is for "
      end
    end
  end

  def test_no_library_at_all
    found, = ruby("puts FFI::DynamicLibrary.open('libnango.so.0', 1)", {"RUBYOPT" => "-rffi"})
    skip "libnango is installed here" if found.include?("FFI::DynamicLibrary:0x")

    output = failure({"NANGO_LIB_PATH" => nil})
    assert_includes output, "lib/libnango/native/libnango.so: "
    assert_includes output, "libnango.so.0: "
    assert_includes output, "Install libnango #{LibNango::LIBRARY_VERSION} or newer"
  end

  def test_a_library_that_is_too_old
    with_copy_of_gem do |lib|
      version = File.join(lib, "libnango/version.rb")
      newer = File.read(version).sub(/LIBRARY_VERSION = .*/, 'LIBRARY_VERSION = "0.99.0"')
      File.write(version, newer)
      output = failure({}, lib: lib)
      assert_includes output, "version #{LibNango.version} is older than 0.99.0"
    end
  end

  def test_a_library_that_the_gem_brings
    with_copy_of_gem do |lib|
      FileUtils.mkdir(File.join(lib, "libnango/native"))
      FileUtils.cp(ENV.fetch("NANGO_LIB_PATH"), File.join(lib, "libnango/native/libnango.so"))
      script = "require 'libnango'; puts LibNango.version"
      output, status = ruby(script, {"NANGO_LIB_PATH" => nil}, lib: lib)
      assert_predicate status, :success?, output
      assert_equal LibNango.version, output.chomp
    end
  end

  def test_no_warnings
    output, status = ruby("require 'libnango'; LibNango::Client.new(secret_key: 'k').close")
    assert_predicate status, :success?
    assert_empty output
  end

  def test_versions
    assert_match(/\A\d+\.\d+\.\d+\z/, LibNango.version)
    assert_operator Gem::Version.new(LibNango.version), :>=,
                    Gem::Version.new(LibNango::LIBRARY_VERSION)
  end

  def test_every_code_of_the_header_has_a_class
    header = File.read(File.expand_path("../../include/nango.h", ROOT))
    codes = header.scan(/^#define NANGO_ERROR_(\w+) (\d+)$/)
                  .to_h { |name, number| [number.to_i, name] }
    classes = LibNango::Error.constants.map { |name| LibNango::Error.const_get(name) }.grep(Class)
    refute_empty codes
    names = classes.to_h { |error| [error::NUMBER, error::CODE_NAME] }
    assert_equal codes, names.slice(*codes.keys)
    classes.each do |error|
      assert_equal error::CODE_NAME.split("_").map(&:capitalize).join, error.name.split("::").last
    end
  end

  def test_every_function_is_attached_as_the_header_has_it
    header = File.read(File.expand_path("../../include/nango.h", ROOT)).gsub(%r{/\*.*?\*/}m, "")
    source = File.read(File.join(ROOT, "lib/libnango/native.rb"))
    source.scan(/attach_function :(nango_\w+), (?:%i)?\[(.*?)\]/) do |name, types|
      parameters = header[/\b#{name}\(([^)]*)\)/, 1]
      refute_nil parameters, "#{name} is not in the header"
      declared = parameters.strip == "void" ? [] : parameters.split(",")
      assert_equal declared.map { |parameter| ffi_type(parameter) }, types.delete(":").split, name
    end
  end

  private

  def with_copy_of_gem
    Dir.mktmpdir do |directory|
      FileUtils.cp_r(File.join(ROOT, "lib"), directory)
      yield File.join(directory, "lib")
    end
  end

  def ffi_type(parameter)
    case parameter
    when /\*\*|uint8_t|nango_\w+ \*/ then "pointer"
    when /char \*/ then parameter.include?("const") ? "string" : "pointer"
    when /size_t/ then "size_t"
    when /uint(32|64)_t/ then "uint#{Regexp.last_match(1)}"
    when /bool/ then "bool"
    else "int32"
    end
  end
end
