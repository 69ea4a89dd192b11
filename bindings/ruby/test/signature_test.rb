# frozen_string_literal: true

require_relative "test_helper"
require "libnango/faraday"
require "libnango/testing"
require "open3"
require "rbs"

# sig/libnango.rbs matches the code.
class SignatureTest < Minitest::Test
  # Methods for the gem's internal use.
  PRIVATE = {"LibNango::Record" => %i[parse parse_object parse_list parse_optional parse_any],
             "LibNango::Error" => %i[take]}.freeze

  def builder
    @builder ||= begin
      loader = RBS::EnvironmentLoader.new
      loader.add(path: Pathname(File.expand_path("../sig", __dir__)))
      RBS::DefinitionBuilder.new(env: RBS::Environment.from_loader(loader).resolve_type_names)
    end
  end

  def declared
    names = builder.env.class_decls.keys.map(&:to_s).grep(/\A::LibNango(::|\z)/)
    names.map { |name| name.delete_prefix("::") }
  end

  def classes(from = LibNango)
    found = from.constants.map { |name| from.const_get(name) }.grep(Module)
    inside = found.select { |found_class| found_class.name.start_with?("#{from.name}::") }
    inside.flat_map { |c| [c, *classes(c)] }.uniq
  end

  def test_every_class_is_declared
    assert_equal ["LibNango", *classes.map(&:name)].sort, declared.sort
  end

  def test_every_method_is_declared_with_its_parameters
    classes.grep(Class).each do |owner|
      name = RBS::TypeName(name_of(owner))
      methods = owner.instance_methods(false) + [:initialize]
      compare(owner, builder.build_instance(name), methods) do |method|
        owner.instance_method(method)
      end
      compare(owner, builder.build_singleton(name), owner.singleton_methods(false)) do |method|
        owner.method(method)
      end
    end
  end

  def test_every_constant_is_declared
    constants = builder.env.constant_decls.keys.map(&:to_s).grep(/\A::LibNango::/)
    assert_includes constants, "::LibNango::Error::NUMBER"
    constants.each { |name| assert Object.const_defined?(name), name }
  end

  # Runs other tests with every argument and result checked. One is excluded: the checker iterates
  # each Enumerator, and that test has one that never ends.
  def test_what_is_passed_and_returned_is_as_declared
    script = 'gem "rbs"; require "rbs/test/setup"; ' \
             'require "./test/client_test"; require "./test/secrets_test"'
    variables = {"RBS_TEST_TARGET" => "LibNango::*", "RBS_TEST_OPT" => "-I sig",
                 "RBS_TEST_LOGLEVEL" => "error"}
    output, status = Open3.capture2e(variables, RbConfig.ruby, "-I", "lib", "-I", "test",
                                     "-e", script, "--",
                                     "-e", "test_pages_are_fetched_as_they_are_asked_for",
                                     chdir: File.expand_path("..", __dir__))
    assert_predicate status, :success?, output
    assert_match(/\b[1-9]\d runs, /, output)
  end

  private

  def name_of(owner)
    "::#{owner.name}"
  end

  def compare(owner, definition, methods)
    methods -= PRIVATE.fetch(owner.name, [])
    here = definition.methods.select { |_, method| method.defined_in.to_s == name_of(owner) }
    unless inherited_initialize?(owner)
      assert_empty here.keys - methods - [:new], "#{owner}: declared, but missing"
    end
    methods.each do |name|
      next if name == :initialize && inherited_initialize?(owner)

      signature = here[name]
      refute_nil signature, "#{owner}##{name} is not declared"
      keywords = yield(name).parameters.select { |kind, _| %i[key keyreq].include?(kind) }
      assert_empty keywords - keywords_of(signature), "#{owner}##{name}"
      assert_empty unknown_keywords(signature, keywords, yield(name)), "#{owner}##{name}"
    end
  end

  def inherited_initialize?(owner)
    owner.instance_method(:initialize).owner != owner
  end

  def keywords_of(signature)
    signature.method_types.flat_map do |type|
      type.type.required_keywords.keys.map { |name| [:keyreq, name] } +
        type.type.optional_keywords.keys.map { |name| [:key, name] }
    end.uniq
  end

  # A method that accepts any keywords may declare the meaningful ones.
  def unknown_keywords(signature, keywords, method)
    method.parameters.any? { |kind, _| kind == :keyrest } ? [] : keywords_of(signature) - keywords
  end
end
