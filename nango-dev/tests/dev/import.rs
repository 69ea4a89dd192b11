//! Imports beyond what was recorded: the limits of every field, and the older form for every type.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::support::Server;

fn import(integration: &str, credentials: Value) -> Value {
    json!({"provider_config_key": integration, "connection_id": "imported",
        "credentials": credentials})
}

/// The issues of a refused body, as `code path`.
async fn issues(server: &Server, body: &Value) -> Vec<String> {
    let answer = server.call("POST", "/connections", Some(body)).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::BAD_REQUEST, "invalid_body"),
        "{body}"
    );
    let json = answer.json();
    let errors = json["error"]["errors"].as_array().unwrap_or_else(|| panic!("{body}: {json}"));
    let path = |error: &Value| {
        error["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(".")
    };
    errors
        .iter()
        .map(|error| format!("{} {}", error["code"].as_str().unwrap(), path(error)))
        .collect()
}

#[tokio::test]
async fn every_field_has_its_limits() {
    let server = Server::start(&[]);
    let long = |length: usize| "x".repeat(length);
    for (credentials, expected) in [
        (json!({}), "invalid_union credentials.type"),
        (json!({"type": 1}), "invalid_union credentials.type"),
        (json!({"type": "OAUTH2", "access_token": ""}), "too_small credentials.access_token"),
        (
            json!({"type": "OAUTH2", "access_token": long(16_385)}),
            "too_big credentials.access_token",
        ),
        (
            json!({"type": "OAUTH2", "access_token": "t", "refresh_token": null}),
            "invalid_type credentials.refresh_token",
        ),
        (
            json!({"type": "OAUTH2", "access_token": "t", "expires_at": "1893456000"}),
            "invalid_type credentials.expires_at",
        ),
        (
            json!({"type": "OAUTH2", "access_token": "t", "expires_at": {}}),
            "invalid_type credentials.expires_at",
        ),
        (
            json!({"type": "OAUTH2", "access_token": "t", "config_override": {"x": 1}}),
            "unrecognized_keys credentials.config_override",
        ),
        (
            json!({"type": "OAUTH2", "access_token": "t",
                "config_override": {"client_id": long(256)}}),
            "too_big credentials.config_override.client_id",
        ),
        (
            json!({"type": "OAUTH2_CC", "token": "t", "client_id": "c"}),
            "invalid_type credentials.client_secret",
        ),
        (
            json!({"type": "OAUTH2_CC", "token": long(4097), "client_id": "", "client_secret": ""}),
            "too_big credentials.token",
        ),
        (
            json!({"type": "OAUTH1", "oauth_token": "t"}),
            "invalid_type credentials.oauth_token_secret",
        ),
        (json!({"type": "API_KEY", "apiKey": long(1025)}), "too_big credentials.apiKey"),
        (
            json!({"type": "API_KEY", "api_key": "k", "apiKey": "k"}),
            "unrecognized_keys credentials",
        ),
        (
            json!({"type": "BASIC", "username": 1, "password": ""}),
            "invalid_type credentials.username",
        ),
        (json!({"type": "TBA", "token_id": "t"}), "invalid_type credentials.token_secret"),
        (json!({"type": "APP", "app_id": "1"}), "invalid_type credentials.installation_id"),
        (json!({"type": "NONE", "x": 1}), "unrecognized_keys credentials"),
    ] {
        assert_eq!(
            issues(&server, &import("github", credentials.clone())).await,
            [expected],
            "{credentials}"
        );
    }
    // A length is counted in UTF-16 units.
    let smile = "\u{1f642}".repeat(513);
    assert_eq!(
        issues(&server, &import("stripe-key", json!({"type": "API_KEY", "apiKey": smile}))).await,
        ["too_big credentials.apiKey"]
    );

    let with = |name: &str, value: Value| {
        let mut body = import("none", json!({"type": "NONE"}));
        body[name] = value;
        body
    };
    for (name, value, expected) in [
        ("connection_id", json!(5), "invalid_type connection_id"),
        ("metadata", json!(null), "invalid_type metadata"),
        ("connection_config", json!([]), "invalid_type connection_config"),
        (
            "connection_config",
            json!({"oauth_scopes_override": "a,b"}),
            "invalid_type connection_config.oauth_scopes_override",
        ),
        ("webhook_url_override", json!("no url"), "invalid_union webhook_url_override"),
        ("webhook_url_override", json!("https://10.0.0.1/x"), "custom webhook_url_override"),
        ("webhook_url_override", json!("https://[::1]/x"), "custom webhook_url_override"),
        ("end_user", json!({}), "invalid_type end_user.id"),
        ("end_user", json!({"id": "u", "organization": {"id": "o"}}), "unrecognized_keys end_user"),
        ("end_user", json!({"id": "u", "tags": {"1": "x"}}), "invalid_key end_user.tags.1"),
        ("tags", json!({"k": "x".repeat(256)}), "too_big tags.k"),
        ("tags", json!([]), "invalid_type tags"),
    ] {
        assert_eq!(
            issues(&server, &with(name, value.clone())).await,
            [expected],
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn credentials_must_be_of_the_providers_kind() {
    let server = Server::start(&[]);
    for (integration, credentials) in [
        ("github", json!({"type": "NONE"})),
        ("none", json!({"type": "API_KEY", "apiKey": "k"})),
        ("okta", json!({"type": "OAUTH2", "access_token": "t"})),
        ("netsuite", json!({"type": "TBA", "token_id": "t", "token_secret": "s"})),
    ] {
        let answer =
            server.call("POST", "/connections", Some(&import(integration, credentials))).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_body"),
            "{integration}"
        );
        assert!(
            !answer.message().is_empty() && answer.json()["error"].get("errors").is_none(),
            "{integration}"
        );
    }
}

#[tokio::test]
async fn the_older_import_stores_what_the_newer_one_would() {
    let server = Server::start(&[]);
    for (integration, flat, stored) in [
        (
            "github",
            json!({"access_token": "t", "no_expiration": true, "raw": {"a": 1}}),
            json!({"type": "OAUTH2", "access_token": "t", "raw": {"a": 1}}),
        ),
        (
            "github",
            json!({"access_token": "t", "no_expiration": true, "raw": {},
                "oauth_client_id_override": "own"}),
            json!({"type": "OAUTH2", "access_token": "t", "config_override": {"client_id": "own"},
                "raw": {}}),
        ),
        (
            "okta",
            json!({"access_token": "t", "raw": {}, "oauth_client_id_override": "i",
                "oauth_client_secret_override": "s"}),
            json!({"type": "OAUTH2_CC", "token": "t", "client_id": "i", "client_secret": "s",
                "raw": {}}),
        ),
        (
            "trello",
            json!({"oauth_token": "t", "oauth_token_secret": "s", "raw": {}}),
            json!({"type": "OAUTH1", "oauth_token": "t", "oauth_token_secret": "s", "raw": {}}),
        ),
        (
            "basic-auth",
            json!({"username": "u"}),
            json!({"type": "BASIC", "username": "u", "password": ""}),
        ),
        ("stripe-key", json!({"api_key": "k"}), json!({"type": "API_KEY", "apiKey": "k"})),
        (
            "netsuite",
            json!({"token_id": "t", "token_secret": "s", "connection_config": {"accountId": "1"}}),
            json!({"type": "TBA", "token_id": "t", "token_secret": "s"}),
        ),
        ("none", json!({}), json!({})),
    ] {
        let mut body = flat.clone();
        body["provider_config_key"] = integration.into();
        let answer = server.call("POST", "/connection", Some(&body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{body}: {answer:?}");
        // The answer repeats what was sent, with a generated id.
        let id = answer.json()["connection_id"].as_str().unwrap().to_owned();
        body["connection_id"] = id.as_str().into();
        assert_eq!(answer.json(), body);
        let shown = server
            .get(&format!("/connections/{id}?provider_config_key={integration}"))
            .await
            .json();
        assert_eq!(shown["credentials"], stored, "{integration}");
        let metadata = if integration == "none" { json!({}) } else { Value::Null };
        assert_eq!(shown["metadata"], metadata, "{integration}");
    }
    for (integration, flat, status, code) in [
        ("trello", json!({"oauth_token": "t"}), 500, "unhandled_missing_oauth_token_secret"),
        ("github-app", json!({"app_id": "1"}), 400, "missing_installation_id"),
        ("netsuite", json!({"token_id": "t", "token_secret": "s"}), 400, "missing_account_id"),
        ("aws", json!({}), 500, "unhandled_unknown_oauth_type"),
    ] {
        let mut body = flat;
        body["provider_config_key"] = integration.into();
        let answer = server.call("POST", "/connection", Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{body}");
    }
}
