//! The completion queue, over real sockets.

use std::collections::HashMap;
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nango::{CallOptions, Cancel, Client, Code, Completion, Parameters, Queue, Walk, catalogue};
use nango_test_support::machine::allowed;
use nango_test_support::{KEY, Server, answer, client, connection, options, read_request};
use serde_json::json;

fn parameters(id: &str) -> Parameters {
    let parameters = json!({"provider_config_key": "github", "connection_id": id});
    parameters.as_object().cloned().unwrap()
}

fn ask(queue: &Queue, client: &Client, id: &str, user_data: u64) -> u64 {
    queue
        .submit(client, &catalogue::GET_TOKEN, parameters(id), &CallOptions::default(), user_data)
        .unwrap()
}

fn take(queue: &Queue, count: usize) -> Vec<Completion> {
    let mut taken = Vec::new();
    let until = Instant::now() + Duration::from_secs(20);
    while taken.len() < count && Instant::now() < until {
        taken.extend(queue.next(64, Some(Duration::from_secs(1))));
    }
    taken
}

fn readable(queue: &Queue) -> bool {
    let fd = queue.fd().unwrap();
    // SAFETY: the queue outlives this use of its descriptor.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let mut set = [rustix::event::PollFd::new(&fd, rustix::event::PollFlags::IN)];
    rustix::event::poll(&mut set, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap()
        == 1
}

/// A server that answers each request after a delay, and counts its open connections.
fn slow_server(wait: Duration) -> (Server, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = Server::start({
        let (open, most) = (Arc::clone(&open), Arc::clone(&most));
        move |stream, _| {
            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            while let Some(head) = read_request(&stream) {
                thread::sleep(wait);
                answer(&stream, "200 OK", "", &connection(&head));
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }
    });
    (server, open, most)
}

#[test]
fn operations_of_each_kind_and_failures_complete() {
    let (queue, client) = (Queue::new().unwrap(), client());
    assert!(!readable(&queue) && queue.next(8, Some(Duration::ZERO)).is_empty());
    let mut expected = HashMap::new();
    // The conformance vectors run all of them.
    let operations = [
        &catalogue::GET_CONNECTION,
        &catalogue::GET_TOKEN,
        &catalogue::GET_CREDENTIALS,
        &catalogue::GET_METADATA,
        &catalogue::REPLACE_TOKEN,
        &catalogue::LIST_CONNECTIONS,
        &catalogue::LIST_PROVIDERS,
        &catalogue::WARM_UP,
    ];
    for (user_data, operation) in operations.into_iter().enumerate() {
        let mut parameters = match operation.name {
            "list_connections" | "list_providers" | "warm_up" => Parameters::new(),
            _ => parameters("bob"),
        };
        if operation.name == "replace_token" {
            parameters.insert("refused_token".to_owned(), "another".into());
        }
        let ticket = queue
            .submit(&client, operation, parameters, &CallOptions::default(), user_data as u64)
            .unwrap();
        expected.insert(ticket, (user_data as u64, None));
    }
    for (user_data, (id, code)) in
        [("broken", Code::ReconnectRequired), ("unknown", Code::NotFound)].into_iter().enumerate()
    {
        expected.insert(ask(&queue, &client, id, user_data as u64), (user_data as u64, Some(code)));
    }
    for completion in take(&queue, expected.len()) {
        let (user_data, code) = expected.remove(&completion.ticket).expect("each ticket once");
        assert_eq!(completion.user_data, user_data);
        assert_eq!(completion.result.err().map(|error| error.code()), code);
    }
    assert!(expected.is_empty() && !readable(&queue));
    // Invalid arguments are reported at once, and no completion follows.
    let refused = queue
        .submit(&client, &catalogue::GET_TOKEN, parameters(""), &CallOptions::default(), 0)
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(queue.next(1, Some(Duration::from_millis(50))).is_empty());
}

#[test]
fn the_descriptor_says_what_is_so() {
    let (queue, client) = (Queue::new().unwrap(), client());
    ask(&queue, &client, "bob", 1);
    ask(&queue, &client, "bob", 2);
    let until = Instant::now() + Duration::from_secs(5);
    let mut taken = 0;
    while taken < 2 {
        assert!(Instant::now() < until);
        if readable(&queue) {
            assert_eq!(
                queue.next(1, Some(Duration::ZERO)).len(),
                1,
                "readable means that a completion is available"
            );
            taken += 1;
        }
        thread::sleep(Duration::from_millis(1));
    }
    assert!(!readable(&queue));
    queue.close();
    assert!(readable(&queue) && queue.next(1, None).is_empty() && readable(&queue));
}

#[test]
fn a_cancelled_ticket_completes_at_once_and_closes_its_socket() {
    let (closed, seen) = mpsc::channel();
    let server = Server::start(move |stream, _| {
        while read_request(&stream).is_some() {}
        let _ = closed.send(());
    });
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    let ticket = ask(&queue, &client, "c", 7);
    thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    queue.cancel(ticket);
    let done = queue.next(1, None).pop().unwrap();
    let late = began.elapsed();
    assert!(late < allowed(Duration::from_millis(100), began), "{late:?}");
    assert_eq!(
        (done.ticket, done.user_data, done.result.unwrap_err().code()),
        (ticket, 7, Code::Cancelled)
    );
    seen.recv_timeout(Duration::from_secs(2)).expect("the server sees the connection close");
    queue.cancel(ticket);
    queue.cancel(u64::MAX);
    assert!(queue.next(1, Some(Duration::from_millis(50))).is_empty());

    // The caller's own handle does the same.
    let (cancel, mut options) = (Cancel::new(), CallOptions::default());
    options.set_cancel(Some(&cancel));
    queue.submit(&client, &catalogue::GET_TOKEN, parameters("c"), &options, 8).unwrap();
    thread::sleep(Duration::from_millis(100));
    cancel.trigger();
    let done = queue.next(1, Some(Duration::from_secs(2))).pop().unwrap();
    assert_eq!((done.user_data, done.result.unwrap_err().code()), (8, Code::Cancelled));
}

#[test]
fn close_completes_calls_in_flight_and_wakes_takers() {
    let (server, _, _) = slow_server(Duration::from_secs(5));
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    let waiting = thread::spawn({
        let queue = queue.clone();
        move || {
            let mut taken = Vec::new();
            loop {
                match queue.next(1, None) {
                    none if none.is_empty() => return taken,
                    some => taken.extend(some),
                }
            }
        }
    });
    let tickets: Vec<u64> = (0..5).map(|data| ask(&queue, &client, "c", data)).collect();
    thread::sleep(Duration::from_millis(100));
    queue.close();
    let mut taken: Vec<u64> =
        waiting.join().unwrap().iter().map(|completion| completion.ticket).collect();
    taken.extend(queue.next(64, None).iter().map(|completion| completion.ticket));
    taken.sort_unstable();
    assert_eq!(taken, tickets);
    let refused = queue
        .submit(&client, &catalogue::GET_TOKEN, parameters("c"), &CallOptions::default(), 0)
        .unwrap_err();
    assert_eq!(refused.code(), Code::Closed);
}

#[test]
fn there_are_no_more_sockets_than_allowed_and_the_rest_waits() {
    let (server, _, most) = slow_server(Duration::from_millis(20));
    let mut settings = options(&server.url, KEY);
    settings.set_max_connections(3).unwrap();
    let client = Client::with_options(&settings).unwrap();
    let queue = Queue::new().unwrap();
    (0..60).for_each(|data| assert_ne!(ask(&queue, &client, "c", data), 0));
    let done = take(&queue, 60);
    assert_eq!(done.iter().filter(|completion| completion.result.is_ok()).count(), 60);
    assert!(most.load(Ordering::SeqCst) <= 4, "{} sockets at once", most.load(Ordering::SeqCst));

    // The wait for a connection counts towards the call's time.
    let (server, _, _) = slow_server(Duration::from_secs(3));
    settings.set_base_url(&server.url).unwrap();
    settings.set_max_connections(1).unwrap();
    settings.set_timeout(Duration::from_millis(300)).unwrap();
    settings.set_max_retries(0);
    let client = Client::with_options(&settings).unwrap();
    let began = Instant::now();
    (0..4).for_each(|data| assert_ne!(ask(&queue, &client, "c", data), 0));
    let done = take(&queue, 4);
    assert!(
        done.iter()
            .all(|completion| completion.result.as_ref().unwrap_err().code() == Code::Timeout)
    );
    let took = began.elapsed();
    assert!(took < allowed(Duration::from_millis(1500), began), "{took:?}");
}

#[test]
fn a_burst_opens_no_more_connections_than_calls_and_keeps_few() {
    let (server, open, _) = slow_server(Duration::from_millis(1));
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    let (mut sent, mut done) = (0, 0);
    while done < 2000 {
        while sent < 2000 && sent - done < 40 {
            ask(&queue, &client, "c", 0);
            sent += 1;
        }
        for completion in queue.next(64, None) {
            completion.result.unwrap();
            done += 1;
        }
    }
    assert!(
        server.connections() <= 60,
        "{} connections for 40 calls at once",
        server.connections()
    );
    let until = Instant::now() + Duration::from_secs(8);
    while open.load(Ordering::SeqCst) > 8 && Instant::now() < until {
        thread::sleep(Duration::from_millis(100));
    }
    assert!(
        open.load(Ordering::SeqCst) <= 8,
        "{} connections are left",
        open.load(Ordering::SeqCst)
    );
}

/// Calls that find a connection must not starve others that wait for one.
#[test]
fn in_a_burst_no_call_starves() {
    const IN_FLIGHT: usize = 800;
    const CALLS: usize = 16_000;
    let server = Server::start(|stream, _| {
        while let Some(head) = read_request(&stream) {
            answer(&stream, "200 OK", "", &connection(&head));
        }
    });
    let mut settings = options(&server.url, KEY);
    settings.set_max_connections(IN_FLIGHT).unwrap();
    let client = Client::with_options(&settings).unwrap();
    let queue = Queue::new().unwrap();
    // How many other calls completed between the start and the end of each call.
    let (mut begun, mut passed) = (Vec::new(), Vec::new());
    while passed.len() < CALLS {
        while begun.len() < CALLS && begun.len() - passed.len() < IN_FLIGHT {
            ask(&queue, &client, "c", begun.len() as u64);
            begun.push(passed.len());
        }
        for completion in queue.next(64, None) {
            completion.result.unwrap();
            passed.push(passed.len() - begun[completion.user_data as usize]);
        }
    }
    passed.sort_unstable();
    // About IN_FLIGHT if the calls take turns.
    let most = passed[CALLS * 99 / 100];
    assert!(most < 5 * IN_FLIGHT / 2, "one call in a hundred was overtaken by {most} others");
}

#[test]
fn each_ticket_completes_once_among_cancels_and_takers() {
    const TICKETS: usize = 2000;
    let (server, _, _) = slow_server(Duration::from_millis(2));
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicUsize::new(0));
    let takers: Vec<_> = (0..3)
        .map(|_| {
            let (queue, stop, count) = (queue.clone(), Arc::clone(&stop), Arc::clone(&count));
            thread::spawn(move || {
                let mut taken = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let completions = queue.next(7, Some(Duration::from_millis(20)));
                    count.fetch_add(completions.len(), Ordering::SeqCst);
                    taken.extend(
                        completions
                            .into_iter()
                            .map(|completion| (completion.ticket, completion.user_data)),
                    );
                }
                taken
            })
        })
        .collect();
    let tickets: Vec<u64> =
        (0..TICKETS as u64).map(|data| ask(&queue, &client, "c", data)).collect();
    thread::scope(|scope| {
        for part in tickets.chunks(TICKETS / 2) {
            let queue = &queue;
            scope.spawn(move || {
                part.iter().filter(|_| fastrand::bool()).for_each(|ticket| queue.cancel(*ticket))
            });
        }
    });
    let began = Instant::now();
    while count.load(Ordering::SeqCst) < TICKETS && began.elapsed() < Duration::from_secs(120) {
        thread::sleep(Duration::from_millis(20));
    }
    // A ticket that completes twice would follow.
    thread::sleep(Duration::from_secs(1));
    stop.store(true, Ordering::SeqCst);
    let mut taken: Vec<(u64, u64)> =
        takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect();
    taken.sort_unstable();
    let expected: Vec<(u64, u64)> = tickets.into_iter().zip(0..).collect();
    assert!(taken == expected, "{} of {TICKETS} tickets were taken", taken.len());
    assert!(!readable(&queue));
}

