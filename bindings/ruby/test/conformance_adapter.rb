# frozen_string_literal: true

require "json"
require "libnango"

# Makes the calls of the conformance vectors: reads a request on each line of the standard input,
# and writes an answer on a line of the standard output. tests/conformance/README.md describes both.
module ConformanceAdapter
  # The readers of credentials, and the members that they read.
  READERS = %w[access_token refresh_token token username password oauth_token oauth_token_secret]
            .to_h { |name| [name, name] }.merge("api_key" => "apiKey").freeze
  # The operations whose result is a token.
  TOKENS = %w[get_token replace_token].freeze
  # What a view always has.
  IDS = %w[connection_id provider].freeze
  # The members of a view that are not read as they are.
  PARTS = %w[errors end_user credentials single_token credential_names other].freeze

  module_function

  def answer(request)
    case request["do"]
    when "call" then call(request)
    when "list" then list(request)
    when "client" then make(request)
    else {skip: "#{request["do"]}: Ruby uses its own JSON parser"}
    end
  end

  def make(request)
    client(request["client"]).close
    {}
  rescue LibNango::Error => e
    {error: error(e, [])}
  end

  def call(request)
    made = client(request["client"])
    perform = -> { public_send("perform_#{request["typed"] ? "typed" : "text"}", made, request) }
    (request["calls"] - 1).times { attempt(&perform) }
    show(made, perform.call)
  rescue LibNango::Error => e
    show(made, {error: error(e, request.dig("asked", "headers"))})
  end

  def list(request)
    made = client(request["client"])
    items = []
    options = symbols(request["params"])
    options[:page_size] = request["page_size"] unless request["page_size"].zero?
    made.list_connections(**options) { |item| items << view(item, request) }
    show(made, {items: items})
  rescue LibNango::Error => e
    show(made, {items: items, error: error(e, request.dig("asked", "headers"))})
  end

  def perform_text(client, request)
    operation = request["operation"]
    method = TOKENS.include?(operation) ? operation : "#{operation}_json"
    unless request["generic"] || !client.respond_to?(method)
      return {text: client.public_send(method, **arguments(request))}
    end
    return {text: text(client.public_send(operation, **arguments(request)))} if named?(request)

    options = arguments(request.merge("params" => {}))
    {text: client.call_json(operation, request["params"], **options)}
  end

  # Whether the operation has a method that takes these parameters.
  def named?(request)
    !request["generic"] && !request["params"].key?("extra") &&
      LibNango::Operations.method_defined?(request["operation"])
  end

  # The result of such a method as JSON.
  def text(result)
    plain = result.is_a?(Array) ? result.map(&:to_h) : result
    JSON.generate(plain.is_a?(LibNango::Record) ? plain.to_h : plain, max_nesting: 0)
  end

  def perform_typed(client, request)
    result = client.public_send(request["operation"], **arguments(request))
    {view: view(result, request), shown: {view: "#{result.inspect} #{result}"}}
  end

  def arguments(request)
    options = symbols(request["options"])
    timeout = options.delete(:timeout_ms)
    options[:timeout] = timeout / 1000.0 if timeout
    symbols(request["params"]).merge(options)
  end

  def attempt
    yield
  rescue LibNango::Error
    # Only the last call counts.
  end

  def client(options)
    options = symbols(options)
    authority = options.delete(:ca_file)
    options.merge!(tls_roots: :custom_only, ca_pem: File.read(authority)) if authority
    LibNango::Client.new(user_agent_suffix: nil, events: 64, **options)
  end

  # Adds what is printed of the client and its events, and of the error.
  def show(client, result)
    return result unless client

    shown = {client: client.inspect, events: +""}
    while (event = client.next_event)
      shown[:events] << event.inspect
    end
    shown[:error] = result.dig(:error, :shown) if result[:error]
    result.merge(shown: shown.merge(result[:shown] || {}))
  end

  def error(error, headers)
    code = error.code_name
    raise "#{code} has no class" unless error.class < LibNango::Error
    raise "#{error.code} is not #{code}" unless error.code == code.downcase.to_sym

    {code: error.code_name, http_status: error.http_status, api_code: error.api_code,
     retryable: error.retryable?, attempts: error.attempts, message: error.message,
     retry_after_ms: error.retry_after ? (error.retry_after * 1000).round : -1,
     body_json: error.body_json, reveal_body: error.reveal_body,
     headers: Array(headers).to_h { |name| [name, error.header(name)] },
     shown: [error.message, error.inspect, utf8(error.full_message(highlight: false)),
             error.body_json].join(" ")}
  end

  # Without a locale, Ruby marks such a text as binary.
  def utf8(text)
    text.dup.force_encoding(Encoding::UTF_8)
  end

  # The members that the vector names, and what the record does not know.
  def view(record, request)
    asked = request["asked"]
    view = (IDS | (asked["view"] - PARTS)).to_h { |name| [name, record.public_send(name)] }
    view.merge(
      errors: record.errors.map { |error| {type: error.type, log_id: error.log_id} },
      end_user: end_user(record.end_user),
      credentials: (credentials(record.credentials, asked) if record.respond_to?(:credentials)),
      other: asked["other"].to_h { |name| [name, record[name]] }
    )
  end

  def end_user(user)
    user && {id: user.id, display_name: user.display_name, email: user.email, tags: user.tags,
             organization: organization(user.organization)}
  end

  def organization(organization)
    organization && {id: organization.id, display_name: organization.display_name}
  end

  def credentials(credentials, asked)
    members = READERS.values | asked["credentials"]
    {type: credentials.type, expires_at: credentials.expires_at, empty: credentials.empty?,
     names: credentials.to_h.keys.sort,
     members: members.to_h { |name| [name, credentials[name]] },
     readers: READERS.keys.to_h { |reader| [reader, credentials.public_send(reader)] },
     single_token: single_token(credentials)}
  end

  def single_token(credentials)
    credentials.single_token
  rescue LibNango::Error => e
    {error: e.code_name}
  end

  def symbols(hash)
    hash.transform_keys(&:to_sym)
  end
end

$stdout.sync = true
$stdin.each_line do |line|
  request = JSON.parse(line, max_nesting: false)
  puts JSON.generate(ConformanceAdapter.answer(request), max_nesting: 0)
rescue LibNango::Error, StandardError => e
  puts JSON.generate({failed: e.full_message(highlight: false)})
end
