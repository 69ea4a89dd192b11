//! Retries that help: rate limits, restarts of the server, and the error when time runs out.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nango::{CallOptions, Client, Code, Options};
use nango_test_support::machine::allowed;
use nango_test_support::{KEY, Server, answer, close, connection, options, read_request};

fn plain() -> CallOptions {
    CallOptions::default()
}

fn client(url: &str, change: impl FnOnce(&mut Options)) -> Client {
    let mut options = options(url, KEY);
    change(&mut options);
    Client::with_options(&options).unwrap()
}

/// Answers 429 until `open` has passed since the first request, with these headers, then well.
fn limited(headers: &str, open: Duration) -> Server {
    let headers = headers.to_owned();
    let first = Mutex::new(None);
    Server::start(move |stream, _| {
        while let Some(head) = read_request(&stream) {
            let first = *first.lock().unwrap().get_or_insert_with(Instant::now);
            if first.elapsed() < open {
                let body = r#"{"error":{"code":"too_many_request"}}"#;
                answer(&stream, "429 Too Many Requests", &headers, body);
            } else {
                answer(&stream, "200 OK", "", &connection(&head));
            }
        }
    })
}

/// Nango's window ends up to a second after the wait that it asks for, because it rounds down.
#[test]
fn with_a_wait_that_covers_the_window_every_call_succeeds() {
    let server = limited("retry-after: 1\r\n", Duration::from_millis(1990));
    let client = client(&server.url, |options| options.set_max_retry_wait(Duration::from_secs(60)));
    let failed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..20 {
            let (client, failed) = (&client, &failed);
            scope.spawn(move || {
                if let Err(error) = client.get_token("k", &format!("c-{number}"), &plain()) {
                    println!("{error}");
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(failed.load(Ordering::Relaxed), 0);
}

#[test]
fn a_longer_wait_than_allowed_is_an_error_at_once() {
    for headers in
        ["retry-after: 40\r\n", "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 99999999999\r\n"]
    {
        let server = limited(headers, Duration::from_secs(60));
        let began = Instant::now();
        let error = client(&server.url, |_| ()).get_token("k", "c", &plain()).unwrap_err();
        let took = began.elapsed();
        assert!(took < allowed(Duration::from_secs(3), began), "{took:?}");
        assert_eq!((error.code(), error.attempts()), (Code::RateLimited, 1), "{error}");
        assert!(error.retryable());
        let wait = error.retry_after().expect("how long");
        assert!(wait >= Duration::from_secs(41), "{wait:?}");
        assert!(error.message().contains(&format!("wait {} s", wait.as_secs())), "{error}");
    }
}

/// What is read is a second more than what is told; what cannot be read never means at once.
#[test]
fn the_wait_in_the_forms_seen_in_the_wild() {
    let soon = humantime(Duration::from_secs(10));
    for (headers, least, most) in [
        ("retry-after: 0", 1.0, 1.0),
        ("retry-after: 7", 8.0, 8.0),
        ("retry-after: 1.5", 2.5, 2.5),
        ("retry-after: 1, 1", 2.0, 2.0),
        ("retry-after: 3, 12", 13.0, 13.0),
        ("retry-after: 99999999999999999999999", 86_400.0, 86_400.0),
        ("retry-after: Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0, 86_400.0),
        ("retry-after: Thu, 01 Jan 1970 00:00:00 GMT", 1.0, 1.0),
        (&format!("retry-after: {soon}"), 9.0, 11.5),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 30", 31.0, 31.0),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1000000000", 1.0, 1.0),
        ("retry-after: soon\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 30", 31.0, 31.0),
    ] {
        let server = limited(&format!("{headers}\r\n"), Duration::from_secs(60));
        let client = client(&server.url, |options| options.set_max_retries(0));
        let error = client.get_token("k", "c", &plain()).unwrap_err();
        let wait = error.retry_after().unwrap_or_else(|| panic!("{headers}: {error}"));
        assert!((least..=most).contains(&wait.as_secs_f64()), "{headers}: {wait:?}");
    }
    for headers in ["", "retry-after: soon\r\n", "retry-after: -5\r\n", "retry-after: NaN\r\n"] {
        let server = limited(headers, Duration::from_millis(900));
        let began = Instant::now();
        client(&server.url, |_| ()).get_token("k", "c", &plain()).unwrap();
        assert!(began.elapsed() >= Duration::from_secs(1), "{headers}: {:?}", began.elapsed());
    }
}

fn humantime(from_now: Duration) -> String {
    let then = std::time::SystemTime::now() + from_now;
    humantime::format_rfc3339_seconds(then).to_string()
}

#[test]
fn when_time_runs_out_the_error_is_the_last_real_one() {
    let server = limited("retry-after: 0\r\n", Duration::from_secs(60));
    let mut within = plain();
    within.set_timeout(Duration::from_millis(900)).unwrap();
    let error = client(&server.url, |_| ()).get_token("k", "c", &within).unwrap_err();
    assert_eq!(error.code(), Code::RateLimited, "{error}");
    assert!(error.message().contains("no time is left for another attempt"), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
}

#[test]
fn an_attempt_cut_short_by_the_calls_timeout_shows_what_failed_before() {
    let server = Server::start(|stream, number| {
        if read_request(&stream).is_some() {
            if number == 0 {
                answer(&stream, "503 Service Unavailable", "connection: close\r\n", "{}");
                close(&stream);
            } else {
                thread::sleep(Duration::from_secs(20));
            }
        }
    });
    let mut within = plain();
    within.set_timeout(Duration::from_secs(1)).unwrap();
    let error = client(&server.url, |_| ()).get_token("k", "c", &within).unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::Server, 2), "{error}");
    assert!(error.message().contains("no time is left for another attempt"), "{error}");
}

/// A forced refresh that was sent may have been made, so its timeout must say that.
#[test]
fn a_timeout_of_what_must_not_be_repeated_says_that_nothing_is_known() {
    let server = Server::start(|stream, _| {
        read_request(&stream);
        thread::sleep(Duration::from_secs(20));
    });
    let mut forced = plain();
    forced.set_force_refresh(true);
    forced.set_timeout(Duration::from_millis(300)).unwrap();
    let error = client(&server.url, |_| ()).get_token("k", "c", &forced).unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    assert!(error.message().contains("may or may not have processed"), "{error}");
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Serves on this port until it is told to stop. Then it refuses connections.
fn serve(port: u16, for_how_long: Duration, count: &Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let until = Instant::now() + for_how_long;
    let mut streams = Vec::new();
    while Instant::now() < until {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                streams.push(stream.try_clone().unwrap());
                let count = Arc::clone(count);
                thread::spawn(move || {
                    while let Some(head) = read_request(&stream) {
                        count.fetch_add(1, Ordering::Relaxed);
                        answer(&stream, "200 OK", "", &connection(&head));
                    }
                });
            }
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    streams.iter().for_each(close);
}

/// 20 calls a second while the server is down for 3 seconds.
#[test]
fn a_restart_of_the_server_fails_no_call() {
    let port = free_port();
    let count = Arc::new(AtomicUsize::new(0));
    let server = thread::spawn({
        let count = Arc::clone(&count);
        move || {
            serve(port, Duration::from_secs(1), &count);
            thread::sleep(Duration::from_secs(3));
            serve(port, Duration::from_secs(3), &count);
        }
    });
    thread::sleep(Duration::from_millis(100));
    let client = client(&format!("http://127.0.0.1:{port}"), |_| ());
    client.get_token("k", "c", &plain()).unwrap();
    let failures: Vec<String> = thread::scope(|scope| {
        let calls: Vec<_> = (0..90)
            .map(|number| {
                thread::sleep(Duration::from_millis(50));
                let client = &client;
                scope.spawn(move || client.get_token("k", &format!("c-{number}"), &plain()).err())
            })
            .collect();
        calls.into_iter().filter_map(|call| call.join().unwrap()).map(|e| e.to_string()).collect()
    });
    assert!(failures.is_empty(), "{} of 90: {failures:#?}", failures.len());
    server.join().unwrap();
}

#[test]
fn a_wrong_port_is_told_in_under_a_second() {
    let began = Instant::now();
    let error = client(&format!("http://127.0.0.1:{}", free_port()), |_| ())
        .get_token("k", "c", &plain())
        .unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::Connect, 3), "{error}");
    let took = began.elapsed();
    assert!(took < allowed(Duration::from_secs(1), began), "{took:?}");
}

#[test]
fn a_server_that_stays_away_is_given_up_after_connect_retry() {
    for (time, least, most) in [(0, 0, 900), (1000, 900, 2500)] {
        let port = free_port();
        let count = Arc::new(AtomicUsize::new(0));
        let server = thread::spawn({
            let count = Arc::clone(&count);
            move || serve(port, Duration::from_millis(400), &count)
        });
        thread::sleep(Duration::from_millis(100));
        let client = client(&format!("http://127.0.0.1:{port}"), |options| {
            options.set_connect_retry(Duration::from_millis(time));
        });
        client.get_token("k", "c", &plain()).unwrap();
        server.join().unwrap();
        let began = Instant::now();
        let error = client.get_token("k", "c", &plain()).unwrap_err();
        let took = began.elapsed().as_millis();
        assert_eq!(error.code(), Code::Connect, "{error}");
        assert!((least..most).contains(&took), "connect_retry {time}: {took} ms");
    }
}
