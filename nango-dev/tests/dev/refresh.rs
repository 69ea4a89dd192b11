//! When tokens are refreshed, and what happens if a refresh fails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const ALICE: &str = "/connections/alice?provider_config_key=github";
const FLAKY: &str = "/connections/flaky?provider_config_key=github";

async fn treat(server: &Server, integration: &str, connection: &str, behaviour: Value) {
    let mut body = json!({"integration": integration, "connection_id": connection});
    body.as_object_mut().unwrap().extend(behaviour.as_object().unwrap().clone());
    server.dev("/_dev/provider", &body).await;
}

fn access_token(answer: &Answer) -> String {
    let json = answer.json();
    json["credentials"]["access_token"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

#[tokio::test]
async fn fifty_reads_at_once_refresh_once() {
    let server = Arc::new(Server::start(&[]));
    treat(&server, "github", "alice", json!({"delay_ms": 1500})).await;
    let reads: Vec<_> = (0..50)
        .map(|n| {
            let server = server.clone();
            // Some force a refresh, which makes no difference while one is in flight.
            let target =
                if n % 10 == 9 { format!("{ALICE}&force_refresh=true") } else { ALICE.to_owned() };
            tokio::spawn(async move { server.get(&target).await })
        })
        .collect();
    let mut tokens = BTreeSet::new();
    for read in reads {
        let answer = tokio::time::timeout(Duration::from_secs(20), read).await.unwrap().unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        tokens.insert(access_token(&answer));
    }
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(server.token_calls("github/alice").await, 1);
}

const BOB: &str = "/connections/bob?provider_config_key=github";

async fn slow_reads(server: &Server, milliseconds: u64) {
    let body = json!({"integration": "github", "connection_id": "bob", "read_ms": milliseconds});
    server.dev("/_dev/collapse", &body).await;
}

async fn collapsed(server: &Server) -> Value {
    server.get("/_dev/state").await.json()["collapsed"]["github/bob"].clone()
}

#[tokio::test]
async fn a_forced_refresh_joins_a_plain_read_in_flight_and_gets_the_old_token() {
    let server = Arc::new(Server::start(&[]));
    let forced = format!("{BOB}&force_refresh=true");
    // When it is off, nothing is joined: a plain read completes at once.
    assert_eq!(collapsed(&server).await, Value::Null);
    slow_reads(&server, 400).await;
    let read = tokio::spawn({
        let server = server.clone();
        async move { server.get(BOB).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let joined = server.get(&forced).await;
    assert_eq!((joined.status, access_token(&joined).as_str()), (StatusCode::OK, "at-bob"));
    assert_eq!(access_token(&read.await.unwrap()), "at-bob");
    assert_eq!((server.token_calls("github/bob").await, collapsed(&server).await), (0, json!(1)));

    // With nothing in flight a forced refresh does refresh, and a plain read joins it in turn.
    treat(&server, "github", "bob", json!({"delay_ms": 300})).await;
    let refreshing = tokio::spawn({
        let (server, forced) = (server.clone(), forced.clone());
        async move { server.get(&forced).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let read = access_token(&server.get(BOB).await);
    assert_ne!(read, "at-bob");
    assert_eq!(access_token(&refreshing.await.unwrap()), read);
    assert_eq!((server.token_calls("github/bob").await, collapsed(&server).await), (1, json!(1)));

    // Off again.
    slow_reads(&server, 0).await;
    assert_ne!(access_token(&server.get(&forced).await), read);
    assert_eq!(collapsed(&server).await, Value::Null);
    let unknown = json!({"integration": "github", "connection_id": "x", "read_ms": 1});
    let refused = server.call("POST", "/_dev/collapse", Some(&unknown)).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

/// The connections of two providers are refreshed with the integration's own credentials, three
/// more by exchanging the access token.
#[tokio::test]
async fn some_providers_need_no_refresh_token_to_be_forced() {
    let providers = ["microsoft-admin", "shopline-oauth", "facebook", "instagram", "threads"];
    let each = |make: fn(&str) -> Value| providers.iter().map(|name| make(name)).collect::<Value>();
    let seed = json!({
        "integrations": each(|name| json!({"unique_key": name, "provider": name,
            "auth_mode": "OAUTH2",
            "credentials": {"type": "OAUTH2", "client_id": "c", "client_secret": "s"}})),
        "connections": each(|name| json!({"integration": name, "connection_id": "one",
            "expires_in": 86400, "credentials": {"type": "OAUTH2", "access_token": "old"}})),
    });
    let server = Server::with_seed(&seed, &[]);
    for name in providers {
        let target = format!("/connections/one?provider_config_key={name}");
        assert_eq!(access_token(&server.get(&target).await), "old");
        let forced = server.get(&format!("{target}&force_refresh=true")).await;
        assert_ne!(access_token(&forced), "old", "{name}");
    }
}

#[tokio::test]
async fn a_refresh_ends_the_tokens_before_it() {
    let server = Server::start(&[]);
    let with_refresh_token = format!("{ALICE}&refresh_token=true");
    let first = server.get(&with_refresh_token).await;
    let forced = server.get(&format!("{with_refresh_token}&force_refresh=true")).await;
    let (old, new) = (access_token(&first), access_token(&forced));
    assert_ne!(old, new);
    assert_eq!(server.provider_says(&old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(server.provider_says(&new).await, StatusCode::OK);

    let refresh_token = |answer: &Answer| {
        answer.json()["credentials"]["refresh_token"].as_str().unwrap().to_owned()
    };
    assert_ne!(refresh_token(&first), refresh_token(&forced));
    let form = format!("grant_type=refresh_token&refresh_token={}", refresh_token(&first));
    let refused = server
        .send(
            "POST",
            "/provider/token",
            &[("content-type", "application/x-www-form-urlencoded")],
            Some(&form),
        )
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["error"], "invalid_grant");

    // It is fresh now, so it is returned unchanged.
    assert_eq!(access_token(&server.get(ALICE).await), new);
    // Move the clock to within a quarter of an hour of its expiry.
    server.advance(3600 - 900 + 5).await;
    assert_ne!(access_token(&server.get(ALICE).await), new);
    server.advance(3600).await;
    assert_eq!(server.provider_says(&new).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_margin_is_what_the_command_line_says() {
    let server = Server::start(&["--token-ttl", "1000", "--refresh-margin", "100"]);
    let token = access_token(&server.get(ALICE).await);
    server.advance(850).await;
    assert_eq!(access_token(&server.get(ALICE).await), token);
    server.advance(60).await;
    assert_ne!(access_token(&server.get(ALICE).await), token);
}

#[tokio::test]
async fn a_failure_holds_for_thirty_seconds() {
    let server = Server::start(&[]);
    let failed = server.get(FLAKY).await;
    assert_eq!(
        (failed.status, failed.code().as_str()),
        (StatusCode::BAD_REQUEST, "invalid_credentials")
    );
    let shown = &failed.json()["error"]["payload"]["connection"];
    assert_eq!(shown["credentials"], json!({}));
    assert_eq!(shown["errors"][0]["type"], "auth");

    for _ in 0..3 {
        let refused = server.get(FLAKY).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::FAILED_DEPENDENCY, "invalid_credentials")
        );
        assert!(refused.message().contains("Backing off"), "{}", refused.message());
    }
    assert_eq!(server.token_calls("github/flaky").await, 1);
    server.advance(15).await;
    assert_eq!(server.get(FLAKY).await.status, StatusCode::FAILED_DEPENDENCY);
    server.advance(16).await;
    assert_eq!(server.get(FLAKY).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(server.token_calls("github/flaky").await, 2);

    // A forced refresh is allowed, and its success clears the failures.
    assert_eq!(
        server.get(&format!("{FLAKY}&force_refresh=true")).await.status,
        StatusCode::BAD_REQUEST
    );
    treat(&server, "github", "flaky", json!({"on_refresh": "ok"})).await;
    assert_eq!(server.get(FLAKY).await.status, StatusCode::FAILED_DEPENDENCY);
    let recovered = server.get(&format!("{FLAKY}&force_refresh=true")).await;
    assert_eq!(recovered.status, StatusCode::OK);
    assert_eq!(recovered.json()["errors"], json!([]));
    assert_eq!(server.get(FLAKY).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_failed_force_holds_even_while_the_token_is_good() {
    let server = Server::start(&[]);
    treat(&server, "github", "bob", json!({"on_refresh": "error"})).await;
    let bob = "/connections/bob?provider_config_key=github";
    assert_eq!(server.get(bob).await.status, StatusCode::OK);
    assert_eq!(
        server.get(&format!("{bob}&force_refresh=true")).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(server.get(bob).await.status, StatusCode::FAILED_DEPENDENCY);
    server.advance(31).await;
    let again = server.get(bob).await;
    assert_eq!((again.status, access_token(&again).as_str()), (StatusCode::OK, "at-bob"));
}

#[tokio::test]
async fn failures_on_four_days_and_the_connection_is_given_up() {
    let server = Server::start(&[]);
    server.dev("/_dev/clock", &json!({"now": "2099-03-01T10:00:00Z"})).await;
    for day in 1..=4 {
        // Several failures in one day count once.
        for _ in 0..3 {
            let failed = server.get(FLAKY).await;
            if day < 4 {
                assert_eq!(failed.status, StatusCode::BAD_REQUEST, "day {day}: {failed:?}");
            }
            server.advance(60).await;
        }
        server.advance(86_400).await;
    }
    let calls = server.token_calls("github/flaky").await;
    let given_up = server.get(FLAKY).await;
    assert_eq!(
        (given_up.status, given_up.code().as_str()),
        (StatusCode::FAILED_DEPENDENCY, "invalid_credentials")
    );
    assert!(given_up.message().contains("refresh limit"), "{}", given_up.message());
    assert_eq!(server.token_calls("github/flaky").await, calls, "the provider is left alone");
    assert_eq!(calls, 3 * 3 + 1);

    // The list, and a key that may not see credentials, show the error and refresh nothing.
    let listed = server.get("/connections?connectionId=flaky").await.json();
    assert_eq!(listed["connections"][0]["errors"][0]["type"], "auth");
    let seen = server.get_as("read", FLAKY).await;
    assert_eq!((seen.status, &seen.json()["credentials"]), (StatusCode::OK, &json!({})));
    assert_eq!(seen.json()["errors"][0]["type"], "auth");
    assert_eq!(server.token_calls("github/flaky").await, calls);

    let import = json!({"provider_config_key": "github", "connection_id": "flaky",
        "credentials": {"type": "OAUTH2", "access_token": "new", "refresh_token": "rt-new",
            "expires_at": "2199-01-01T00:00:00Z"}});
    assert_eq!(
        server.call("POST", "/connections", Some(&import)).await.status,
        StatusCode::CREATED
    );
    let recovered = server.get(FLAKY).await;
    assert_eq!((recovered.status, access_token(&recovered).as_str()), (StatusCode::OK, "new"));
    assert_eq!(recovered.json()["errors"], json!([]));
}

#[tokio::test]
async fn a_connection_that_was_given_up_comes_back_by_force() {
    let server = Server::start(&[]);
    let broken = "/connections/broken?provider_config_key=github";
    assert!(server.get(broken).await.message().contains("refresh limit"));
    // The provider is called even so, and refuses.
    assert_eq!(
        server.get(&format!("{broken}&force_refresh=true")).await.status,
        StatusCode::BAD_REQUEST
    );
    treat(&server, "github", "broken", json!({"on_refresh": "ok"})).await;
    assert_eq!(server.get(&format!("{broken}&force_refresh=true")).await.status, StatusCode::OK);
    assert_eq!(server.get(broken).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_without_a_refresh_token_is_handed_out_stale() {
    let server = Server::start(&[]);
    for target in [
        "/connections/stale?provider_config_key=github",
        "/connection/stale?provider_config_key=github&force_refresh=true",
    ] {
        let answer = server.get(target).await;
        assert_eq!((answer.status, access_token(&answer).as_str()), (StatusCode::OK, "at-stale"));
    }
    assert_eq!(server.token_calls("github/stale").await, 0);
}

#[tokio::test]
async fn a_connection_deleted_during_its_refresh_is_not_found() {
    let server = Arc::new(Server::start(&[]));
    treat(&server, "github", "alice", json!({"delay_ms": 1500})).await;
    let reading = tokio::spawn({
        let server = server.clone();
        async move { server.get(ALICE).await }
    });
    while server.token_calls("github/alice").await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.call("DELETE", ALICE, None).await.status, StatusCode::OK);
    let answer = reading.await.unwrap();
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::NOT_FOUND, "invalid_credentials")
    );
}

#[tokio::test]
async fn connections_with_the_same_proof_are_told_apart() {
    let server = Server::start(&[]);
    for connection in ["one", "two", "three"] {
        let credentials = json!({"type": "OAUTH2_CC", "token": "old", "client_id": "same",
            "client_secret": "same", "expires_at": "2020-01-01T00:00:00Z"});
        let import = json!({"provider_config_key": "okta", "connection_id": connection,
            "credentials": credentials});
        assert_eq!(
            server.call("POST", "/connections", Some(&import)).await.status,
            StatusCode::CREATED
        );
    }
    treat(&server, "okta", "two", json!({"on_refresh": "invalid_client"})).await;
    for (connection, status) in [("one", 200), ("two", 400), ("three", 200)] {
        let answer =
            server.get(&format!("/connections/{connection}?provider_config_key=okta")).await;
        assert_eq!(answer.status.as_u16(), status, "{connection}");
        assert_eq!(server.token_calls(&format!("okta/{connection}")).await, 1, "{connection}");
    }
}

/// Each type with the member that holds its token (`None`: it never changes), and the status of a
/// refresh that fails.
const SEEDED: &[(&str, &str, &str, Option<&str>, u16)] = &[
    ("github", "alice", "OAUTH2", Some("access_token"), 400),
    ("okta", "client", "OAUTH2_CC", Some("token"), 400),
    ("github-app", "installation", "APP", Some("access_token"), 500),
    ("ghost", "jwt", "JWT", Some("token"), 500),
    ("bill", "bill", "BILL", Some("session_id"), 500),
    ("two-step", "two", "TWO_STEP", Some("token"), 400),
    ("emarsys", "wsse", "SIGNATURE", Some("token"), 400),
    ("aws", "sigv4", "AWS_SIGV4", Some("session_token"), 502),
    ("stripe-key", "carol", "API_KEY", None, 0),
    ("basic-auth", "dave", "BASIC", None, 0),
    ("trello", "oauth1", "OAUTH1", None, 0),
    ("netsuite", "tba", "TBA", None, 0),
    ("custom", "custom", "CUSTOM", None, 0),
    ("none", "nobody", "", None, 0),
    ("app-store", "app-store-2023", "APP_STORE", None, 0),
    ("tableau", "tableau-2023", "TABLEAU", None, 0),
];

#[tokio::test]
async fn every_type_is_seeded_and_refreshed_as_it_should_be() {
    let server = Server::start(&[]);
    let now = server.get("/_dev/clock").await.json()["now"].as_str().unwrap().to_owned();
    for &(integration, connection, kind, token, failure) in SEEDED {
        let target = format!("/connections/{connection}?provider_config_key={integration}");
        let forced = format!("{target}&force_refresh=true");
        let first = server.get(&target).await;
        assert_eq!(first.status, StatusCode::OK, "{kind}: {first:?}");
        let first = first.json()["credentials"].clone();
        assert_eq!(first.get("type").and_then(Value::as_str).unwrap_or_default(), kind);
        let second = server.get(&forced).await.json()["credentials"].clone();
        let Some(token) = token else {
            assert_eq!(first, second, "{kind} changes");
            continue;
        };
        assert!(
            first["expires_at"].as_str().unwrap() > now.as_str(),
            "{kind} was not refreshed: {first}"
        );
        assert!(
            second[token].as_str().unwrap() != first[token].as_str().unwrap(),
            "{kind}: {second}"
        );
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&first), names(&second), "{kind}");

        treat(&server, integration, connection, json!({"on_refresh": "invalid_grant"})).await;
        let failed = server.get(&forced).await;
        assert_eq!(
            (failed.status.as_u16(), failed.code().as_str()),
            (failure, "invalid_credentials"),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn the_provider_takes_the_token_of_every_type_that_is_one() {
    let server = Server::start(&[]);
    for &(integration, connection, kind, token, _) in SEEDED {
        let Some(token) = token else { continue };
        let credentials = server
            .get(&format!("/connections/{connection}?provider_config_key={integration}"))
            .await
            .json();
        let token = credentials["credentials"][token].as_str().unwrap().to_owned();
        assert_eq!(server.provider_says(&token).await, StatusCode::OK, "{kind}");
    }
    let basic = server
        .send("GET", "/provider/me", &[("authorization", "Basic ZGF2ZTpodW50ZXIy")], None)
        .await;
    assert_eq!(basic.json()["login"], "dave");
}

#[tokio::test]
async fn short_lived_types_are_new_at_every_read() {
    let server = Server::start(&[]);
    let target = "/connections/jwt?provider_config_key=ghost";
    let token = |answer: Answer| answer.json()["credentials"]["token"].clone();
    assert_ne!(token(server.get(target).await), token(server.get(target).await));
}

#[tokio::test]
async fn a_key_without_credentials_neither_sees_nor_refreshes() {
    let server = Server::start(&[]);
    let answer = server.get_as("read", ALICE).await;
    assert_eq!((answer.status, &answer.json()["credentials"]), (StatusCode::OK, &json!({})));
    assert_eq!(answer.json()["last_fetched_at"], Value::Null);
    for option in ["refresh_token=true", "force_refresh=1", "refresh_github_app_jwt_token=yes"] {
        let refused = server.get_as("read", &format!("{ALICE}&{option}")).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::FORBIDDEN, "forbidden"),
            "{option}"
        );
    }
    assert_eq!(
        server.get_as("read", &format!("{ALICE}&force_refresh=false")).await.status,
        StatusCode::OK
    );
    assert_eq!(server.token_calls("github/alice").await, 0);
}

#[tokio::test]
async fn refresh_tokens_are_shown_only_on_request_wherever_they_are() {
    let server = Server::start(&[]);
    let import = json!({"provider_config_key": "github", "connection_id": "deep",
        "access_token": "at", "refresh_token": "rt", "no_expiration": true,
        "raw": {"refreshToken": "1", "list": [{"REFRESH-TOKEN": "2", "kept": 1}],
            "refresh_token_expires_in": 5},
        "connection_config": {"userCredentials": {"refresh_token": "3", "access_token": "4"}}});
    assert_eq!(server.call("POST", "/connection", Some(&import)).await.status, StatusCode::CREATED);
    let target = "/connections/deep?provider_config_key=github";
    let shown = server.get(target).await.json();
    assert_eq!(
        shown["credentials"],
        json!({"type": "OAUTH2", "access_token": "at", "raw": {"list": [{"kept": 1}],
            "refresh_token_expires_in": 5}})
    );
    assert_eq!(shown["connection_config"], json!({"userCredentials": {"access_token": "4"}}));
    let shown = server.get(&format!("{target}&refresh_token=on")).await.json();
    assert_eq!(shown["credentials"]["refresh_token"], "rt");
    assert_eq!(shown["credentials"]["raw"], import["raw"]);
    assert_eq!(shown["connection_config"], import["connection_config"]);
}

#[tokio::test]
async fn a_second_import_keeps_the_connection_and_its_owner_and_forgets_the_rest() {
    let server = Server::start(&[]);
    let import = |more: Value| {
        let mut body = json!({"provider_config_key": "github", "connection_id": "twice",
            "credentials": {"type": "OAUTH2", "access_token": "t"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let first = server
        .call(
            "POST",
            "/connections",
            Some(&import(
                json!({"end_user": {"id": "u"}, "metadata": {"a": 1}, "tags": {"k": "v"}}),
            )),
        )
        .await
        .json();
    let second = server.call("POST", "/connections", Some(&import(json!({})))).await.json();
    for name in ["id", "created_at", "updated_at", "last_fetched_at"] {
        assert_eq!(first[name], second[name], "{name}");
    }
    assert_eq!(
        (&second["metadata"], &second["tags"], &second["end_user"]),
        (&json!({}), &json!({}), &Value::Null)
    );
    let shown = server.get("/connections/twice?provider_config_key=github").await.json();
    assert_eq!(shown["end_user"]["id"], "u");
}
