//! User-visible behaviour: deadlines, cancellation, warm connections, retries, redirects, TLS,
//! secrets. Runs against nango-dev and against small servers that misbehave.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nango::{CallOptions, Cancel, Client, Code, Error, Options, Parameters, Roots};
use nango_test_support::machine::{allowed, scaled};
use nango_test_support::{KEY, Server, answer, client, close, options, read_request, variable};
use serde_json::{Value, json};

const CONNECTION: &str = r#"{"connection_id":"c","provider_config_key":"k","credentials":{"type":"OAUTH2","access_token":"a-token"}}"#;

fn plain() -> CallOptions {
    CallOptions::default()
}

fn without_retries(url: &str) -> Options {
    let mut options = options(url, KEY);
    options.set_max_retries(0);
    options
}

/// A server that answers every request on every connection with a connection.
fn good_server() -> Server {
    Server::start(|stream, _| {
        while read_request(&stream).is_some() {
            answer(&stream, "200 OK", "", CONNECTION);
        }
    })
}

/// A server that reads what it receives and never responds.
fn silent_server() -> Server {
    Server::start(|stream, _| while read_request(&stream).is_some() {})
}

#[test]
fn a_call_ends_when_its_time_is_up() {
    let server = silent_server();
    let client = Client::with_options(&without_retries(&server.url)).unwrap();
    let mut options = plain();
    options.set_timeout(Duration::from_millis(200)).unwrap();
    let began = Instant::now();
    let error = client.get_token("k", "c", &options).unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    assert!(error.retryable() && error.attempts() == 1 && error.http_status().is_none());
    let late = began.elapsed().checked_sub(Duration::from_millis(200)).expect("not early");
    assert!(late < allowed(Duration::from_millis(400), began), "{late:?} late");
}

