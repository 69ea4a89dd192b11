//! Rules for every route: the order of the checks, headers, conditional requests, the rate limit.

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::Server;

const CAROL: &str = "/connections/carol?provider_config_key=stripe-key";

#[tokio::test]
async fn every_answer_has_the_servers_headers() {
    let server = Server::start(&[]);
    for target in [CAROL, "/connections/nope?provider_config_key=github", "/integrations"] {
        let answer = server.get(target).await;
        for (name, value) in [
            ("x-xss-protection", "0"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "SAMEORIGIN"),
            ("strict-transport-security", "max-age=5184000; includeSubDomains"),
            ("access-control-allow-origin", "*"),
            ("connection", "keep-alive"),
            ("keep-alive", "timeout=61"),
            ("content-type", "application/json; charset=utf-8"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{target}: {name}");
        }
        assert!(answer.header("content-length").is_some() && answer.header("date").is_some());
        assert!(answer.header("x-ratelimit-limit").is_none(), "there is no limit");
    }
    let closing = server.send("GET", "/health", &[("connection", "close")], None).await;
    assert_eq!((closing.header("connection"), closing.header("keep-alive")), (Some("close"), None));
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start(&[]);
    let first = server.get("/integrations").await;
    let etag = first.header("etag").unwrap();
    let key = format!("Bearer {}", server.key("full"));
    for tag in [etag, "*", &format!("\"x\", {etag}"), etag.trim_start_matches("W/")] {
        let again = server
            .send("GET", "/integrations", &[("authorization", &key), ("if-none-match", tag)], None)
            .await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{tag}");
        assert_eq!(again.header("etag"), Some(etag));
    }
    let other = server
        .send("GET", "/integrations", &[("authorization", &key), ("if-none-match", "\"x\"")], None)
        .await;
    assert_eq!(other.status, StatusCode::OK);
    let head = server.send("HEAD", "/integrations", &[("authorization", &key)], None).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), first.header("content-length"));
}

#[tokio::test]
async fn the_checks_have_their_order() {
    let server = Server::start(&[]);
    let send = async |headers: &[(&str, &str)], target: &str, body: &str| {
        server.send("POST", target, headers, Some(body)).await.code()
    };
    let json = ("content-type", "application/json");
    let full = format!("Bearer {}", server.key("full"));
    let full = ("authorization", full.as_str());
    let read = format!("Bearer {}", server.key("read"));
    let read = ("authorization", read.as_str());
    // The body's syntax, its type, the key, the scope, the query, the body's content.
    assert_eq!(send(&[json], "/connections?x=1", "{").await, "invalid_json");
    assert_eq!(
        send(&[("content-type", "text/json")], "/connections?x=1", "{").await,
        "invalid_content_type"
    );
    assert_eq!(
        send(&[("content-type", "Application/JSON")], "/connections?x=1", "{}").await,
        "invalid_content_type"
    );
    assert_eq!(send(&[json], "/connections?x=1", "{}").await, "missing_auth_header");
    assert_eq!(send(&[json, read], "/connections?x=1", "{}").await, "forbidden");
    assert_eq!(send(&[json, full], "/connections?x=1", "{}").await, "invalid_query_params");
    assert_eq!(send(&[json, full], "/connections", "{}").await, "invalid_body");
}

#[tokio::test]
async fn what_the_database_cannot_hold_is_an_uncaught_exception() {
    let server = Server::start(&[]);
    let key = format!("Bearer {}", server.key("full"));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    for metadata in [r#"{"a": "\u0000"}"#, r#"{"a": {"b\u0000": 1}}"#, r#"{"a": "\ud800"}"#] {
        let body = format!(
            r#"{{"connection_id": "carol", "provider_config_key": "stripe-key", "metadata": {metadata}}}"#
        );
        let answer = server.send("POST", "/connections/metadata", &headers, Some(&body)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::INTERNAL_SERVER_ERROR, "generic_error_support"),
            "{metadata}"
        );
        assert!(answer.json()["error"]["payload"].is_string());
    }
    assert_eq!(server.get(CAROL).await.json()["metadata"], json!(null));
}

