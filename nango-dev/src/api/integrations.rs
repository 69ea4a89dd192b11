//! Integrations, and the catalogue of their providers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::App;
use crate::auth;
use crate::check::{self, Fields, Issue, Params, refuse};
use crate::query::Param;
use crate::reply::Reply;
use crate::store::{Integration, Object, Provider, Store};

/// The id of the only environment, in the URLs that providers call.
const ENVIRONMENT: &str = "6f2f0c1e-3d4b-4a5c-8e7f-1a2b3c4d5e6f";

pub fn list(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::LIST_INTEGRATIONS)?;
    check::no_query(&call.query)?;
    let store = app.store();
    let session = call.session.as_ref().and_then(|token| store.sessions.get(token));
    let allowed = |integration: &&Integration| {
        session.is_none_or(|session| session.allows(&integration.unique_key))
    };
    let mut integrations: Vec<&Integration> = store.integrations.iter().filter(allowed).collect();
    integrations.sort_by(|a, b| a.unique_key.cmp(&b.unique_key));
    let data: Vec<Value> =
        integrations.into_iter().map(|integration| view(app, integration)).collect();
    Ok(Reply::ok(&json!({"data": data})))
}

fn view(app: &App, integration: &Integration) -> Value {
    integration.view(&app.url, Object::new())
}

fn check_key(key: &str) -> Result<(), Reply> {
    refuse("invalid_uri_params", check::integration_key(key, &["uniqueKey"]).into_iter().collect())
}

fn unknown(key: &str) -> Reply {
    Reply::error(StatusCode::NOT_FOUND, "not_found", format!("There is no integration {key:?}"))
}

pub fn get(app: &App, call: &Call, key: &str) -> Answer {
    call.scopes.require(auth::READ_INTEGRATION)?;
    let mut params = Params::new(&call.query);
    let include: Vec<&str> = match params.raw("include") {
        None => Vec::new(),
        Some(Param::One(one)) => vec![one],
        Some(Param::Many(many)) => many.iter().map(String::as_str).collect(),
        Some(Param::Object(_) | Param::Nested(_)) => vec![""],
    };
    if include.iter().any(|part| !matches!(*part, "webhook" | "credentials")) {
        params.issues.push(Issue::new(
            "invalid_union",
            "allows webhook and credentials",
            &["include"],
        ));
    }
    params.done()?;
    check_key(key)?;
    let store = app.store();
    let integration = store.integration(key).ok_or_else(|| unknown(key))?;
    let mut more = Object::new();
    if include.contains(&"webhook") {
        let webhooks =
            store.provider(&integration.provider).is_some_and(|provider| provider.webhooks);
        let url = webhooks.then(|| format!("{}/webhook/{ENVIRONMENT}/{key}", app.url));
        more.insert("webhook_url".to_owned(), url.into());
    }
    // For a key that may not see them they are omitted; the request is not refused.
    if include.contains(&"credentials")
        && call.scopes.allow("environment:integrations:read_credentials")
    {
        more.insert("credentials".to_owned(), integration.shown_credentials());
    }
    Ok(Reply::ok(&json!({"data": integration.view(&app.url, more)})))
}

/// The oldest form of the same route; it ignores all query parameters.
pub fn config(app: &App, call: &Call, key: &str) -> Answer {
    call.scopes.require(auth::READ_INTEGRATION)?;
    let store = app.store();
    let Some(integration) = store.integration(key) else {
        let message = format!("There is no integration {key:?}");
        return Err(Reply::old_error(
            StatusCode::BAD_REQUEST,
            "unknown_provider_config",
            message,
            json!({}),
        ));
    };
    let config = json!({"unique_key": integration.unique_key, "provider": integration.provider,
        "syncs": [], "actions": []});
    Ok(Reply::ok(&json!({"config": config})))
}

/// The members that create and change have in common.
struct Wanted {
    display_name: Option<String>,
    forward_webhooks: Option<bool>,
    credentials: Option<Object>,
}

impl Wanted {
    fn read(fields: &mut Fields<'_>) -> Self {
        let display_name = fields.text("display_name", 1..=255).map(str::to_owned);
        let credentials = fields.object("credentials", "object").map(|given| {
            let (credentials, issues) = credentials(given);
            fields.add(issues);
            credentials
        });
        let forward_webhooks = fields.flag("forward_webhooks");
        for name in ["integration_config", "custom"] {
            let texts =
                fields.object(name, "record").is_none_or(|map| map.values().all(Value::is_string));
            if !texts {
                fields.issue(name, "invalid_type", "expected texts");
            }
        }
        Wanted { display_name, forward_webhooks, credentials }
    }
}