#[test]
fn a_walk_through_pages() {
    let (queue, client) = (Queue::new().unwrap(), client());
    let walk =
        Walk::new(client.list_connections(Parameters::new(), 4, CallOptions::default()).unwrap());
    let mut seen = 0;
    loop {
        queue.submit_page(&walk, 0).unwrap();
        let done = queue.next(1, Some(Duration::from_secs(5))).pop().expect("a completion");
        let Some(page) = done.result.unwrap() else { break };
        seen += page.matches("\"connection_id\"").count();
    }
    let whole = client.list_connections_json(Parameters::new(), &CallOptions::default()).unwrap();
    assert_eq!(seen, whole.matches("\"connection_id\"").count());
}

#[test]
fn a_closing_server_costs_no_call() {
    let requests = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let requests = Arc::clone(&requests);
        move |stream, _| {
            if let Some(head) = read_request(&stream) {
                requests.fetch_add(1, Ordering::SeqCst);
                answer(&stream, "200 OK", "", &connection(&head));
            }
        }
    });
    let mut settings = options(&server.url, KEY);
    settings.set_max_retries(0);
    let client = Client::with_options(&settings).unwrap();
    let queue = Queue::new().unwrap();
    for data in 0..300 {
        ask(&queue, &client, "c", data);
        queue.next(1, None).pop().unwrap().result.unwrap();
    }
    assert_eq!(requests.load(Ordering::SeqCst), 300);
}