#[tokio::test]
async fn beyond_the_limit_there_is_429_until_the_minute_is_over() {
    let server = Server::start(&["--rate-limit", "3"]);
    // A request without a valid key is not counted.
    for _ in 0..5 {
        let refused = server.send("GET", "/connections", &[], None).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.header("x-ratelimit-limit").is_none());
    }
    for left in ["2", "1", "0"] {
        let answer = server.get(CAROL).await;
        assert_eq!(
            (answer.status, answer.header("x-ratelimit-remaining")),
            (StatusCode::OK, Some(left))
        );
    }
    let refused = server.get(CAROL).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        refused.json(),
        json!({"error": {"code": "too_many_request", "method": "GET",
            "path": "/connections/carol"}})
    );
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.header("x-ratelimit-limit"), Some("3"));
    // Another key of the account shares the window.
    assert_eq!(server.get_as("read", CAROL).await.status, StatusCode::TOO_MANY_REQUESTS);
    server.advance(61).await;
    assert_eq!(server.get(CAROL).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_no_secrets() {
    let server = Server::start(&[]);
    server.get(CAROL).await;
    let log = server.get("/_dev/log").await;
    let requests = log.json()["requests"].clone();
    assert_eq!((&requests[0]["target"], &requests[0]["status"]), (&json!(CAROL), &json!(200)));
    assert!(!log.text().contains(&server.key("full")));
    assert_eq!(server.call("DELETE", "/_dev/log", None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get("/_dev/log").await.json()["requests"], json!([]));
    for (target, body) in [
        ("/_dev/clock", json!({})),
        ("/_dev/clock", json!({"now": "soon"})),
        ("/_dev/provider", json!({"integration": "x"})),
    ] {
        let refused = server.call("POST", target, Some(&body)).await;
        assert_eq!(refused.code(), "bad_request", "{target} {body}");
    }
    let unknown = server
        .call("POST", "/_dev/provider", Some(&json!({"integration": "x", "connection_id": "y"})))
        .await;
    assert_eq!(unknown.code(), "not_found");
}

#[tokio::test]
async fn an_integration_with_connections_keeps_its_key() {
    let server = Server::start(&[]);
    let rename = json!({"unique_key": "github-2"});
    let refused = server.call("PATCH", "/integrations/github", Some(&rename)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::BAD_REQUEST, "invalid_body")
    );
    let taken =
        server.call("PATCH", "/integrations/github", Some(&json!({"unique_key": "hubspot"}))).await;
    assert_eq!(taken.code(), "invalid_body");
    assert_eq!(taken.json()["error"]["errors"], Value::Null);
    assert_eq!(server.get_as("read", "/integrations/github").await.status, StatusCode::FORBIDDEN);
    assert_eq!(server.get_as("account", "/providers/github").await.status, StatusCode::FORBIDDEN);
    assert_eq!(server.get_as("none", "/providers/github").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_installation_that_is_imported_has_a_token_at_once() {
    let server = Server::start(&[]);
    let import = json!({"provider_config_key": "github-app", "connection_id": "new",
        "credentials": {"type": "APP", "app_id": "1", "installation_id": "2"}});
    let made = server.call("POST", "/connections", Some(&import)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let token = made.json()["credentials"]["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.provider_says(&token).await, StatusCode::OK);
    assert_eq!(made.json()["connection_config"], json!({"app_id": "1", "installation_id": "2"}));
}

#[tokio::test]
async fn the_vectors_of_this_repository_can_be_played() {
    let server =
        Server::start(&["--vectors", concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance")]);
    let unknown = server.get("/_vectors/run/no-such-vector/connections").await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (StatusCode::BAD_REQUEST, "vector_mismatch")
    );
    assert!(unknown.message().contains("no-such-vector"), "{}", unknown.message());
}

#[tokio::test]
async fn over_tls_it_is_the_same() {
    let server = Server::start(&["--tls-port", "0"]);
    let address = server.variable("NANGO_DEV_TLS_HOST").strip_prefix("https://").unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(server.variable("NANGO_DEV_CA_FILE")).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let connector =
        TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("{\"result\":\"ok\"}"),
        "{answer}"
    );
}