/// The timer of an earlier call must not end a later one, even if the later one has less time.
#[test]
fn each_call_on_a_connection_has_its_own_deadline() {
    let server = Server::start(|stream, _| {
        for pause in [0, 500, 0, 2000] {
            if read_request(&stream).is_some() {
                thread::sleep(Duration::from_millis(pause));
                answer(&stream, "200 OK", "", CONNECTION);
            }
        }
    });
    let client = Client::with_options(&without_retries(&server.url)).unwrap();
    let call = |milliseconds| {
        let mut options = plain();
        options.set_timeout(Duration::from_millis(milliseconds)).unwrap();
        client.get_token("k", "c", &options).map_err(|error| error.code())
    };
    assert!(call(250).is_ok());
    assert!(call(10_000).is_ok(), "the previous call's deadline ended it");
    assert!(call(10_000).is_ok());
    let began = Instant::now();
    assert_eq!(call(250).err(), Some(Code::Timeout));
    assert!((250..1200).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_attempt_that_takes_too_long_is_tried_again() {
    let server = Server::start(|stream, number| {
        while read_request(&stream).is_some() {
            if number > 0 {
                answer(&stream, "200 OK", "", CONNECTION);
            }
        }
    });
    let mut options = options(&server.url, KEY);
    options.set_attempt_timeout(scaled(Duration::from_millis(150))).unwrap();
    let client = Client::with_options(&options).unwrap();
    assert_eq!(&*client.get_token("k", "c", &plain()).unwrap(), "a-token");
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_slow_drip_does_not_outlive_the_deadline() {
    let server = Server::start(|mut stream, _| {
        read_request(&stream);
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n",
        );
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let mut options = without_retries(&server.url);
    options.set_timeout(Duration::from_millis(300)).unwrap();
    let began = Instant::now();
    let error = Client::with_options(&options).unwrap().get_token("k", "c", &plain()).unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    let late = began.elapsed().saturating_sub(Duration::from_millis(300));
    assert!(late < allowed(Duration::from_millis(600), began), "{late:?} late");
}

#[test]
fn a_cancelled_call_returns_at_once_and_leaves_no_socket() {
    let (closed, seen) = mpsc::channel();
    let server = Server::start(move |stream, _| {
        while read_request(&stream).is_some() {}
        let _ = closed.send(Instant::now());
    });
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let cancel = Cancel::new();
    let mut options = plain();
    options.set_cancel(Some(&cancel));
    let triggered = thread::spawn({
        let cancel = cancel.clone();
        move || {
            thread::sleep(Duration::from_millis(200));
            let now = Instant::now();
            cancel.trigger();
            now
        }
    });
    let error = client.get_token("k", "c", &options).unwrap_err();
    let returned = Instant::now();
    let triggered = triggered.join().unwrap();
    assert_eq!(error.code(), Code::Cancelled);
    assert!(!error.retryable());
    let late = returned - triggered;
    assert!(late < allowed(Duration::from_millis(200), triggered), "{late:?}");
    seen.recv_timeout(Duration::from_secs(2)).expect("the server sees the connection close");
    // The handle stays triggered, and nothing is sent.
    assert_eq!(client.get_token("k", "c", &options).unwrap_err().code(), Code::Cancelled);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_connection_is_kept_warm() {
    let server = good_server();
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    client.warm_up().unwrap();
    for _ in 0..20 {
        client.get_token("k", "c", &plain()).unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_connection_that_was_idle_too_long_is_closed() {
    let server = good_server();
    let mut options = options(&server.url, KEY);
    options.set_idle_timeout(Duration::from_millis(100)).unwrap();
    let client = Client::with_options(&options).unwrap();
    client.get_token("k", "c", &plain()).unwrap();
    thread::sleep(Duration::from_millis(150));
    client.get_token("k", "c", &plain()).unwrap();
    assert_eq!(server.connections(), 2);
}

#[test]
fn callers_that_come_and_go_leave_few_sockets() {
    let open = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let open = Arc::clone(&open);
        move |stream, _| {
            open.fetch_add(1, Ordering::SeqCst);
            while read_request(&stream).is_some() {
                thread::sleep(Duration::from_millis(20));
                answer(&stream, "200 OK", "", CONNECTION);
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let mut options = options(&server.url, KEY);
    options.set_idle_connections(3);
    let client = Client::with_options(&options).unwrap();
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                (0..5).for_each(|_| {
                    assert_eq!(&*client.get_token("k", "c", &plain()).unwrap(), "a-token")
                })
            });
        }
    });
    thread::sleep(Duration::from_millis(200));
    assert!(open.load(Ordering::SeqCst) <= 3, "{} sockets are open", open.load(Ordering::SeqCst));
    drop(client);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(open.load(Ordering::SeqCst), 0);
}

#[test]
fn a_server_that_closes_idle_connections_costs_no_call_and_no_second_request() {
    for pause in [Duration::ZERO, Duration::from_millis(2)] {
        let requests = Arc::new(AtomicUsize::new(0));
        let server = Server::start({
            let requests = Arc::clone(&requests);
            move |stream, _| {
                if read_request(&stream).is_some() {
                    requests.fetch_add(1, Ordering::SeqCst);
                    answer(&stream, "200 OK", "", CONNECTION);
                    thread::sleep(pause);
                    close(&stream);
                }
            }
        });
        let client = Client::with_options(&without_retries(&server.url)).unwrap();
        for _ in 0..200 {
            client.get_token("k", "c", &plain()).unwrap();
            thread::sleep(pause + Duration::from_millis(1));
        }
        assert_eq!(requests.load(Ordering::SeqCst), 200);
    }
}

#[test]
fn a_forced_refresh_that_may_have_arrived_is_not_sent_again() {
    let requests = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let requests = Arc::clone(&requests);
        move |stream, _| {
            // The first request is answered, so that the second finds a warm connection and breaks
            // on it.
            while read_request(&stream).is_some() {
                if requests.fetch_add(1, Ordering::SeqCst) > 0 {
                    return close(&stream);
                }
                answer(&stream, "200 OK", "", CONNECTION);
            }
        }
    });
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    client.get_token("k", "c", &plain()).unwrap();
    let mut forced = plain();
    forced.set_force_refresh(true);
    let error = client.get_token("k", "c", &forced).unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::Io, 1));
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[test]
fn what_breaks_in_the_middle_is_an_error() {
    for body in [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"a\":",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type",
        "",
    ] {
        let server = Server::start(move |mut stream, _| {
            read_request(&stream);
            let _ = stream.write_all(body.as_bytes());
            close(&stream);
        });
        let error = Client::with_options(&without_retries(&server.url))
            .unwrap()
            .get_token("k", "c", &plain())
            .unwrap_err();
        assert_eq!(error.code(), Code::Io, "{body:?}: {error}");
        assert!(error.retryable());
    }
}

/// Such a server does not get better by trying again.
#[test]
fn what_is_no_http_is_refused_at_once() {
    let too_many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: 1\r\n".repeat(101));
    for head in ["no HTTP at all\r\n\r\n".to_owned(), too_many, "PRI * HTTP/2.0\r\n\r\n".to_owned()]
    {
        let server = Server::start({
            let head = head.clone();
            move |mut stream, _| {
                read_request(&stream);
                let _ = stream.write_all(head.as_bytes());
                close(&stream);
            }
        });
        let client = Client::with_options(&options(&server.url, KEY)).unwrap();
        let error = client.get_token("k", "c", &plain()).unwrap_err();
        assert_eq!((error.code(), error.attempts()), (Code::InvalidResponse, 1), "{head}: {error}");
        assert!(!error.retryable());
        assert!(error.message().contains("not the head of an HTTP/1 answer"), "{error}");
    }
}

#[test]
fn a_redirect_takes_the_key_nowhere() {
    let elsewhere = good_server();
    let target = elsewhere.url.clone();
    let server = Server::start(move |stream, _| {
        while read_request(&stream).is_some() {
            answer(
                &stream,
                "301 Moved Permanently",
                &format!("location: {target}/connection/c?token=x\r\n"),
                "{}",
            );
        }
    });
    let error = Client::with_options(&options(&server.url, KEY))
        .unwrap()
        .get_token("k", "c", &plain())
        .unwrap_err();
    assert_eq!(
        (error.code(), error.http_status(), error.attempts()),
        (Code::InvalidResponse, Some(301), 1)
    );
    assert!(
        error.message().contains(&elsewhere.url) && !error.message().contains("token=x"),
        "{error}"
    );
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn nothing_listens() {
    let began = Instant::now();
    let error = Client::with_options(&options("http://127.0.0.1:1", KEY))
        .unwrap()
        .get_token("k", "c", &plain())
        .unwrap_err();
    assert_eq!((error.code(), error.attempts(), error.retryable()), (Code::Connect, 3, true));
    assert!(
        error.message().contains("http://127.0.0.1:1") && began.elapsed() < Duration::from_secs(2),
        "{error}"
    );
    let error = Client::with_options(&without_retries("http://nango.invalid"))
        .unwrap()
        .get_token("k", "c", &plain())
        .unwrap_err();
    assert_eq!(error.code(), Code::Dns);
    assert!(error.message().contains("nango.invalid"), "{error}");
}

#[test]
fn tls_with_a_server_that_speaks_none() {
    let server = good_server();
    let mut options = without_retries(&server.url.replace("http:", "https:"));
    options.set_tls_roots(Roots::Bundled);
    let error = Client::with_options(&options).unwrap().get_token("k", "c", &plain()).unwrap_err();
    assert!(matches!(error.code(), Code::Tls | Code::Connect), "{error}");
}

#[test]
fn a_bad_certificate_is_refused_when_it_is_given() {
    let mut options = Options::default();
    for pem in [
        &b""[..],
        b"not a certificate",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert_eq!(options.add_ca_pem(pem).unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(options.set_client_identity_pem(pem).unwrap_err().code(), Code::InvalidArgument);
    }
}

#[test]
fn nothing_prints_a_secret() {
    let mut options = options("http://192.0.2.1", KEY);
    options.set_proxy(Some("http://user:hidden-word@127.0.0.1:1")).unwrap();
    options.set_events(8);
    options.set_max_retries(0);
    let client = Client::with_options(&options).unwrap();
    let error = client.get_token(KEY, "c", &plain()).unwrap_err();
    let mut shown = format!("{options:?} {client:?} {error} {error:?} {:?}", error.message());
    while let Some(event) = client.next_event_json() {
        shown.push_str(&event);
    }
    assert!(
        shown.contains("unencrypted"),
        "plain HTTP to another machine gives a warning: {shown}"
    );
    assert!(!shown.contains(KEY) && !shown.contains("hidden-word"), "{shown}");
}

#[test]
fn an_id_of_any_length_is_refused_or_sent_and_never_fills_a_message() {
    let long = "i".repeat(8_000);
    let connection = CONNECTION.replace("\"c\"", &format!("\"{long}\""));
    let server = Server::start(move |stream, _| {
        while read_request(&stream).is_some() {
            answer(&stream, "200 OK", "", &connection);
        }
    });
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    client.get_token("k", &long, &plain()).unwrap();
    let error = client.get_token("k", &"i".repeat(70_000), &plain()).unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::InvalidArgument, 0));
    assert!(error.message().len() < 500, "{error}");
}

/// Encoding 100 MB takes seconds, and redacting it even longer.
#[test]
fn what_is_far_too_long_is_refused_at_once() {
    let huge = "\u{fc}/".repeat(35_000_000);
    let client = Client::with_options(&options("http://127.0.0.1:1", KEY)).unwrap();
    let filter = |name: &str, value: Value| Parameters::from_iter([(name.to_owned(), value)]);
    type Try<'t> = Box<dyn Fn() -> Result<(), Error> + 't>;
    let tries: Vec<(&str, Try)> = vec![
        ("id", Box::new(|| client.get_token("k", &huge, &plain()).map(drop))),
        ("key", Box::new(|| client.get_connection_json(&huge, "c", &plain()).map(drop))),
        (
            "search",
            Box::new(|| {
                let filter = filter("search", huge.as_str().into());
                client.list_connections_json(filter, &plain()).map(drop)
            }),
        ),
        (
            "tags",
            Box::new(|| {
                let filter = filter("tags", json!({"a": huge}));
                client.list_connections(filter, 0, plain())?.next_page_json().map(drop)
            }),
        ),
        ("header", Box::new(|| CallOptions::default().set_header("x-a", &huge))),
        ("header's name", Box::new(|| CallOptions::default().set_header(&huge, "a"))),
        ("secret key", Box::new(|| Options::default().set_secret_key(&huge))),
        ("base URL", Box::new(|| Options::default().set_base_url(&huge))),
        ("suffix", Box::new(|| Options::default().set_user_agent_suffix(&huge))),
        ("proxy", Box::new(|| Options::default().set_proxy(Some(&huge)))),
    ];
    for (name, attempt) in tries {
        let began = Instant::now();
        let error = attempt().unwrap_err();
        assert_eq!((error.code(), error.attempts()), (Code::InvalidArgument, 0), "{name}");
        assert!(error.message().len() < 500, "{name}: {error}");
        // Only one copy and one pass over the bytes are allowed.
        let took = began.elapsed();
        assert!(took < allowed(Duration::from_millis(700), began), "{name}: {took:?}");
    }
}

#[test]
fn events_tell_of_each_attempt_and_of_those_dropped() {
    let server = Server::start(|stream, _| {
        while read_request(&stream).is_some() {
            answer(
                &stream,
                "500 Internal Server Error",
                "",
                r#"{"error":{"code":"server_error","message":"m"}}"#,
            );
        }
    });
    let mut options = options(&server.url, KEY);
    options.set_events(2);
    let client = Client::with_options(&options).unwrap();
    client.get_token("k", "c", &plain()).unwrap_err();
    let events: Vec<serde_json::Value> = std::iter::from_fn(|| client.next_event_json())
        .map(|event| serde_json::from_str(&event).unwrap())
        .collect();
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["attempt"], &events[0]["dropped"], &events[1]["attempt"]),
        (&2.into(), &1.into(), &3.into())
    );
    assert_eq!(
        (&events[0]["operation"], &events[0]["error"]["code"]),
        (&"get_token".into(), &"SERVER".into())
    );
    assert!(events[0]["retry_in_ms"].is_u64() && events[1]["retry_in_ms"].is_null());
}