/// A server that answers once on each connection, and reports how much later the client closed the
/// connection.
fn answers_once(
    headers: &'static str,
    then: impl Fn(&TcpStream) + Send + Sync + 'static,
) -> (Server, mpsc::Receiver<Duration>) {
    let (closed, heard) = mpsc::channel();
    let server = Server::start(move |mut stream, _| {
        if let Some(head) = read_request(&stream) {
            answer(&stream, "200 OK", headers, &connection(&head));
            then(&stream);
            let began = Instant::now();
            // A call that found the connection open may have sent its request; it is sent again on
            // another one.
            stream.read_to_end(&mut Vec::new()).unwrap();
            closed.send(began.elapsed()).unwrap();
        }
    });
    (server, heard)
}

#[test]
fn a_connection_that_the_server_has_closed_is_closed_here_too() {
    let (server, heard) = answers_once("", |stream| stream.shutdown(Shutdown::Write).unwrap());
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    (0..20).for_each(|data| assert_ne!(ask(&queue, &client, "c", data), 0));
    take(&queue, 20).into_iter().for_each(|completion| assert!(completion.result.is_ok()));
    for _ in 0..server.connections() {
        // Well before the 50 seconds for which an idle connection is kept.
        let after = heard.recv_timeout(Duration::from_secs(10)).expect("the socket is closed");
        assert!(after < Duration::from_secs(5), "closed only after {after:?}");
    }
}

