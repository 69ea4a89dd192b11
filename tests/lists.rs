//! Walks a list that changes meanwhile: each connection that existed before is returned exactly
//! once.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nango::{CallOptions, Client, Code, Error, Parameters, Queue, Secret, Walk};
use nango_test_support::{KEY, Server, answer, client, options, read_request, variable};
use serde_json::{Value, json};

/// A connection to nango-dev for the test's own requests, with the key.
struct Dev(BufReader<TcpStream>);

impl Dev {
    fn new() -> Dev {
        let host = variable("NANGO_HOST");
        let address = host.strip_prefix("http://").expect("a host");
        Dev(BufReader::new(TcpStream::connect(address).expect("nango-dev")))
    }

    /// Returns the status of the answer.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> u16 {
        // In one write, so that no delayed acknowledgement holds it back.
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            variable("NANGO_SECRET_KEY"),
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes()).expect("a request");
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("an answer");
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(words) = line.strip_prefix("http/1.1 ") {
                status = words.split(' ').next().and_then(|status| status.parse().ok());
            } else if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.parse().expect("a length");
            } else if line.is_empty() {
                break;
            }
        }
        self.0.read_exact(&mut vec![0; length]).expect("a body");
        status.expect("a status")
    }
}

/// Connections in nango-dev that only one test lists, by their tag. They are deleted when it ends.
struct Added {
    dev: Dev,
    tag: String,
    ids: Vec<String>,
}

impl Added {
    fn new(tag: &str, count: usize) -> Added {
        let mut added = Added { dev: Dev::new(), tag: tag.to_owned(), ids: Vec::new() };
        added.add(count);
        added
    }

    fn add(&mut self, count: usize) {
        for _ in 0..count {
            let id = format!("{}-{}", self.tag, self.ids.len());
            let body = json!({
                "provider_config_key": "stripe-key", "connection_id": id,
                    "tags": {"walk": self.tag},
                "credentials": {"type": "API_KEY", "apiKey": "a-key-of-a-test"},
            });
            assert_eq!(self.dev.ask("POST", "/connections", &body.to_string()), 201);
            self.ids.push(id);
        }
    }

    fn filter(&self) -> Parameters {
        json!({"tags": {"walk": self.tag}}).as_object().expect("an object").clone()
    }
}

impl Drop for Added {
    fn drop(&mut self) {
        for id in &self.ids {
            self.dev.ask(
                "DELETE",
                &format!("/connections/{id}?provider_config_key=stripe-key"),
                "",
            );
        }
    }
}

/// Returns the next page, blocking or through a queue.
fn next(walk: &Walk, queue: Option<&Queue>) -> Result<Option<Secret>, Error> {
    let Some(queue) = queue else { return walk.next_page_json() };
    queue.submit_page(walk, 0)?;
    queue.next(1, Some(Duration::from_secs(60))).pop().expect("a completion").result
}

