# frozen_string_literal: true

require_relative "test_helper"
require "open3"
require "yaml"

# No serializer writes a secret. Covers those of the standard library and of common gems. The gems
# run in a separate Ruby, since they change the methods of every object.
class SerialisersTest < Minitest::Test
  include Support

  # The ways to show an object as text. A way that is rejected raises TypeError, and its message is
  # checked.
  WAYS = {
    inspect: lambda(&:inspect), to_s: lambda(&:to_s), interpolated: ->(it) { "#{it} #{[it]}" },
    puts: ->(it) { StringIO.new.tap { |io| io.puts(it) }.string },
    format: ->(it) { format("%<it>s %<it>p", it: it) }, pp: ->(it) { PP.pp([it, {it: it}], +"") },
    to_json: ->(it) { it.to_json }, json: ->(it) { JSON.pretty_generate([it, {it => it}]) },
    json_dump: ->(it) { JSON.dump({it: it}) }, to_yaml: ->(it) { it.to_yaml },
    yaml_dump: ->(it) { YAML.dump([{it: it}]) }, marshal: ->(it) { Marshal.dump(it) },
    marshal_in_a_list: ->(it) { Marshal.dump([{it: it}]) }, instance_variables: ->(it) { walk(it) },
    no_method: ->(it) { it.nothing_like_it }, wrong_argument: ->(it) { Integer(it) },
    fetch: ->(it) { {}.fetch(it) }, frozen: ->(it) { it.dup.freeze.instance_variable_set(:@x, 1) }
  }.freeze

  # The ways that three gems add, tried on the connection from standard input and on other objects.
  GEMS = <<~RUBY.freeze
    require "active_support/all"
    require "oj"
    require "awesome_print"
    AwesomePrint.defaults = {plain: true}
    WAYS = {
      as_json: -> (it) { it.as_json.inspect }, to_json: -> (it) { it.to_json },
      encode: -> (it) { ActiveSupport::JSON.encode([{it: it}]) },
      instance_values: -> (it) { it.instance_values.inspect },
      query: -> (it) { {it: it}.to_query }, deep_dup: -> (it) { {it: it}.deep_dup.inspect },
      cache: -> (it) { ActiveSupport::Cache::MemoryStore.new.write("it", it) },
      ai: -> (it) { it.ai }, ai_raw: -> (it) { it.ai(raw: true) },
      ai_in_a_list: -> (it) { [{it: it}].ai(raw: true, multiline: true) },
      **%i[strict null compat object custom rails wab].to_h do |mode|
        [:"oj_\#{mode}", -> (it) { Oj.dump([{"it" => it}, it], mode: mode) }]
      end
    }

    fields = JSON.parse($stdin.read)
    connection = LibNango::Connection.new(fields)
    client = LibNango::Client.new(secret_key: "#{KEY}")
    error = LibNango::Error::NotFound.new("gone", body_json: "{}")
    objects = [connection, connection.credentials, LibNango::ConnectionSummary.new(fields)]
    [*objects, client, error].each do |it|
      WAYS.each do |name, way|
        text = begin way.call(it).to_s rescue "\#{$!.class} \#{$!.message}" end
        puts "\#{it.class} \#{name}: \#{text.gsub("\\n", " ")}"
      end
    end
    p({client: client}.deep_dup[:client].equal?(client), client.as_json)
  RUBY

  def self.walk(object, seen = {}.compare_by_identity)
    return "" if seen[object]

    seen[object] = true
    inside = object.instance_variables.map { |name| object.instance_variable_get(name) }
    inside += object.to_a.flatten(1) if object.is_a?(Enumerable) && object.class.name !~ /Queue/
    "#{object.inspect} #{inside.map { |value| walk(value, seen) }.join(" ")}"
  end

  def test_no_way_shows_a_secret_of_any_vector
    shown = vectors.sum { |vector| assert_silent_about(vector) }
    assert_operator shown, :>, 1000
    figure("texts searched for a vector's secrets", shown)
  end

  def test_a_client_an_error_and_an_event
    answer = FakeServer.json({error: {code: "x", payload: {access_token: "hush-hush"}}},
                             status: "400 No")
    FakeServer.open(answer) do |server|
      client = client_of(server.url, events: 9)
      error = assert_raises(LibNango::Error::BadRequest) { client.get_token(**alice) }
      list = client.list_connections(headers: {"x-secret" => "hush-hush"})
      texts = [client, error, list, [client, {error => list}]].flat_map { |it| shown(it) }
      assert_operator texts.size, :>, 40
      [*texts, client.next_event.inspect].each { |text| refute_match(/#{KEY}|hush-hush/, text) }
    end
  end

  def test_marshal_and_yaml_say_why_they_refuse
    objects = [LibNango::Connection.parse("{}"), LibNango::Credentials.parse("{}"),
               LibNango::Client.new(secret_key: KEY)]
    ways = [->(it) { Marshal.dump([it]) }, ->(it) { it.to_yaml }, ->(it) { YAML.dump({it: it}) }]
    objects.product(ways) do |it, write|
      error = assert_raises(TypeError) { write.call(it) }
      assert_match(/\Aa #{it.class} cannot be written by Marshal or YAML: /, error.message)
    end
  end

  # The written form of an error holds no secret, and programs may send it to another process.
  def test_an_error_is_written
    error = LibNango::Error::NotFound.new("gone", api_code: "not_found", http_status: 404)
    again = Marshal.load(Marshal.dump(error))
    assert_equal [error.class, "gone", 404, :not_found],
                 [again.class, again.message, again.http_status, again.code]
  end

  def test_gems_show_no_secret
    vector = vectors.first
    output, status = run_with_gems(JSON.generate(answers(vector).first))
    assert_predicate status, :success?, output
    assert_operator output.lines.size, :>=, 5 * 17
    assert_includes output, answers(vector).first["connection_id"], "public fields are shown"
    assert_includes output, "true\n\"#<LibNango::Client>\""
    [KEY, *secrets(vector)].each { |secret| refute_includes output, secret }
  end

  def test_a_client_cannot_be_copied
    client = LibNango::Client.new(secret_key: KEY)
    [-> { client.dup }, -> { client.clone }, -> { client.clone(freeze: false) },
     -> { client.instance_variable_get(:@handle).dup }].each do |copy|
      assert_match(/cannot be copied/, assert_raises(TypeError, &copy).message)
    end
    client.freeze
    client.close
    assert_predicate client, :closed?
  end

  def test_ractors_get_no_client
    script = <<~RUBY
      client = LibNango::Client.new(secret_key: "#{KEY}", base_url: "http://127.0.0.1:1",
                                    max_retries: 0)
      ways = [-> { Ractor.new(client) { |it| it.inspect }.take },
              -> { Ractor.make_shareable(client) },
              -> { Ractor.make_shareable([client], copy: true) },
              -> { Ractor.new { Ractor.receive }.send(client) },
              -> { Ractor.new { Ractor.receive }.send(client, move: true) }]
      ways.each { |way| puts(begin way.call rescue "\#{$!.class}" end) }
      connection = Ractor.make_shareable(LibNango::Connection.parse('{"connection_id":"c"}'))
      puts Ractor.new(connection) { |it| it["connection_id"] }.take
      puts(begin client.warm_up rescue $!.class end)
      client.close
      GC.start
    RUBY
    output, status = Open3.capture2e(RbConfig.ruby, "-W0", "-I", lib, "-rlibnango", "-e", script)
    assert_predicate status, :success?, output
    assert_equal [*["TypeError"] * 4, "Ractor::Error", "c", "LibNango::Error::Connect"],
                 output.split
  end

  private

  def lib
    File.expand_path("../lib", __dir__)
  end

  def run_with_gems(input)
    Open3.capture2e({"RUBYOPT" => nil}, RbConfig.ruby, "-W0", "-I", lib, "-rlibnango", "-e", GEMS,
                    stdin_data: input)
  end

  # The vectors whose answers have credentials.
  def vectors
    file = JSON.parse(File.read(File.join(VECTORS, "credentials.json")), max_nesting: false)
    file["vectors"].select { |vector| secrets(vector).any? && answers(vector).all?(Hash) }
  end

  def answers(vector)
    Array(vector["exchanges"]).map { |exchange| exchange["response"]["body"] }
  end

  def secrets(vector)
    texts = answers(vector).grep(Hash).flat_map { |answer| texts(answer["credentials"]) }
    texts.select { |text| text.size >= 8 }
  end

  def texts(value)
    case value
    when String then [value]
    when Array then value.flat_map { |element| texts(element) }
    when Hash then value.except("type", "expires_at").values.flat_map { |element| texts(element) }
    else []
    end
  end

  # Returns an object's text in every way.
  def shown(object)
    WAYS.values.map do |way|
      way.call(object).to_s
    rescue StandardError => e
      "#{e.message} #{e.full_message}"
    end
  end

  # Returns how many texts were checked.
  def assert_silent_about(vector)
    answers(vector).sum do |fields|
      connection = LibNango::Connection.parse(JSON.generate(fields))
      objects = [connection, connection.credentials, LibNango::ConnectionSummary.new(fields)]
      texts = [*objects, objects, {objects => objects}].flat_map { |object| shown(object) }
      assert_includes texts.join, connection.connection_id.to_s
      secrets(vector).product(texts) { |secret, text| refute_includes text, secret, vector["name"] }
      texts.size
    end
  end
end
