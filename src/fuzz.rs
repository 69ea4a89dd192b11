//! Entry points for fuzzers: one function for each place that processes untrusted bytes. Each
//! checks what must hold for any input. Built only with `--cfg nango_fuzz`; the programs are in
//! `fuzz/`.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::engine::Answer;
use crate::error::redact::Safe;
use crate::options::Options;
use crate::request::{self, Parameters};
use crate::scan::{self, Broken, Scan};
use crate::{catalogue, credentials, envelope, json, response};

const KEY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// The answer decoder, the error mapping and the credentials. The first line is a status, the
/// second a content type, the third a `Retry-After`; the rest is the body.
pub fn answer(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let status = std::str::from_utf8(next())
        .ok()
        .and_then(|text| text.parse().ok())
        .and_then(|code| StatusCode::from_u16(code).ok());
    let mut headers = HeaderMap::new();
    for name in [CONTENT_TYPE, RETRY_AFTER] {
        if let Ok(value) = HeaderValue::from_bytes(next()) {
            headers.insert(name, value);
        }
    }
    let body = next().to_vec().into();
    let status = status.unwrap_or(StatusCode::OK);
    let answer = Answer { status, headers, body, cut: false };
    match response::text(answer, &catalogue::GET_CONNECTION, safe) {
        Ok(mut text) => {
            assert!(status.is_success());
            if response::members(&mut text, []).is_err() {
                return;
            }
            assert!(json::check(&text).is_ok());
            let [credentials] = json::members(&text, ["credentials"]).expect("an object");
            if let Ok(all) = credentials::all(credentials) {
                assert!(all.starts_with('{') && text.contains(all));
            }
            if let Ok(token) = credentials::token(credentials) {
                assert!(!token.is_empty() && !token.contains(char::is_control));
                assert!(
                    credentials::token_of(credentials.expect("credentials"))
                        .is_ok_and(|again| again == token)
                );
            }
        }
        Err(error) => {
            let shown = format!("{error} {error:?} {}", error.body_json().unwrap_or_default());
            assert!(!shown.contains(KEY), "the key is shown: {shown}");
            assert!(error.body_json().is_none_or(|body| json::check(body).is_ok()));
            assert!(error.message().chars().count() < 3000);
            assert_eq!(error.http_status(), Some(status.as_u16()));
        }
    }
}

/// The error envelope of a failed request: the input is the body.
pub fn envelope(data: &[u8]) {
    let safe = safe();
    let said = envelope::read(data, &safe);
    if let Some(said) = &said {
        let shown = format!("{} {}", said.shown, said.sentence.as_deref().unwrap_or_default());
        assert!(!shown.contains(KEY), "the key is shown: {shown}");
        let body: Value = serde_json::from_str(&said.shown).expect("JSON");
        assert!(no_secret(&body), "a secret is shown: {shown}");
    }
    // A complete text must be read exactly as any parser reads it.
    let Ok(tree) = serde_json::from_slice::<Value>(data) else { return };
    if matches!(tree, Value::Number(_) | Value::Bool(_) | Value::Null) {
        return;
    }
    let said = said.expect("it is JSON");
    let level = tree.get("error").filter(|error| error.is_object()).unwrap_or(&tree);
    let text = |name| level.get(name).and_then(Value::as_str);
    assert_eq!(said.code.as_deref().map(String::as_str), text("code"));
    if let Some(message) = text("message") {
        assert_eq!(said.message.as_deref().map(String::as_str), Some(message));
    }
}

/// The scanner: the input is text that may be JSON.
pub fn scan(data: &[u8]) {
    let found = tree(&mut Scan::new(data), 0);
    let whole = serde_json::from_slice::<Value>(data);
    if let Ok(whole) = whole
        && let Ok(found) = found
    {
        assert_eq!(found, whole);
    }
    let mut scan = Scan::new(data);
    if json_is_checked(data)
        && !matches!(data.trim_ascii()[0], b'0'..=b'9' | b'-' | b't' | b'f' | b'n')
    {
        assert_eq!(scan.skip(), Ok(()), "valid JSON is skipped");
    }
}

fn json_is_checked(data: &[u8]) -> bool {
    std::str::from_utf8(data).is_ok_and(|text| json::check(text).is_ok())
}