fn texts(page: &str, name: &str) -> Vec<String> {
    let page: Value = serde_json::from_str(page).expect("JSON");
    let text = |connection: &Value| match &connection[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    page["connections"].as_array().expect("a list").iter().map(text).collect()
}

/// Walks 250 connections, adding `each` before every page except the first, 300 in total.
fn walk_while_added(page_size: u32, each: usize, queue: Option<&Queue>) {
    let way = if queue.is_some() { "queued" } else { "blocking" };
    let mut added = Added::new(&format!("walk-{page_size}-{each}-{way}"), 250);
    let there: HashSet<String> = added.ids.iter().cloned().collect();
    let pager = client().list_connections(added.filter(), page_size, CallOptions::default());
    let walk = Walk::new(pager.expect("a walk"));
    let mut seen = Vec::new();
    while let Some(page) = next(&walk, queue).expect("a page") {
        seen.extend(texts(&page, "connection_id"));
        added.add(each.min(550 - added.ids.len()));
    }
    let once: HashSet<String> = seen.iter().cloned().collect();
    assert_eq!(once.len(), seen.len(), "{page_size}, {each}: some were returned twice");
    let came = there.intersection(&once).count();
    println!("pages of {page_size}, {each} added before each, {way}: {came} of 250 returned");
    assert_eq!(came, 250);
}

#[test]
fn what_is_added_between_pages_hides_nothing() {
    let queue = Queue::new().expect("a queue");
    for queue in [None, Some(&queue)] {
        for each in [0, 1, 9, 10, 11, 37, 300] {
            walk_while_added(10, each, queue);
        }
        for (page_size, each) in [(1, 1), (100, 100), (250, 250)] {
            walk_while_added(page_size, each, queue);
        }
    }
}

/// A list of connections, paged like Nango's, newest first. `act` receives each request's page
/// first, may change the list, and returns whether the request fails.
fn listing(
    newest_first: Vec<u64>,
    act: impl Fn(&mut Vec<u64>, usize) -> bool + Send + Sync + 'static,
) -> (Server, Client) {
    let list = Mutex::new(newest_first);
    let server = Server::start(move |stream, _| {
        while let Some(head) = read_request(&stream) {
            let parameter = |name: &str| {
                let text = head.split([' ', '?', '&']).find_map(|part| part.strip_prefix(name));
                text.and_then(|text| text.parse::<usize>().ok()).expect("a parameter")
            };
            let (limit, page) = (parameter("limit="), parameter("page="));
            let mut list = list.lock().expect("the list");
            if act(&mut list, page) {
                answer(&stream, "500 No", "", "{}");
                continue;
            }
            let items: Vec<String> = list
                .iter()
                .skip(page * limit)
                .take(limit)
                .map(|id| format!(r#"{{"id":{id},"connection_id":"c-{id}"}}"#))
                .collect();
            answer(&stream, "200 OK", "", &format!(r#"{{"connections":[{}]}}"#, items.join(",")));
        }
    });
    let mut options = options(&server.url, KEY);
    options.set_max_retries(0);
    let client = Client::with_options(&options).expect("a client");
    (server, client)
}

fn walk(client: &Client, page_size: u32) -> Walk {
    let pager = client.list_connections(Parameters::new(), page_size, CallOptions::default());
    Walk::new(pager.expect("a walk"))
}

#[test]
fn a_page_that_failed_is_neither_lost_nor_given_twice() {
    let queue = Queue::new().expect("a queue");
    for queue in [None, Some(&queue)] {
        // Each request fails at first. Meanwhile more connections are added than fit on a page.
        let turn = Mutex::new(0);
        let (_server, client) = listing((0..100).rev().collect(), move |list, _| {
            let mut turn = turn.lock().expect("the turn");
            *turn += 1;
            let fails = *turn % 2 == 1;
            if fails && *turn < 30 {
                (0..12).for_each(|_| list.insert(0, list.len() as u64));
            }
            fails
        });
        let walk = walk(&client, 10);
        let (mut seen, mut failed) = (Vec::new(), 0);
        loop {
            match next(&walk, queue) {
                Ok(Some(page)) => seen.extend(texts(&page, "id")),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.code(), Code::Server);
                    failed += 1;
                    // A walk that returned to the same page and requested it twice would never end.
                    assert!(failed < 200, "{} seen", seen.len());
                }
            }
        }
        let once: HashSet<&String> = seen.iter().collect();
        assert_eq!(once.len(), seen.len());
        assert!((0..100_u64).all(|id| once.contains(&id.to_string())), "{seen:?}");
        assert!(failed > 10);
    }
}

#[test]
fn a_list_that_grows_for_ever_ends_in_an_error() {
    let asked = Arc::new(Mutex::new(0));
    let (_server, client) = listing((0..40).rev().collect(), {
        let asked = Arc::clone(&asked);
        move |list, page| {
            *asked.lock().expect("the count") += 1;
            if page > 0 {
                (0..10).for_each(|_| list.insert(0, list.len() as u64));
            }
            false
        }
    });
    let walk = walk(&client, 10);
    assert_eq!(texts(&walk.next_page_json().expect("a page").expect("one"), "id").len(), 10);
    let error = walk.next_page_json().expect_err("no end");
    assert_eq!((error.code(), error.retryable()), (Code::InvalidResponse, true), "{error}");
    assert!(error.message().contains("added faster than they are read"), "{error}");
    let asked = *asked.lock().expect("the count");
    assert!((100..300).contains(&asked), "{asked} requests");
}

#[test]
fn a_long_walk_takes_little() {
    let (_server, client) = listing((0..100_000).rev().collect(), |list, page| {
        if page == 20 {
            (0..5000).for_each(|_| list.insert(0, list.len() as u64));
        }
        false
    });
    let walk = walk(&client, 2000);
    let mut seen = HashSet::new();
    while let Some(page) = walk.next_page_json().expect("a page") {
        for id in texts(&page, "id") {
            assert!(seen.insert(id));
        }
    }
    assert!((0..100_000_u64).all(|id| seen.contains(&id.to_string())));
}
