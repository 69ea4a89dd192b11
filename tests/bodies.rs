//! Request bodies: long ones arrive whole, and a server that does not read them harms nobody.

use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nango::{CallOptions, Client, Code, Error, Parameters, Queue, Roots, Secret, catalogue};
use nango_test_support::machine::allowed;
use nango_test_support::{
    Dev, INTEGRATION, KEY, Server, answer, client, close, options, read_request, variable,
};
use serde_json::{Value, json};

fn parameters(id: &str, metadata: &Value) -> Parameters {
    let parameters =
        json!({"provider_config_key": INTEGRATION, "connection_id": id, "metadata": metadata});
    parameters.as_object().cloned().expect("an object")
}

fn within(timeout: Duration) -> CallOptions {
    let mut options = CallOptions::default();
    options.set_timeout(timeout).expect("a timeout");
    options
}

fn long(bytes: usize) -> Value {
    json!({"text": "x".repeat(bytes)})
}

/// Makes the call on this thread, and through a queue.
fn both(
    client: &Client,
    parameters: &Parameters,
    options: &CallOptions,
) -> [Result<Secret, Error>; 2] {
    let operation = &catalogue::SET_METADATA;
    let queue = Queue::new().expect("a queue");
    queue.submit(client, operation, parameters.clone(), options, 0).expect("a ticket");
    let done = queue.next(1, None).pop().expect("a completion");
    let queued = done.result.map(|text| text.expect("a text"));
    [client.call(operation, parameters.clone(), options), queued]
}

#[test]
fn a_long_body_arrives_whole() {
    let dev = Dev::running();
    let tls = {
        let mut options = options(&variable("NANGO_DEV_TLS_HOST"), &variable("NANGO_SECRET_KEY"));
        options.set_tls_roots(Roots::CustomOnly);
        let authority = std::fs::read(variable("NANGO_DEV_CA_FILE")).expect("the authority");
        options.add_ca_pem(&authority).expect("an authority");
        Client::with_options(&options).expect("a client")
    };
    for (client, id) in [(client(), "long-body"), (tls, "long-body-tls")] {
        dev.import(id);
        for bytes in [0, 1, 16_384, 2_000_000] {
            let metadata = long(bytes);
            for result in
                both(&client, &parameters(id, &metadata), &within(Duration::from_secs(60)))
            {
                result.expect("it is stored");
            }
            let mut ids = parameters(id, &metadata);
            ids.shift_remove("metadata");
            let stored = client
                .call(&catalogue::GET_METADATA, ids, &CallOptions::default())
                .expect("the metadata");
            assert_eq!(serde_json::from_str::<Value>(&stored).expect("JSON"), metadata);
        }
        dev.delete(id);
    }
}

/// A server that reads the head of a request only, does something, and counts the requests.
fn careless(then: fn(&TcpStream)) -> (Client, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let server = Server::start(move |stream, _| {
        let mut byte = [0];
        if matches!((&stream).read(&mut byte), Ok(1)) {
            counter.fetch_add(1, Ordering::SeqCst);
            then(&stream);
        }
    });
    (Client::with_options(&options(&server.url, KEY)).expect("a client"), requests)
}

#[test]
fn a_server_that_reads_no_body_does_not_outlast_the_deadline() {
    let (client, _) = careless(|_| thread::sleep(Duration::from_secs(30)));
    let began = Instant::now();
    let timeout = Duration::from_millis(300);
    for result in both(&client, &parameters("c", &long(3_000_000)), &within(timeout)) {
        let error = result.expect_err("there is no answer");
        assert_eq!(error.code(), Code::Timeout, "{error}");
    }
    let late = began.elapsed().saturating_sub(2 * timeout);
    assert!(late < allowed(Duration::from_millis(500), began), "{late:?} late");
}

#[test]
fn an_answer_before_the_end_of_the_body_is_an_answer_or_a_broken_connection() {
    let (client, _) = careless(|stream| {
        answer(
            stream,
            "413 Payload Too Large",
            "connection: close\r\n",
            r#"{"error":{"code":"a"}}"#,
        );
        close(stream);
    });
    for result in
        both(&client, &parameters("c", &long(8_000_000)), &within(Duration::from_secs(20)))
    {
        let error = result.expect_err("it was not read");
        assert!(matches!(error.code(), Code::BadRequest | Code::Io), "{error}");
    }
}

#[test]
fn what_may_have_made_something_is_sent_once() {
    let (requests, counter) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&counter);
    let server = Server::start(move |stream, _| {
        while read_request(&stream).is_some() {
            seen.fetch_add(1, Ordering::SeqCst);
            close(&stream);
        }
    });
    let client = Client::with_options(&options(&server.url, KEY)).expect("a client");
    let tags = json!({"tags": {"a": "b"}}).as_object().cloned().expect("an object");
    let error = client
        .call(&catalogue::CREATE_CONNECT_SESSION, tags, &within(Duration::from_secs(20)))
        .expect_err("there is no answer");
    assert_eq!((error.code(), error.attempts()), (Code::Io, 1), "{error}");
    assert!(error.message().contains("may or may not have processed"), "{error}");
    assert_eq!(counter.load(Ordering::SeqCst), 1);
    // What has the same effect twice is sent again.
    let error = both(&client, &parameters("c", &json!({})), &within(Duration::from_secs(20)));
    requests.fetch_add(error.into_iter().filter(Result::is_err).count(), Ordering::SeqCst);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
    assert_eq!(counter.load(Ordering::SeqCst), 1 + 2 * 3);
}