fn tree(scan: &mut Scan<'_>, depth: usize) -> Result<Value, Broken> {
    if depth > 100 {
        return Err(Broken);
    }
    Ok(match scan.value()? {
        scan::Value::Null => Value::Null,
        scan::Value::Plain(plain) => serde_json::from_str(plain).unwrap_or_default(),
        scan::Value::Text(written) => scan::text(written).as_str().into(),
        scan::Value::Array => {
            let mut elements = Vec::new();
            scan.elements(|scan| {
                elements.push(tree(scan, depth + 1)?);
                Ok(())
            })?;
            elements.into()
        }
        scan::Value::Object => {
            let mut members = Map::new();
            scan.members(|scan, name| {
                let name = scan::text(name).to_string();
                members.insert(name, tree(scan, depth + 1)?);
                Ok(())
            })?;
            members.into()
        }
    })
}

/// The part of a sentence that is shown.
pub fn sentence(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let shown = safe().sentence(text, 1000);
    assert!(!shown.contains(KEY), "the key is shown: {shown}");
    assert!(shown.chars().count() < 3000);
    assert_eq!(safe().sentence(&shown, 3000), shown, "redacted text does not change");
    assert!(!safe().message(text).contains(KEY));
    for run in shown.split_whitespace() {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        assert!(digits <= 36, "a long number is shown: {run}");
    }
}

fn safe() -> Safe<'static> {
    Safe::new(KEY, ["c-1", "gh"], "nango.example")
}

/// Whether the value has only member names that occur in envelopes.
fn no_secret(value: &Value) -> bool {
    const KNOWN: [&str; 17] = [
        "error",
        "code",
        "message",
        "errors",
        "payload",
        "method",
        "path",
        "status",
        "connection",
        "matches",
        "connection_id",
        "provider_config_key",
        "provider",
        "type",
        "name",
        "...",
        "",
    ];
    match value {
        Value::Object(members) => {
            members.iter().all(|(name, value)| KNOWN.contains(&name.as_str()) && no_secret(value))
        }
        Value::Array(items) => items.iter().all(no_secret),
        _ => true,
    }
}

/// The request builder: two ids, one on each line. Whatever they contain, they are one segment of
/// the path and one value of the query.
pub fn request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (key, id) = text.split_once('\n').unwrap_or((text, ""));
    let mut options = Options::default();
    options.set_base_url("https://nango.example/a/prefix").expect("a URL");
    let parameters = json!({"provider_config_key": key, "connection_id": id});
    let Value::Object(parameters) = parameters else { return };
    let Ok(request) = request::build(
        &options.base_url,
        false,
        &catalogue::GET_CONNECTION,
        &parameters,
        Arc::default(),
        &[],
    ) else {
        assert!(
            key.is_empty()
                || matches!(id, "" | "." | "..")
                || text.contains('\0')
                || text.len() > 10_000
        );
        return;
    };
    // As a server parses it.
    let url = Url::parse(&format!("https://nango.example{}", request.target)).expect("a target");
    let segments: Vec<&str> = url.path_segments().expect("a path").collect();
    let [.., "connection", segment] = segments[..] else { panic!("another route: {url}") };
    assert_eq!(segments.len(), 4);
    assert_eq!(percent_decode_str(segment).decode_utf8().expect("UTF-8"), id);
    assert_eq!((url.host_str(), url.fragment()), (Some("nango.example"), None));
    assert_eq!(
        format!("{}?{}", url.path(), url.query().unwrap_or_default()),
        request.target,
        "it needs no repair"
    );
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert_eq!(query, [("provider_config_key".to_owned(), key.to_owned())]);
}

