# frozen_string_literal: true

# Two processes with five threads each. The application and its client are loaded once, before the
# fork.
workers Integer(ENV.fetch("WEB_CONCURRENCY", "2"))
threads 5, 5
preload_app!

bind ENV.fetch("BIND", "tcp://127.0.0.1:9292")
rackup File.join(__dir__, "config.ru")