#[test]
fn a_connection_that_the_server_wants_closed_is_closed_at_once() {
    let (server, heard) = answers_once("Connection: close\r\n", |_| ());
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    for data in 0..3 {
        ask(&queue, &client, "c", data);
        queue.next(1, None).pop().unwrap().result.unwrap();
        heard.recv_timeout(Duration::from_secs(5)).expect("the queue's socket is closed");
        client.get_token("k", "c", &CallOptions::default()).unwrap();
        heard.recv_timeout(Duration::from_secs(5)).expect("the blocking call's socket is closed");
    }
}

#[test]
fn a_queue_dropped_with_calls_in_flight_harms_nobody() {
    let (server, _, _) = slow_server(Duration::from_millis(100));
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    for _ in 0..20 {
        let queue = Queue::new().unwrap();
        (0..10).for_each(|data| assert_ne!(ask(&queue, &client, "c", data), 0));
    }
    drop(client);
    let queue = Queue::new().unwrap();
    let client = Client::with_options(&options(&server.url, KEY)).unwrap();
    ask(&queue, &client, "c", 1);
    queue.next(1, None).pop().unwrap().result.unwrap();
}

#[test]
fn any_answer_warms_a_connection_up() {
    for status in ["404 Not Found", "500 Internal Server Error", "302 Found"] {
        let server = Server::start(move |stream, _| {
            while read_request(&stream).is_some() {
                answer(&stream, status, "", "<html>");
            }
        });
        let client = Client::with_options(&options(&server.url, KEY)).unwrap();
        client.warm_up().unwrap();
        let queue = Queue::new().unwrap();
        queue
            .submit(&client, &catalogue::WARM_UP, Parameters::new(), &CallOptions::default(), 0)
            .unwrap();
        let done = take(&queue, 1).remove(0);
        assert_eq!(&*done.result.unwrap().unwrap(), "null", "{status}");
    }
}