/// The filter of a list, as JSON.
pub fn filter(data: &[u8]) {
    let Ok(parameters) = serde_json::from_slice::<Parameters>(data) else { return };
    let options = Options::default();
    if let Ok(request) = request::build(
        &options.base_url,
        false,
        &catalogue::LIST_CONNECTIONS,
        &parameters,
        Arc::default(),
        &[],
    ) {
        assert_eq!(request.target.split('?').next(), Some("/connection"));
        assert!(request.target.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(parameters.keys().all(|name| {
            name == catalogue::EXTRA
                || catalogue::LIST_CONNECTIONS.parameters.iter().any(|known| known.name == name)
        }));
    }
    any_route(&parameters, &options);
}

/// Whatever path a caller gives, it reaches the server as it is.
fn any_route(parameters: &Parameters, options: &Options) {
    let Ok(request) = request::build(
        &options.base_url,
        false,
        &catalogue::REQUEST,
        parameters,
        Arc::default(),
        &[],
    ) else {
        return;
    };
    let url = Url::parse(&format!("https://nango.example{}", request.target)).expect("a target");
    assert_eq!(url.host_str(), Some("nango.example"));
    assert_eq!(Some(url.path()), parameters["path"].as_str());
    assert_eq!(url.fragment(), None);
}

/// Extracts one value from a JSON text. The input is a pointer, a line break and the text.
/// Everything that serde_json accepts is JSON, unless it is too deep, and the value is the same as
/// in a complete tree.
pub fn json_get(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pointer, text) = text.split_once('\n').unwrap_or(("", text));
    let deep = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > json::DEEPEST;
    assert!(
        deep || json::check(text).is_ok() == serde_json::from_str::<IgnoredAny>(text).is_ok(),
        "{text:?}"
    );
    let mut checked = Zeroizing::new(text.to_owned());
    if json::checked(&mut checked, []).is_err() {
        return;
    }
    assert!(checked.len() == text.len() && json::check(&checked) == Ok(()));
    // Now a parser that refuses lone surrogates accepts it.
    if let Err(error) = serde_json::from_str::<Value>(&checked) {
        let why = error.to_string();
        assert!(why.contains("recursion") || why.contains("out of range"), "{why}: {checked:?}");
    }
    let found = json::find(text, pointer);
    // A tree cannot be as deep as a text, and cannot hold what UTF-8 cannot encode.
    if let Ok(tree) = serde_json::from_str::<Value>(text) {
        let well_formed = pointer.is_empty()
            || pointer.starts_with('/')
                && pointer.replace("~0", "").replace("~1", "").find('~').is_none();
        let expected = well_formed.then(|| tree.pointer(pointer)).flatten();
        assert_eq!(
            found.and_then(|found| serde_json::from_str(found).ok()).as_ref(),
            expected,
            "{pointer:?} in {text:?}"
        );
    }
    if let Some(found) = found {
        assert!(json::check(found).is_ok() && text.contains(found));
        drop(json::elements(found));
        if let (Some(members), Ok(Value::Object(tree))) =
            (json::entries(found), serde_json::from_str(found))
        {
            assert_eq!(members.len(), tree.len());
            for (name, value) in members {
                let value: Value = serde_json::from_str(value).expect("a value");
                assert_eq!(
                    json::string(name).and_then(|name| tree.get(&name)),
                    Some(&value),
                    "{name} in {found:?}"
                );
            }
        }
    }
}

/// A client's settings that are text: a base URL, a key, a proxy, a header's name and value, one on
/// each line; the rest is PEM text.
pub fn options(data: &[u8]) {
    let mut parts = data.splitn(6, |byte| *byte == b'\n');
    let mut next = || std::str::from_utf8(parts.next().unwrap_or_default()).unwrap_or_default();
    let (url, key, proxy, name, value) = (next(), next(), next(), next(), next());
    let pem = next();
    let mut options = Options::default();
    if options.set_base_url(url).is_ok() {
        let base = &options.base_url;
        assert!(
            base.url().username().is_empty()
                && base.url().password().is_none()
                && base.url().query().is_none()
                && base.url().has_host()
        );
        assert!(!base.prefix().ends_with('/'));
    }
    if let Err(error) = options.set_secret_key(key) {
        assert!(key.len() < 8 || !error.to_string().contains(key), "the key is shown: {error}");
    }
    let _ = options.set_proxy(Some(proxy));
    let _ = options.set_user_agent_suffix(value);
    let _ = options.add_ca_pem(pem.as_bytes());
    let _ = options.set_client_identity_pem(pem.as_bytes());
    if let Ok((name, value)) = request::header(name, value) {
        assert!(name != "authorization" && name != "host" && !value.as_bytes().contains(&b'\n'));
    }
}