#[test]
fn a_call_from_inside_a_runtime_is_refused_and_not_a_panic() {
    let client = client();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error =
        runtime.block_on(async { client.get_token("github", "bob", &plain()) }).unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.message().contains("spawn_blocking"), "{error}");
}

#[test]
fn no_token_is_kept() {
    let client = client();
    let mut forced = plain();
    forced.set_force_refresh(true);
    let before = client.get_token("github", "alice", &plain()).unwrap();
    let after = client.get_token("github", "alice", &forced).unwrap();
    assert!(before != after, "a forced refresh returns a new token");
    assert!(
        client.get_token("github", "alice", &plain()).unwrap() == after,
        "and the next call returns that token"
    );
}

#[test]
fn many_threads_use_one_client() {
    let client = client();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let connection = client.get_connection_json("github", "bob", &plain()).unwrap();
                    assert!(connection.contains("\"connection_id\":\"bob\""));
                    assert_eq!(
                        client.get_token("github", "nobody-here", &plain()).unwrap_err().code(),
                        Code::NotFound
                    );
                }
            });
        }
    });
}

#[test]
fn what_a_key_may_not_see() {
    let read =
        Client::with_options(&options(&variable("NANGO_HOST"), &variable("NANGO_DEV_KEY_READ")))
            .unwrap();
    assert!(
        read.get_connection_json("github", "bob", &plain()).unwrap().contains("\"credentials\":{}")
    );
    assert_eq!(read.get_token("github", "bob", &plain()).unwrap_err().code(), Code::NoCredentials);
    assert_eq!(
        read.get_credentials_json("github", "bob", &plain()).unwrap_err().code(),
        Code::NoCredentials
    );
    let none =
        Client::with_options(&options(&variable("NANGO_HOST"), &variable("NANGO_DEV_KEY_NONE")))
            .unwrap();
    assert_eq!(none.get_token("github", "bob", &plain()).unwrap_err().code(), Code::Forbidden);
    let wrong = Client::with_options(&options(
        &variable("NANGO_HOST"),
        "11111111-2222-4333-8444-555555555555",
    ))
    .unwrap();
    let error = wrong.get_token("github", "bob", &plain()).unwrap_err();
    assert_eq!(
        (error.code(), error.api_code(), error.attempts()),
        (Code::Unauthorized, Some("unknown_account"), 1)
    );
}

