# frozen_string_literal: true

require_relative "test_helper"
require "open3"
require "rubygems/package"
require "tmpdir"

# Installs the gems that the Rakefile packs into an empty GEM_HOME, and uses them from an empty
# folder.
class GemTest < Minitest::Test
  include Support

  ROOT = File.expand_path("..", __dir__)
  LIBRARY = File.realpath(ENV.fetch("NANGO_LIB_PATH"))

  # Prints where the gem and the library are, and shows that both work.
  USE = <<~RUBY
    require "libnango"
    token = LibNango::Client.from_env.get_token(provider_config_key: "github", connection_id: "bob")
    library = File.read("/proc/self/maps")[/\\S*libnango\\.so\\S*/]
    puts $LOADED_FEATURES.grep(/libnango\\.rb/), library, token
  RUBY

  # Unsets every variable that could lead to the repository.
  CLEAN = %w[NANGO_LIB_PATH RUBYLIB RUBYOPT GEM_PATH LD_LIBRARY_PATH
             BUNDLE_GEMFILE].to_h { |name| [name, nil] }.freeze

  def run_in(folder, variables, *command)
    Open3.capture2e(CLEAN.merge(variables), *command, chdir: folder)
  end

  # Packs a gem with a task, and returns its path.
  def pack(task, folder)
    variables = {"OUT" => folder, "NANGO_LIB_PATH" => LIBRARY}
    output, status = Open3.capture2e(variables, "rake", task, chdir: ROOT)
    assert_predicate status, :success?, output
    Dir[File.join(folder, "*.gem")].fetch(0)
  end

  # Installs the task's gem into an empty folder; the only other gems are the system's.
  def installed(task)
    Dir.mktmpdir do |folder|
      folder = File.realpath(folder)
      gem = pack(task, folder)
      home, empty = %w[home empty].map { |name| File.join(folder, name) }
      [home, empty].each { |path| Dir.mkdir(path) }
      install = %w[gem install --local --ignore-dependencies --no-document --no-user-install
                   --install-dir]
      output, status = run_in(empty, {"GEM_HOME" => home}, *install, home, gem)
      assert_predicate status, :success?, output
      yield home, empty, gem
    end
  end

  def use(home, empty, **variables)
    variables = {"GEM_HOME" => home}.merge(variables.transform_keys(&:to_s))
    output, status = run_in(empty, variables, RbConfig.ruby, "-w", "-e", USE)
    [output.lines(chomp: true), status.success?]
  end

  def test_the_gem_with_the_library
    installed("gem:native") do |home, empty, gem|
      (file, library, token), success = use(home, empty)
      assert success, file
      assert file.start_with?("#{home}/gems/libnango-#{LibNango::VERSION}-"), file
      assert_equal File.join(File.dirname(file), "libnango/native/libnango.so"), library
      assert_equal "at-bob", token
      refute_equal "ruby", Gem::Package.new(gem).spec.platform.to_s
      figure("the gem with the library has", "#{File.size(gem) / 1024} KB")
    end
  end

  def test_the_gem_without_the_library_finds_the_systems
    installed("gem") do |home, empty, gem|
      assert_equal "ruby", Gem::Package.new(gem).spec.platform.to_s
      [{LD_LIBRARY_PATH: File.dirname(LIBRARY)}, {NANGO_LIB_PATH: LIBRARY}].each do |variables|
        (file, library, token), success = use(home, empty, **variables)
        assert success, file
        assert_equal "#{home}/gems/libnango-#{LibNango::VERSION}/lib/libnango.rb", file
        assert_equal LIBRARY, File.realpath(library)
        assert_equal "at-bob", token
      end
    end
  end

  def test_the_gem_without_any_library_says_what_to_do
    installed("gem") do |home, empty, _|
      lines, success = use(home, empty)
      skip "libnango is installed here" if success

      output = lines.join("\n")
      root = "#{home}/gems/libnango-#{LibNango::VERSION}"
      assert_includes output, "#{root}/lib/libnango/native/libnango.so: "
      assert_includes output, "libnango.so.0: "
      assert_includes output, "NANGO_LIB_PATH"
    end
  end

  def test_what_is_in_it
    Dir.mktmpdir do |folder|
      package = Gem::Package.new(pack("gem", folder))
      assert_equal ["libnango", LibNango::VERSION], [package.spec.name, package.spec.version.to_s]
      assert_equal ["ffi"], package.spec.runtime_dependencies.map(&:name)
      repository = %w[lib sig].flat_map { |top| Dir.glob("#{top}/**/*.{rb,rbs}", base: ROOT) }
      assert_equal [*repository, "LICENSE-APACHE", "LICENSE-MIT", "README.md"].sort,
                   package.contents.sort
    end
  end

  # The command of the README.
  def test_gem_build_packs_it_too
    root = File.expand_path("../..", ROOT)
    command = File.read(File.join(root, "README.md"))[/^(gem build .*)/, 1]
    Dir.mktmpdir do |folder|
      output, status = Open3.capture2e({"LIBNANGO" => root}, "#{command} --strict",
                                       chdir: folder)
      assert_predicate status, :success?, output
      assert_path_exists "#{folder}/libnango.gem"
    end
  end
end
