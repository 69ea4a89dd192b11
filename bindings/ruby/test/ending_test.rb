# frozen_string_literal: true

require_relative "test_helper"
require "open3"

# Calls while a thread or the process ends, and after the program closed every file descriptor.
class EndingTest < Minitest::Test
  include Support

  PROGRAM = <<~RUBY
    require "libnango"
    client = LibNango::Client.from_env
    call = -> { client.get_token(provider_config_key: "github", connection_id: "bob") }
    $stdout.sync = true
    puts "first: \#{call.call}"
  RUBY

  # Runs a program, checks that it succeeds and writes nothing to standard error, and returns its
  # output.
  def printed_by(rest)
    command = [RbConfig.ruby, "-W", "-I", File.expand_path("../lib", __dir__), "-e", PROGRAM + rest]
    out, err, status = Open3.capture3(*command)
    assert_equal ["", true], [err, status.success?]
    out.lines(chomp: true).sort
  end

  def test_calls_from_at_exit_and_finalizers
    printed = printed_by(<<~RUBY)
      at_exit { puts "at exit: \#{call.call}" }
      ObjectSpace.define_finalizer(Object.new, proc { puts "finalizer: \#{call.call}" })
      Process.wait(fork { puts "child: \#{call.call}" })
    RUBY
    once = ["at exit: at-bob", "finalizer: at-bob"]
    assert_equal [*once, *once, "child: at-bob", "first: at-bob"].sort, printed
  end

  # At exit, Ruby runs all finalizers in an unspecified order.
  def test_a_finalizer_that_comes_after_the_librarys_own
    printed = printed_by(<<~RUBY)
      finalizer = proc do
        10.times { call.call }
        puts "called"
      rescue LibNango::Error::Closed => e
        puts e.message
      end
      20.times { ObjectSpace.define_finalizer(Object.new, finalizer) }
      GC.start
    RUBY
    assert_empty printed - ["called", "the client is closed; create a new one", "first: at-bob"]
    assert_equal 21, printed.size
  end

  def test_calls_of_a_thread_that_is_killed
    printed = printed_by(<<~RUBY)
      thread = Thread.new do
        sleep
      ensure
        puts "ensure: \#{call.call}"
      end
      sleep 0.1
      thread.kill.join
    RUBY
    assert_equal ["ensure: at-bob", "first: at-bob"], printed
  end

  def test_calls_after_every_descriptor_was_closed
    printed = printed_by(<<~RUBY)
      3.upto(255) do |number|
        IO.for_fd(number).close
      rescue SystemCallError, ArgumentError
        # It does not exist, or belongs to Ruby.
      end
      # The library checks its descriptors after they were idle for a moment.
      sleep 0.01
      2.times { puts "again: \#{call.call}" }
    RUBY
    assert_equal ["again: at-bob", "again: at-bob", "first: at-bob"], printed
  end
end