fn credentials(given: &Object) -> (Object, Vec<Issue>) {
    let mut fields = Fields::new(given, &["credentials"]);
    fields.raw("type");
    let client = ["client_id", "client_secret"];
    let app = ["app_id", "app_link", "private_key"];
    let (required, optional): (Vec<&'static str>, &[&'static str]) =
        match given.get("type").and_then(Value::as_str) {
            Some("OAUTH1" | "OAUTH2" | "TBA") => (client.to_vec(), &["scopes", "webhook_secret"]),
            Some("APP") => (app.to_vec(), &[]),
            Some("CUSTOM") => ([&client[..], &app].concat(), &["scopes", "webhook_secret"]),
            _ => {
                return (
                    Object::new(),
                    vec![Issue::new(
                        "invalid_union",
                        "this is not an integration's type",
                        &["credentials", "type"],
                    )],
                );
            }
        };
    for name in required {
        fields.required_text(name, 1..=8192);
    }
    for &name in optional {
        fields.text(name, 0..=8192);
    }
    (given.clone(), fields.done())
}

fn refused(code: &'static str, message: &str, path: &[&str]) -> Reply {
    let refusal = refuse("invalid_body", vec![Issue::new(code, message, path)]);
    refusal.err().unwrap_or_else(Reply::unexpected)
}

/// The credentials must match the kind of provider, and some kinds require them.
fn check_credentials(
    provider: &Provider,
    credentials: Option<&Object>,
    required: bool,
) -> Result<(), Reply> {
    let unfit = |message: &str| Err(Reply::error(StatusCode::BAD_REQUEST, "invalid_body", message));
    let needed = matches!(provider.auth_mode.as_str(), "OAUTH1" | "OAUTH2" | "APP" | "CUSTOM");
    match credentials.map(|credentials| credentials.get("type").and_then(Value::as_str)) {
        None if needed && required => unfit("This provider's integrations need credentials"),
        Some(kind) if kind != Some(&provider.auth_mode) => {
            unfit("These credentials do not match the provider's kind")
        }
        _ => Ok(()),
    }
}

pub fn create(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::CREATE_INTEGRATION)?;
    check::no_query(&call.query)?;
    let mut fields = Fields::new(call.object()?, &[]);
    let provider = fields.required_text("provider", 1..=255);
    let key = fields.required_text("unique_key", 0..=usize::MAX);
    if fields.raw("unique_key").is_some_and(Value::is_string) {
        fields.add(check::integration_key(key, &["unique_key"]).into_iter().collect());
    }
    let wanted = Wanted::read(&mut fields);
    refuse("invalid_body", fields.done())?;

    let now = app.clock.now();
    let mut store = app.store();
    let found = store
        .provider(provider)
        .ok_or_else(|| refused("invalid_string", "no such provider", &["provider"]))?;
    if store.integration(key).is_some() {
        return Err(refused("invalid_string", "this key is taken", &["uniqueKey"]));
    }
    check_credentials(found, wanted.credentials.as_ref(), true)?;
    let integration = Integration {
        unique_key: key.to_owned(),
        provider: found.name.clone(),
        display_name: wanted.display_name.unwrap_or_else(|| found.display_name.clone()),
        forward_webhooks: wanted.forward_webhooks.unwrap_or(true),
        credentials: wanted.credentials,
        created_at: now,
        updated_at: now,
    };
    let data = view(app, &integration);
    store.integrations.push(integration);
    Ok(Reply::ok(&json!({"data": data})))
}

/// Nango has apps of its own for some providers. There is none here, as on other people's servers.
pub fn quickstart(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::CREATE_INTEGRATION)?;
    check::no_query(&call.query)?;
    let mut fields = Fields::new(call.object()?, &[]);
    let provider = fields.required_text("provider", 1..=255);
    let key = fields.required_text("unique_key", 0..=usize::MAX);
    if fields.raw("unique_key").is_some_and(Value::is_string) {
        fields.add(check::integration_key(key, &["unique_key"]).into_iter().collect());
    }
    fields.text("display_name", 1..=255);
    fields.flag("forward_webhooks");
    refuse("invalid_body", fields.done())?;
    if app.store().provider(provider).is_none() {
        return Err(refused("invalid_string", "no such provider", &["provider"]));
    }
    let message = "No app of Nango's own is configured for this provider";
    Err(Reply::error(StatusCode::BAD_REQUEST, "invalid_body", message))
}

