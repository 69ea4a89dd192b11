//! Answers of 60 MiB, valid and invalid: what they cost, and that they do not delay other calls.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nango::{CallOptions, Client, Code, Error, Parameters, Queue, catalogue};
use nango_test_support::machine::allowed;
use nango_test_support::{KEY, Server, options, read_request};
use serde_json::json;

const LENGTH: usize = 60 * 1024 * 1024;

/// How late a call may be. Without optimisation, a MiB of an error takes a tenth of a second.
const LATE: Duration = Duration::from_millis(500);

/// The connection's id selects the answer.
fn parameters(id: &str) -> Parameters {
    let parameters = json!({"provider_config_key": "gh", "connection_id": id});
    parameters.as_object().cloned().expect("an object")
}

/// A JSON text of this length, with the given beginning and end.
fn long(begin: &str, end: &str, length: usize) -> Vec<u8> {
    let zeros = "0,".repeat((length - begin.len() - end.len() - 1) / 2);
    [begin.as_bytes(), zeros.as_bytes(), b"0", end.as_bytes()].concat()
}

/// A server that answers with what the path names.
struct Long {
    server: Server,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// How many bytes of the bodies it could write.
    written: AtomicUsize,
    /// How many answers the client did not read to the end.
    cut: AtomicUsize,
}

impl Long {
    fn start() -> Long {
        let good = long(
            "{\"connection_id\":\"good\",\"provider_config_key\":\"gh\",\"metadata\":[",
            "],\"credentials\":{\"type\":\"API_KEY\",\"apiKey\":\"k\"}}",
            LENGTH,
        );
        let bodies = [
            ("/good?", "200 OK", good),
            ("/zeros?", "500 Internal Server Error", long("[", "]", LENGTH)),
            (
                "/refresh?",
                "424 Failed Dependency",
                long(
                    "{\"error\":{\"code\":\"invalid_credentials\",\
                     \"message\":\"The refresh limit.\",\"payload\":[",
                    "]}}",
                    LENGTH,
                ),
            ),
            ("/deep?", "500 Internal Server Error", vec![b'['; LENGTH]),
            ("/short?", "404 Not Found", b"{\"error\":{\"code\":\"not_found\"}}".to_vec()),
        ];
        let seen = Arc::new(Seen::default());
        let server = Server::start({
            let seen = Arc::clone(&seen);
            move |stream, _| {
                while let Some(head) = read_request(&stream) {
                    match bodies.iter().find(|(path, _, _)| head.contains(path)) {
                        Some((_, status, body)) => answer(&stream, status, body, &seen),
                        // This request is never answered.
                        None => thread::sleep(Duration::from_secs(60)),
                    }
                }
            }
        });
        Long { server, seen }
    }

    fn client(&self) -> Client {
        let mut options = options(&self.server.url, KEY);
        options.set_max_retries(0);
        Client::with_options(&options).expect("a client")
    }
}

fn answer(mut stream: &TcpStream, status: &str, body: &[u8], seen: &Seen) {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut rest = body;
    let mut gone = stream.write_all(head.as_bytes()).is_err();
    while !rest.is_empty() && !gone {
        match stream.write(&rest[..rest.len().min(1 << 16)]) {
            Ok(count) => {
                seen.written.fetch_add(count, Ordering::SeqCst);
                rest = &rest[count..];
            }
            Err(error) => gone = error.kind() != ErrorKind::Interrupted,
        }
    }
    seen.cut.fetch_add(usize::from(gone), Ordering::SeqCst);
}

fn queued(queue: &Queue, client: &Client, id: &str, options: &CallOptions) -> Result<(), Error> {
    queue.submit(client, &catalogue::GET_TOKEN, parameters(id), options, 0)?;
    let completion = queue.next(1, Some(Duration::from_secs(60))).pop().expect("a completion");
    completion.result.map(drop)
}

#[test]
fn an_error_costs_a_mib_however_long_it_is() {
    let long = Long::start();
    let (client, queue) = (long.client(), Queue::new().unwrap());
    let options = CallOptions::default();
    for (id, code, api_code) in [
        ("zeros", Code::Server, None),
        ("refresh", Code::ReconnectRequired, Some("invalid_credentials")),
        ("deep", Code::Server, None),
    ] {
        for in_queue in [false, true] {
            long.seen.written.store(0, Ordering::SeqCst);
            let cut = long.seen.cut.load(Ordering::SeqCst);
            let connections = long.server.connections();
            let began = Instant::now();
            let error = match in_queue {
                false => client.get_token("gh", id, &options).map(drop),
                true => queued(&queue, &client, id, &options),
            }
            .expect_err("an error");
            let took = began.elapsed();
            assert_eq!((error.code(), error.api_code()), (code, api_code), "{error}");
            let whole = error.reveal_body().expect("the body");
            assert_eq!(whole.len(), 1 << 20, "{error}");
            assert!(!format!("{error:?}").contains("0,0,0"), "it is shown");
            // The connection is closed at once, without waiting for the next call.
            let patience = Instant::now() + Duration::from_secs(5);
            while long.seen.cut.load(Ordering::SeqCst) == cut {
                assert!(Instant::now() < patience, "the connection is still open");
                thread::sleep(Duration::from_millis(5));
            }
            // The next call finds no rest of the answer.
            let next = match in_queue {
                false => client.get_token("gh", "short", &options).map(drop),
                true => queued(&queue, &client, "short", &options),
            };
            assert_eq!(next.unwrap_err().code(), Code::NotFound);
            let written = long.seen.written.load(Ordering::SeqCst);
            // The kernel accepts some bytes that the client never reads; loopback's buffers hold a
            // few MiB.
            assert!(written < LENGTH / 2, "{written} bytes were read of {LENGTH}");
            assert!(took < Duration::from_secs(2), "{took:?}");
            let opened = long.server.connections() - connections;
            println!("{id}, in the queue {in_queue}: {took:?}, {written} bytes sent, {opened} new");
            assert!((1..=2).contains(&opened), "{opened} connections");
        }
    }
}

