//! Connect sessions: a simulated user goes through them, and they end.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::Server;

async fn created(server: &Server, path: &str, body: Value) -> Value {
    let answer = server.call("POST", path, Some(&body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.json()["data"].clone()
}

#[tokio::test]
async fn a_user_connects_and_the_tags_find_the_connection() {
    let server = Server::start(&[]);
    let body = json!({"tags": {"user": "u-1"}, "allowed_integrations": ["github"]});
    let session = created(&server, "/connect/sessions", body).await;
    let visit = json!({"session_token": session["connect_link"]});
    let visited = server.call("POST", "/_dev/connect", Some(&visit)).await.json();
    assert_eq!(visited["providerConfigKey"], "github");
    let listed = server.get("/connections?tags[user]=u-1").await.json();
    assert_eq!(listed["connections"][0]["connection_id"], visited["connectionId"]);
    let id = visited["connectionId"].as_str().unwrap();
    let path = format!("/connections/{id}?provider_config_key=github&force_refresh=true");
    let read = server.get(&path).await;
    assert_eq!(read.status, StatusCode::OK, "the provider knows its refresh token: {read:?}");
    let other = json!({"session_token": session["token"], "integration_id": "slack"});
    let refused = server.call("POST", "/_dev/connect", Some(&other)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn reconnecting_repairs_a_connection() {
    let server = Server::start(&[]);
    let path = "/connections/alice?provider_config_key=github&force_refresh=true";
    let revoked =
        json!({"integration": "github", "connection_id": "alice", "on_refresh": "invalid_grant"});
    server.call("POST", "/_dev/provider", Some(&revoked)).await;
    assert_eq!(server.get(path).await.code(), "invalid_credentials");
    let before = server.get("/connections?connectionId=alice").await.json();
    assert_eq!(before["connections"][0]["errors"][0]["type"], "auth");

    let body = json!({"connection_id": "alice", "integration_id": "github"});
    let session = created(&server, "/connect/sessions/reconnect", body).await;
    let visit = json!({"session_token": session["token"]});
    let visited = server.call("POST", "/_dev/connect", Some(&visit)).await.json();
    assert_eq!(visited, json!({"connectionId": "alice", "providerConfigKey": "github"}));
    let after = server.get("/connections?connectionId=alice").await.json();
    assert_eq!(after["connections"][0]["errors"], json!([]));
    assert_eq!(after["connections"][0]["id"], before["connections"][0]["id"]);
    assert_eq!(server.get(path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour() {
    let server = Server::start(&[]);
    let session = created(&server, "/connect/sessions", json!({"tags": {"a": "b"}})).await;
    let key = format!("Bearer {}", session["token"].as_str().unwrap());
    let headers = [("authorization", key.as_str())];
    let read = async || server.send("GET", "/connect/session", &headers, None).await;
    let advance =
        async |ms: i64| server.call("POST", "/_dev/clock", Some(&json!({"advance_ms": ms}))).await;
    advance(29 * 60 * 1000).await;
    assert_eq!(read().await.status, StatusCode::OK);
    advance(60 * 1000).await;
    assert_eq!(read().await.code(), "unknown_connect_session_token");
    let visit = json!({"session_token": session["token"], "integration_id": "github"});
    let refused = server.call("POST", "/_dev/connect", Some(&visit)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
