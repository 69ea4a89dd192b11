# frozen_string_literal: true

require_relative "test_helper"

# A list that grows during the iteration, on nango-dev.
class ListTest < Minitest::Test
  include Support

  def setup
    host = URI(env("NANGO_HOST"))
    @dev = Net::HTTP.start(host.host, host.port)
    @added = []
  end

  def teardown
    @added.each do |id|
      ask(Net::HTTP::Delete, "/connections/#{id}?provider_config_key=stripe-key", 200)
    end
    @dev.finish
  end

  def test_each_connection_comes_once
    {1 => 10, 10 => 10, 25 => 10, 250 => 250}.each do |each, page_size|
      tag = "ruby-walk-#{each}"
      there = add(250, tag)
      came = walk(tag, page_size, each) & there
      figure("of 250, with #{each} added after each page of #{page_size}", came.size)
      assert_equal there, came, "#{each} added after each page of #{page_size}"
    end
  end

  def test_in_fibers_and_threads
    there = add(100, "ruby-walks")
    walks = Array.new(4) { Thread.new { walk("ruby-walks", 7, 3) } }
    walks.each { |thread| assert_equal there, thread.value & there }
  end

  private

  # Returns the ids, newest first, in the order of the list.
  def add(count, tag)
    ids = Array.new(count) { |number| "#{tag}-#{@added.size + number}" }
    ids.each do |id|
      ask(Net::HTTP::Post, "/connections", 201,
          {provider_config_key: "stripe-key", connection_id: id, tags: {walk: tag},
           credentials: {type: "API_KEY", apiKey: "a-key-of-a-test"}})
    end
    @added.concat(ids)
    ids.reverse
  end

  # Returns the ids that the list returns, and checks that none is returned twice.
  def walk(tag, page_size, each)
    seen = []
    new_client.list_connections(page_size: page_size, tags: {walk: tag}) do |connection|
      seen << connection.connection_id
      lock { add(each, tag) } if (seen.size % page_size).zero? && @added.size < 1500
    end
    assert_equal seen.uniq, seen
    seen
  end

  LOCK = Mutex.new

  def lock(&)
    LOCK.synchronize(&)
  end

  def ask(kind, path, status, body = nil)
    headers = {"Authorization" => "Bearer #{env("NANGO_SECRET_KEY")}",
               "Content-Type" => "application/json"}
    answer = @dev.request(kind.new(path, headers), body && JSON.generate(body))
    assert_equal status, answer.code.to_i, "#{path}: #{answer.body}"
  end
end