/// Calls that are never answered time out punctually while answers of 60 MiB are read and decoded.
#[test]
fn long_answers_hold_up_no_other_call() {
    const TIMEOUT: Duration = Duration::from_millis(300);
    let long = Long::start();
    let client = long.client();
    let busy = thread::spawn({
        let client = long.client();
        move || {
            let queue = Queue::new().unwrap();
            let options = CallOptions::default();
            let mut good = 0;
            for _ in 0..3 {
                for id in ["good", "zeros", "good", "refresh"] {
                    queue
                        .submit(&client, &catalogue::GET_CONNECTION, parameters(id), &options, 0)
                        .unwrap();
                }
                for _ in 0..4 {
                    let done = queue.next(1, Some(Duration::from_secs(120))).pop().expect("done");
                    match done.result {
                        Ok(secret) => {
                            assert_eq!(secret.expect("a connection").len(), LENGTH);
                            good += 1;
                        }
                        Err(error) => assert_eq!(error.attempts(), 1, "{error}"),
                    }
                }
            }
            good
        }
    });
    let queue = Queue::new().unwrap();
    let mut options = CallOptions::default();
    options.set_timeout(TIMEOUT).unwrap();
    let mut late = Vec::new();
    let began = Instant::now();
    let mut flying = std::collections::HashMap::new();
    while !busy.is_finished() || !flying.is_empty() {
        if !busy.is_finished() {
            let sent = Instant::now();
            let ticket = queue
                .submit(&client, &catalogue::GET_TOKEN, parameters("never"), &options, 0)
                .unwrap();
            flying.insert(ticket, sent);
        }
        for done in queue.next(64, Some(Duration::from_millis(20))) {
            assert_eq!(done.result.unwrap_err().code(), Code::Timeout);
            let due = flying.remove(&done.ticket).unwrap() + TIMEOUT;
            late.push(due.elapsed());
        }
    }
    assert_eq!(busy.join().unwrap(), 6);
    late.sort();
    let at = |percent: usize| late[(late.len() - 1) * percent / 100];
    println!(
        "{} calls during 12 answers of 60 MiB, in {:?}, late: p50 {:?}, p99 {:?}, max {:?}",
        late.len(),
        began.elapsed(),
        at(50),
        at(99),
        at(100)
    );
    assert!(late.len() > 10 && at(100) < allowed(LATE, began), "{:?} late", at(100));
}

/// Cancelling also takes effect while a long answer is decoded, and while it waits for a thread.
#[test]
fn a_deadline_and_a_cancel_end_the_decoding() {
    let long = Long::start();
    let (client, queue) = (long.client(), Queue::new().unwrap());
    let mut options = CallOptions::default();
    options.set_timeout(Duration::from_secs(60)).unwrap();
    let submit = |options: &CallOptions| {
        queue.submit(&client, &catalogue::GET_CONNECTION, parameters("good"), options, 0).unwrap()
    };
    // Whenever the four are cancelled, some are being decoded and some wait for a thread.
    for pause in [20, 100, 300, 1000] {
        let tickets: Vec<u64> = (0..4).map(|_| submit(&options)).collect();
        thread::sleep(Duration::from_millis(pause));
        let began = Instant::now();
        tickets.iter().for_each(|ticket| queue.cancel(*ticket));
        let done = queue.next(4, Some(Duration::from_secs(60)));
        let late = began.elapsed();
        assert!(late < allowed(LATE, began), "{late:?}");
        assert!(done.iter().all(|done| {
            done.result.as_ref().err().is_none_or(|error| error.code() == Code::Cancelled)
        }));
        let mut left = 4 - done.len();
        while left > 0 {
            left -= queue.next(4, Some(Duration::from_secs(60))).len();
        }
    }
    let timeout = Duration::from_millis(400);
    options.set_timeout(timeout).unwrap();
    let began = Instant::now();
    let tickets: Vec<u64> = (0..4).map(|_| submit(&options)).collect();
    let mut left = tickets.len();
    while left > 0 {
        left -= queue.next(4, Some(Duration::from_secs(60))).len();
    }
    let late = began.elapsed().saturating_sub(timeout);
    println!("four answers of 60 MiB with a deadline of {timeout:?}: {late:?} late");
    assert!(late < allowed(LATE, began), "{late:?} late");
    // The threads have exited.
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let decoding = || {
        threads().any(|thread| {
            let name = std::fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
            name.starts_with("nango-decode")
        })
    };
    // Those of the tests beside this one end too.
    let patience = Instant::now() + Duration::from_secs(120);
    while decoding() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!decoding(), "a thread is still running");
}