#[test]
fn what_is_wrong_with_a_connection() {
    let client = client();
    let code = |key: &str, id: &str| client.get_token(key, id, &plain()).unwrap_err().code();
    assert_eq!(code("github", "broken"), Code::ReconnectRequired);
    assert_eq!(code("github", "flaky"), Code::RefreshFailed);
    assert_eq!(code("github", "flaky"), Code::RefreshBackoff);
    assert_eq!(code("github", "unknown"), Code::NotFound);
    assert_eq!(code("unknown", "bob"), Code::IntegrationNotFound);
    assert_eq!(code("basic-auth", "dave"), Code::NoSingleToken);
    assert!(!client.get_token("stripe-key", "carol", &plain()).unwrap().is_empty());
}

/// A gateway may answer 408 to a request that it has passed on.
#[test]
fn a_408_repeats_no_forced_refresh() {
    let requests = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let requests = Arc::clone(&requests);
        move |stream, _| {
            while let Some(head) = read_request(&stream) {
                requests.fetch_add(1, Ordering::SeqCst);
                let forced = head.contains("force_refresh");
                let status = if forced { "408 Request Timeout" } else { "200 OK" };
                answer(&stream, status, "", if forced { "{}" } else { CONNECTION });
            }
        }
    });
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    client.get_token("k", "c", &plain()).unwrap();
    let mut force = plain();
    force.set_force_refresh(true);
    let error = client.get_token("k", "c", &force).unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(408), 1), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}
