# frozen_string_literal: true

require_relative "test_helper"
require_relative "small_scheduler"
require "async"

# Under a fiber scheduler, a call blocks only its own fiber.
class FiberTest < Minitest::Test
  include Support

  MANY = 200

  # Each runs jobs in fibers under its scheduler, and returns their results.
  SCHEDULERS = {
    "async" => lambda do |jobs|
      Async { |task| jobs.map { |job| task.async { job.call } }.map(&:wait) }.wait
    end,
    "a small scheduler" => lambda do |jobs|
      results = Array.new(jobs.size)
      SmallScheduler.run do
        jobs.each_with_index { |job, index| Fiber.schedule { results[index] = job.call } }
      end
      results
    end
  }.freeze

  # Answers with the requested id after a delay.
  def echo(seconds)
    answer = lambda do |head|
      sleep(seconds)
      id = head[%r{/connection/([^?]*)}, 1]
      page = {connections: [{connection_id: "c-#{head[/page=(\d+)/, 1]}"}]}
      FakeServer.json(id ? {connection_id: id} : page)
    end
    FakeServer.open(answer) { |server| yield client_of(server.url), server }
  end

  def get(client, id)
    client.get_connection(provider_config_key: "github", connection_id: id).connection_id
  end

  SCHEDULERS.each do |name, run| # rubocop:disable Metrics/BlockLength
    method = name.tr(" ", "_")

    define_method("test_200_fibers_in_flight_under_#{method}") do
      echo(2) do |client|
        answers = nil
        jobs = Array.new(MANY) { |number| -> { get(client, "c-#{number}") } }
        seconds = elapsed { answers = run.call(jobs) }
        assert_equal Array.new(MANY) { |number| "c-#{number}" }, answers
        assert_took_less 6, seconds
        figure("#{MANY} fibers under #{name}, each answered after 2 s, all answered after",
               "#{seconds.round(2)} s")
      end
    end

    define_method("test_ten_of_each_together_under_#{method}") do
      echo(0.5) do |client|
        calls = {
          get_connection: -> { get(client, "c") },
          list_connections: lambda do
            client.list_connections(page_size: 1).first(1).map(&:connection_id)
          end,
          list_connections_json: -> { client.list_connections_json.size },
          warm_up: -> { client.warm_up.class }
        }
        calls.each do |call, job|
          results = nil
          seconds = elapsed { results = run.call([job] * 10) }
          assert_equal 1, results.uniq.size
          assert_took_less 1.2, seconds, call.to_s
        end
      end
    end

    define_method("test_errors_reach_the_fiber_under_#{method}") do
      client = client_of("http://127.0.0.1:1")
      jobs = Array.new(5) do
        lambda do
          get(client, "c")
        rescue LibNango::Error => e
          e.code
        end
      end
      assert_equal [:connect] * 5, run.call(jobs)
    end
  end

  def test_ten_calls_of_three_seconds_under_async
    echo(3) do |client|
      seconds = elapsed { SCHEDULERS["async"].call([-> { get(client, "c") }] * 10) }
      assert_took_less 4, seconds
      figure("ten calls of 3 s in ten fibers under async took", "#{seconds.round(2)} s")
    end
  end

  def test_other_fibers_tick_during_a_call
    echo(0.5) do |client|
      ticks = 0
      Async do |task|
        ticker = task.async { loop { (ticks += 1) && task.sleep(0.01) } }
        get(client, "c")
        ticker.stop
      end.wait
      assert_operator ticks, :>, 20
    end
  end

  def test_a_timeout_of_async
    echo(5) do |client|
      Async do |task|
        assert_raises(LibNango::Error::Timeout) { client.get_token(**alice, timeout: 0.1) }
        seconds = elapsed do
          assert_raises(Async::TimeoutError) { task.with_timeout(0.3) { get(client, "c") } }
        end
        assert_in_delta 0.3, seconds, 0.15
      end.wait
    end
  end

  def test_a_task_that_is_stopped
    echo(5) do |client, server|
      Async do |task|
        call = task.async { get(client, "c") }
        task.sleep(0.01) until server.requests.any?
        assert_took_less 0.1, (elapsed { call.stop })
        assert_predicate call, :stopped?
      end.wait
    end
  end

  def test_timeout_under_a_scheduler_that_has_it
    echo(5) do |client|
      ended = SmallScheduler.run do
        elapsed { assert_raises(Timeout::Error) { Timeout.timeout(0.3) { get(client, "c") } } }
      end
      assert_in_delta 0.3, ended, 0.15
    end
  end

  def test_interrupted_fibers_get_no_answer_of_anothers
    echo(0.002) do |client|
      jobs = Array.new(20) do |fiber|
        lambda do
          20.times do |number|
            id = "c-#{fiber}-#{number}"
            Timeout.timeout(rand * 0.008) { raise "another's" unless get(client, id) == id }
          rescue Timeout::Error
            # Continue with the next call.
          end
          get(client, "last-#{fiber}")
        end
      end
      expected = Array.new(20) { |fiber| "last-#{fiber}" }
      assert_equal expected, SCHEDULERS["a small scheduler"].call(jobs)
    end
  end

  def test_threads_and_fibers_with_one_client
    echo(0.2) do |client|
      seconds = elapsed do
        threads = Array.new(5) do |thread|
          Thread.new do
            jobs = Array.new(5) { |fiber| -> { get(client, "c-#{thread}-#{fiber}") } }
            SCHEDULERS["async"].call(jobs)
          end
        end
        expected = Array.new(5) { |thread| Array.new(5) { |fiber| "c-#{thread}-#{fiber}" } }
        assert_equal expected, threads.map(&:value)
      end
      assert_took_less 1.5, seconds
    end
  end

  # A scheduler that only suspends the fiber; the test resumes it.
  class Paused < SmallScheduler
    def io_wait(_io, events, _timeout)
      Fiber.yield
      events
    end

    def close; end
  end

  # A fiber that is waiting when its process forks also exists in the child, where its answer never
  # arrives.
  def test_a_fiber_that_was_waiting_when_the_process_was_forked
    echo(0.2) do |client|
      Thread.new do
        Fiber.set_scheduler(Paused.new)
        waiting = Fiber.new(blocking: false) { get(client, "c") }
        waiting.resume
        status = in_child do
          assert_raises(LibNango::Error::WrongProcess) { waiting.resume }
          assert_equal "d", Thread.new { get(client, "d") }.value
          GC.start
        end
        assert_predicate status, :success?
        sleep(0.3)
        assert_equal "c", waiting.resume
      end.join
    end
  end
end