pub fn patch(app: &App, call: &Call, key: &str) -> Answer {
    call.scopes.require(auth::UPDATE_INTEGRATION)?;
    check::no_query(&call.query)?;
    check_key(key)?;
    let mut fields = Fields::new(call.object()?, &[]);
    let new_key = fields.text("unique_key", 0..=usize::MAX).map(str::to_owned);
    if let Some(key) = &new_key {
        fields.add(check::integration_key(key, &["unique_key"]).into_iter().collect());
    }
    let wanted = Wanted::read(&mut fields);
    refuse("invalid_body", fields.done())?;

    let now = app.clock.now();
    let mut store = app.store();
    let provider = store.provider_of(key).ok_or_else(|| unknown(key))?;
    check_credentials(provider, wanted.credentials.as_ref(), false)?;
    let new_key = new_key.filter(|new_key| new_key != key);
    if let Some(new_key) = &new_key {
        if store.integration(new_key).is_some() {
            let message = "This key is taken";
            return Err(Reply::error(StatusCode::BAD_REQUEST, "invalid_body", message));
        }
        if connections_of(&store, key).next().is_some() {
            return Err(Reply::error(
                StatusCode::BAD_REQUEST,
                "invalid_body",
                "The key of an integration with connections cannot change",
            ));
        }
    }
    let integration = store
        .integrations
        .iter_mut()
        .find(|integration| integration.unique_key == key)
        .ok_or_else(|| unknown(key))?;
    integration.updated_at = now;
    if let Some(new_key) = new_key {
        integration.unique_key = new_key;
    }
    if let Some(name) = wanted.display_name {
        integration.display_name = name;
    }
    if let Some(forward) = wanted.forward_webhooks {
        integration.forward_webhooks = forward;
    }
    if wanted.credentials.is_some() {
        integration.credentials = wanted.credentials;
    }
    Ok(Reply::ok(&json!({"data": view(app, integration)})))
}

fn connections_of<'a>(
    store: &'a Store,
    key: &'a str,
) -> impl Iterator<Item = &'a crate::store::Key> {
    store.connections.keys().filter(move |connection| connection.integration == key)
}

/// Deletes an integration and its connections.
pub fn delete(app: &App, call: &Call, key: &str) -> Answer {
    call.scopes.require(auth::DELETE_INTEGRATION)?;
    check::no_query(&call.query)?;
    check_key(key)?;
    let mut store = app.store();
    store.integration(key).ok_or_else(|| unknown(key))?;
    store.integrations.retain(|integration| integration.unique_key != key);
    let gone: Vec<_> = connections_of(&store, key).cloned().collect();
    for key in &gone {
        store.connections.remove(key);
    }
    drop(store);
    gone.iter().for_each(|key| app.provider.remove_connection(key));
    Ok(Reply::ok(&json!({"success": true})))
}

pub fn providers(app: &App, call: &Call) -> Answer {
    call.scopes.need_environment()?;
    let mut params = Params::new(&call.query);
    let search = params.text("search").map(str::to_ascii_lowercase);
    if let Some(search) = &search {
        params.issues.extend(check::integration_key(search, &["search"]));
    }
    params.done()?;
    let store = app.store();
    let wanted =
        |provider: &&Provider| search.as_ref().is_none_or(|search| provider.name.contains(search));
    let data: Vec<Value> = store
        .providers
        .iter()
        .filter(wanted)
        .map(|provider| provider.view(Some(&app.url)))
        .collect();
    Ok(Reply::ok(&json!({"data": data})))
}

pub fn provider(app: &App, call: &Call, name: &str) -> Answer {
    call.scopes.need_environment()?;
    check::no_query(&call.query)?;
    refuse("invalid_uri_params", check::provider_name(name, &["provider"]).into_iter().collect())?;
    let store = app.store();
    let provider = store.provider(name);
    let provider = provider.ok_or_else(|| {
        Reply::error(StatusCode::NOT_FOUND, "not_found", format!("There is no provider {name}"))
    })?;
    Ok(Reply::ok(&json!({"data": provider.view(Some(&app.url))})))
}

/// There are no templates here, and none for a provider that does not exist either.
pub fn templates(call: &Call) -> Answer {
    call.scopes.need_environment()?;
    check::no_query(&call.query)?;
    Ok(Reply::ok(&json!({"data": []})))
}

/// The catalogue by name, without a key.
pub fn catalogue(app: &App) -> Reply {
    let store = app.store();
    let all: Object = store
        .providers
        .iter()
        .map(|provider| (provider.name.clone(), provider.view(None)))
        .collect();
    Reply::ok(&all.into())
}
