# frozen_string_literal: true

require_relative "test_helper"

# After a fork, parent and child can both keep using their client.
class ForkTest < Minitest::Test
  include Support

  def tls_client
    new_client(base_url: env("NANGO_DEV_TLS_HOST"), ca_pem: File.read(env("NANGO_DEV_CA_FILE")))
  end

  def assert_goes_on(client)
    assert_equal "at-bob", client.get_token(**bob)
    statuses = Array.new(4) do
      in_child do
        20.times { raise "another's answer" unless client.get_token(**bob) == "at-bob" }
        raise "no list" if client.list_connections(page_size: 5).count < 10

        client.close
      end
    end
    assert(statuses.all?(&:success?))
    assert_equal "at-bob", client.get_token(**bob)
  end

  def test_a_child_calls_after_its_parent_did
    assert_goes_on new_client
  end

  def test_a_child_calls_after_its_parent_did_over_tls
    assert_goes_on tls_client
  end

  def assert_both_at_once(client)
    client.get_token(**bob)
    children = Array.new(3) do
      fork do
        50.times { exit!(1) unless client.get_token(**bob) == "at-bob" }
        exit!(0)
      rescue Exception => e # rubocop:disable Lint/RescueException
        warn e.full_message(highlight: false)
        exit!(2)
      end
    end
    50.times { assert_equal "at-bob", client.get_token(**bob) }
    assert_equal [0] * 3, exit_statuses(children)
    assert_equal "at-bob", client.get_token(**bob)
  ensure
    children&.each { |pid| kill(pid) }
  end

  def exit_statuses(children)
    Timeout.timeout(60) { children.map { |pid| Process.wait2(pid).last.exitstatus } }
  end

  def test_both_go_on_at_once
    assert_both_at_once new_client
  end

  def test_both_go_on_at_once_over_tls
    assert_both_at_once tls_client
  end

  def test_a_fork_while_other_threads_call
    assert_forks_while_others_call new_client
  end

  # Uses the address: libc may not work in a child that was forked while libc resolved a host name.
  def test_a_fork_while_other_threads_call_over_tls
    url = env("NANGO_DEV_TLS_HOST").sub("localhost", "127.0.0.1")
    ca = File.read(env("NANGO_DEV_CA_FILE"))
    assert_forks_while_others_call new_client(base_url: url, ca_pem: ca)
  end

  def assert_forks_while_others_call(client)
    stop = false
    callers = Array.new(3) { Thread.new { client.get_token(**bob) until stop } }
    statuses = Array.new(10) do
      in_child do
        5.times { client.get_token(**bob) }
        raise "the child has another thread" unless Thread.list.size == 1

        client.close
      end
    end
    assert(statuses.all?(&:success?))
  ensure
    stop = true
    callers.each(&:join)
  end

  def test_the_warm_connection_of_the_parent_stays
    FakeServer.open(FakeServer.json({})) do |server|
      client = client_of(server.url)
      client.get_connection(**alice)
      assert_predicate in_child { client.close }, :success?
      assert_predicate in_child { client.get_connection(**alice) }, :success?
      client.get_connection(**alice)
      assert_equal 2, server.connections
    end
  end

  # Like Sidekiq's swarm: the parent has used its client, and each child starts threads. Some
  # children are forked while threads of the parent wait for answers. Those threads still get their
  # answers, whatever the children do.
  def test_children_with_threads_while_the_parents_wait
    FakeServer.open(->(_) { sleep(1) && FakeServer.json({connection_id: "alice"}) }) do |server|
      slow = client_of(server.url)
      client = new_client
      client.get_token(**bob)
      waiting = Array.new(5) { Thread.new { slow.get_connection(**alice).connection_id } }
      Timeout.timeout(60) { sleep(0.005) until server.requests.size >= 5 }
      children = Array.new(4) { fork_workers(client, slow) }
      assert_equal "at-bob", client.get_token(**bob)
      assert_equal [0] * 4, exit_statuses(children)
      assert_equal ["alice"] * 5, waiting.map(&:value)
      assert_equal "at-bob", client.get_token(**bob)
    ensure
      children&.each { |pid| kill(pid) }
    end
  end

  def fork_workers(*clients)
    fork do
      workers = Array.new(5) { Thread.new { 20.times.map { clients.first.get_token(**bob) }.uniq } }
      exit!(1) unless workers.map(&:value).uniq == [["at-bob"]]
      exit!(2) unless clients.last.get_connection(**alice).connection_id == "alice"
      clients.each(&:close)
      GC.start
      exit!(0)
    rescue Exception => e # rubocop:disable Lint/RescueException
      warn e.full_message(highlight: false)
      exit!(3)
    end
  end

  def test_children_of_children
    client = new_client
    client.get_token(**bob)
    status = in_child do
      client.get_token(**bob)
      raise "grandchild" unless in_child { client.get_token(**bob) && client.close }.success?

      client.get_token(**bob)
    end
    assert_predicate status, :success?
  end

  # Including its finalizers.
  def test_a_child_that_ends_as_usual
    script = <<~RUBY
      client = LibNango::Client.from_env
      call = -> { client.get_token(provider_config_key: "github", connection_id: "bob") }
      call.call
      pid = fork { call.call && GC.start }
      exit 1 unless Process.wait2(pid).last.success?
      call.call
    RUBY
    assert run_ruby(script)
  end

  def test_a_timeout_in_a_child
    FakeServer.open do |server|
      client = client_of(server.url)
      assert_raises(Timeout::Error) { Timeout.timeout(0.2) { client.get_token(**alice) } }
      status = in_child do
        start = now
        begin
          Timeout.timeout(0.3) { client.get_token(**alice) }
        rescue Timeout::Error
          raise "late" if now - start > 3
        end
      end
      assert_predicate status, :success?
    end
  end
end
