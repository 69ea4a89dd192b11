//! Turns a status, headers and a body into JSON text or an error.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use zeroize::Zeroizing;

use crate::catalogue::Operation;
use crate::engine::Answer;
use crate::envelope::{self, Envelope};
use crate::error::redact::Safe;
use crate::error::{Code, Error};
use crate::wiped::Wiped;
use crate::{families, json, scan};

/// How long Nango waits after a failed refresh before it retries.
const REFRESH_BACKOFF: Duration = Duration::from_secs(30);

/// The headers that an error keeps.
const FACTS: [&str; 4] =
    ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// The advice for a proxy that answers 407, without its subject.
pub(crate) const PROXY_CREDENTIALS: &str = "requires a username and password, or rejected the \
     ones given; put them in the proxy URL, as in http://user:password@proxy.example:3128";

/// The codings that a message names. Others may be anything.
const CODINGS: [&str; 6] = ["gzip", "x-gzip", "deflate", "compress", "br", "zstd"];

/// The statuses of a complete answer with a body.
const GOOD: [StatusCode; 3] = [StatusCode::OK, StatusCode::CREATED, StatusCode::ACCEPTED];

/// The text of a successful answer whose content type is JSON. [`members`] checks that the text is
/// JSON.
pub(crate) fn text<'a>(
    answer: Answer,
    operation: &Operation,
    safe: impl FnOnce() -> Safe<'a>,
) -> Result<Zeroizing<String>, Error> {
    let status = answer.status;
    if !status.is_success() {
        return Err(failure(&answer, operation, &safe()).with_whole_body(whole(answer.body)));
    }
    if !GOOD.contains(&status) {
        return Err(invalid(
            status,
            format!(
                "the answer has the status {status}, which Nango does not use for a complete \
                 answer with a body. A gateway in front of Nango may have \
                 answered; check the base URL"
            ),
        ));
    }
    if let Some(coding) = coding(&answer.headers) {
        return Err(invalid(
            status,
            format!(
                "the answer is compressed ({coding}), although libnango asks for no compression; \
                 check the gateway in front of Nango"
            ),
        ));
    }
    if !is_json(&answer.headers) {
        let value =
            answer.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        let what = match (value, value.and_then(|value| safe().media_type(value))) {
            (_, Some(kind)) => format!("has the content type {kind}"),
            (Some(_), None) => "has another content type".to_owned(),
            (None, None) => "has no content type".to_owned(),
        };
        return Err(invalid(
            status,
            format!(
                "expected JSON, but the answer {what}. Either the base URL is not that of Nango's \
                 API, or this server {}",
                no_route(operation)
            ),
        ));
    }
    utf8(answer.body)
        .ok_or_else(|| invalid(status, "the answer is not valid UTF-8; check the base URL"))
}

/// The end of a sentence about an answer that a server gives for routes that it does not have.
fn no_route(operation: &Operation) -> String {
    match (operation.path, operation.plural_path) {
        ("", _) => "does not have this route. Check the base URL and the path".to_owned(),
        (path, plural) if path == plural => format!(
            "is older than the operation: it does not have the route {path}. Check the base URL, \
             or update the server"
        ),
        (path, plural) => {
            let first = |path: &'static str| path.split('{').next().unwrap_or_default();
            let (path, plural) = (first(path), first(plural));
            format!(
                "no longer has the route {}. Check the base URL, or set plural_routes to use {}",
                path.trim_end_matches('/'),
                plural.trim_end_matches('/')
            )
        }
    }
}

/// The coding of a compressed answer.
fn coding(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or_default().trim();
    match value {
        "" | "identity" => None,
        known if CODINGS.contains(&known.to_ascii_lowercase().as_str()) => Some(known),
        _ => Some("an unknown coding"),
    }
}

fn invalid(status: StatusCode, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidResponse, message).with_status(status.as_u16())
}

/// Checks that the text is a JSON object, replaces what some parsers reject, and finds these
/// members, in one pass.
pub(crate) fn members<'a, const N: usize>(
    text: &'a mut Zeroizing<String>,
    names: [&str; N],
) -> Result<[Option<&'a str>; N], Error> {
    if text.starts_with('\u{feff}') {
        return Err(Error::new(
            Code::InvalidResponse,
            "the answer begins with a byte order mark, which JSON does not allow; check the \
             gateway in front of Nango",
        ));
    }
    let found = json::checked(text, names).map_err(|why| json::malformed(&why))?;
    let found = found.ok_or_else(|| {
        Error::new(
            Code::InvalidResponse,
            "the answer is not a JSON object, so it did not come from Nango's API; check the base \
             URL",
        )
    })?;
    Ok(found.map(|place| place.map(|place| &text[place])))
}

/// Checks that the text is JSON of any kind, and replaces what some parsers reject.
pub(crate) fn checked(text: &mut Zeroizing<String>) -> Result<(), Error> {
    json::checked(text, []).map(drop).map_err(|why| json::malformed(&why))
}

/// The bytes as text, without a copy. Bytes that are not UTF-8 are wiped.
fn utf8(body: Wiped) -> Option<Zeroizing<String>> {
    match String::from_utf8(body.into_bytes()) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            drop(Wiped::from(error.into_bytes()));
            None
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The body as text for [`Error::reveal_body`].
fn whole(body: Wiped) -> Option<Zeroizing<String>> {
    if body.is_empty() {
        return None;
    }
    if !body.contains(&0) && std::str::from_utf8(&body).is_ok() {
        return utf8(body);
    }
    let mut text = Zeroizing::new(String::with_capacity(3 * body.len()));
    for (number, piece) in body.split(|byte| *byte == 0).enumerate() {
        if number > 0 {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        scan::append(&mut text, piece);
    }
    Some(text)
}

/// Builds the error for a failed answer, from its body first and then from its status.
fn failure(answer: &Answer, operation: &Operation, safe: &Safe<'_>) -> Error {
    let status = answer.status;
    if status.is_redirection() {
        return redirection(answer, safe);
    }
    let envelope = is_json(&answer.headers).then(|| envelope::read(&answer.body, safe)).flatten();
    let has_body = envelope.is_some();
    let envelope = envelope.unwrap_or_default();
    let foreign = !envelope.recognised;
    let requested = retry_after(&answer.headers);
    let who = if foreign { "the server" } else { "Nango" };
    let composed;
    let message = envelope.message.as_deref().map(String::as_str).unwrap_or_default();
    let api_code = envelope.code.as_deref().map(String::as_str);
    let family = families::of(operation, api_code.unwrap_or_default(), status.as_u16(), message);
    // One row per case: the code, whether a retry may help, how long to wait if the server does not
    // say, and the advice.
    let (code, retryable, wait, advice) = match (api_code, status.as_u16()) {
        (Some("invalid_credentials"), _) if message.contains("refresh limit") => (
            Code::ReconnectRequired,
            false,
            None,
            "Nango has given up refreshing this connection; the user must authorise again through \
         a reconnect session",
        ),
        (Some("invalid_credentials"), _) if message.contains("Backing off") => (
            Code::RefreshBackoff,
            true,
            Some(REFRESH_BACKOFF),
            "a refresh failed a moment ago, and Nango waits 30 seconds before it retries. Try \
         again later; if this persists, the user must authorise again",
        ),
        (Some("invalid_credentials"), _) => (
            Code::RefreshFailed,
            true,
            Some(REFRESH_BACKOFF),
            "the provider refused to refresh the token, or could not be reached. Try again later; \
         if this persists, the user must authorise again",
        ),
        (Some("unknown_provider_config" | "integration_not_found"), _) => (
            Code::IntegrationNotFound,
            false,
            None,
            "the secret key's environment has no such integration; check provider_config_key, and \
         which environment the key belongs to",
        ),
        (Some("not_found" | "unknown_connection" | "connection_not_found"), _) | (_, 404) => (
            Code::NotFound,
            false,
            None,
            "check connection_id, provider_config_key, which environment the secret key belongs \
         to, and the base URL; list_connections shows the connections that exist",
        ),
        (Some("malformed_auth_header"), 401) => (
            Code::Server,
            true,
            None,
            "Nango failed while looking up the key (for example, its database is down); try again \
         later",
        ),
        (_, 401) => (
            Code::Unauthorized,
            false,
            None,
            "Nango does not accept the secret key; check the key, and check that the base URL is \
         that of the server that issued it",
        ),
        (_, 403) => (
            Code::Forbidden,
            false,
            None,
            "the secret key lacks a scope; add the scope in Nango's dashboard under Environment \
         Settings, API Keys",
        ),
        // Nango does not use this status: it comes from a proxy.
        (_, 407) => {
            return Error::new(Code::Proxy, format!("the proxy {PROXY_CREDENTIALS}"))
                .with_status(407);
        }
        (_, 408) => (
            Code::BadRequest,
            true,
            None,
            "the server timed out waiting for the request; try again",
        ),
        (_, 409) => (
            Code::Conflict,
            false,
            None,
            "the request conflicts with existing data; change one of the two, then try again",
        ),
        (_, 429) => {
            composed = rate_limited(requested);
            (Code::RateLimited, true, None, composed.as_str())
        }
        (_, 400..=499) => (
            Code::BadRequest,
            false,
            None,
            "Nango rejected the request; correct it as Nango's code and message say",
        ),
        (_, 500) => {
            composed = format!("{who} failed; try again later");
            (Code::Server, true, None, composed.as_str())
        }
        (_, 502..=504 | 520..=530) => (
            Code::Server,
            true,
            None,
            "Nango or a gateway in front of it is unavailable; try again later",
        ),
        (_, 500..) => {
            composed = format!(
                "{who} failed in a way that a retry does not change; look at the server's logs"
            );
            (Code::Server, false, None, composed.as_str())
        }
        (_, _) => (
            Code::InvalidResponse,
            false,
            None,
            "the base URL is not that of Nango's API; check it",
        ),
    };
    let (code, retryable, wait, advice) = match family {
        Some(case) => (case.code, false, None, case.advice),
        None => (code, retryable, wait, advice),
    };
    // An answer without an envelope, such as the page of a gateway, says nothing about keys, scopes
    // and connections.
    let (code, advice) = match status.as_u16() {
        400..=499 if foreign && !MEANT_BY_ANY_SERVER.contains(&status.as_u16()) => {
            (Code::InvalidResponse, foreign_advice(answer))
        }
        _ => (code, advice),
    };
    let Envelope { code: api_code, sentence, shown, .. } = envelope;
    let api_code = api_code.as_deref().and_then(|code| safe.code(code)).map(str::to_owned);
    let named = api_code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let quoted = sentence.map(|sentence| format!(" (\"{sentence}\")")).unwrap_or_default();
    Error::new(code, format!("{who} answered {}{named}{quoted}: {advice}", status.as_u16()))
        .with_status(status.as_u16())
        .with_api_code(api_code)
        .with_body(has_body.then_some(shown))
        .with_retry_after(requested.or(wait))
        .with_retryable(retryable)
        .with_headers(facts(&answer.headers, safe))
}

/// The statuses of the client's group that mean the same from any server.
const MEANT_BY_ANY_SERVER: [u16; 4] = [407, 408, 413, 429];

/// The advice for an answer that is not Nango's.
fn foreign_advice(answer: &Answer) -> &'static str {
    // What servers that expect TLS answer to a plain request.
    let expects_tls = [&b"sent to HTTPS port"[..], b"HTTP request to an HTTPS server"]
        .iter()
        .any(|text| answer.body.windows(text.len()).any(|window| window == *text));
    if answer.status == StatusCode::BAD_REQUEST && expects_tls {
        "the server expects TLS on this port; use a base URL with https://"
    } else if coding(&answer.headers).is_some() {
        "the answer is compressed, although libnango asks for no compression; check the gateway in \
         front of Nango"
    } else {
        "this response did not come from Nango's API; another server or a gateway answered. Check \
         the base URL"
    }
}

/// The advice for a 429.
fn rate_limited(wait: Option<Duration>) -> String {
    match wait {
        Some(wait) => format!(
            "too many requests for this account; wait {} s, then try again (max_retry_wait limits \
             how long a call waits by itself)",
            wait.as_secs_f64().ceil()
        ),
        None => "too many requests for this account; wait, then try again".to_owned(),
    }
}

/// The key is sent only to the configured host. So a redirect is not followed: it means that the
/// base URL is wrong.
fn redirection(answer: &Answer, safe: &Safe<'_>) -> Error {
    let location =
        answer.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let target = match Url::parse(location) {
        Ok(url) if url.has_host() => match safe.origin(&url) {
            Some(origin) => format!("to {origin}"),
            None => "to another server".to_owned(),
        },
        _ => "elsewhere on the same server".to_owned(),
    };
    invalid(
        answer.status,
        format!(
            "the server redirects {target} (status {}), and libnango does not follow redirects. \
             Set the base URL to the URL of the API itself",
            answer.status.as_u16()
        ),
    )
}

fn facts(headers: &HeaderMap, safe: &Safe<'_>) -> Vec<(&'static str, String)> {
    let value = |name: &'static str| {
        let value = headers.get(name)?.to_str().ok()?;
        safe.number_or_date(value).then(|| (name, value.to_owned()))
    };
    FACTS.into_iter().filter_map(value).collect()
}

/// How long the server asks to wait: `Retry-After`, or else `X-RateLimit-Reset` if the limit is
/// used up. Nango rounds down, so this is a second more than it says.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let wait = text(RETRY_AFTER.as_str())
        .and_then(|value| seconds(value).or_else(|| until(date(value)?)))
        .or_else(|| {
            let used_up = text("x-ratelimit-remaining") == Some("0");
            let reset = text("x-ratelimit-reset").filter(|_| used_up)?;
            let reset = seconds(reset)?;
            // A time, or the seconds until then.
            if reset < LONGEST_DELTA { Some(reset) } else { until(UNIX_EPOCH.checked_add(reset)?) }
        })?;
    Some(wait.saturating_add(Duration::from_secs(1)).min(LONGEST_WAIT))
}

/// What is longer cannot be the seconds until a limit ends.
const LONGEST_DELTA: Duration = Duration::from_secs(1_000_000_000);

/// The longest wait that is reported, whatever the server says.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Seconds, also with a fraction, or as a list if the header came twice.
fn seconds(value: &str) -> Option<Duration> {
    let each = |part: &str| {
        let part = part.trim();
        let digits = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        let seconds: f64 = part.bytes().all(digits).then(|| part.parse().ok())??;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    };
    value.split(',').map(each).collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn date(value: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(value)
        .ok()
        .or_else(|| humantime::parse_rfc3339_weak(value.trim_end_matches("+00:00")).ok())
}

/// The time from now; zero if it has passed.
fn until(time: SystemTime) -> Option<Duration> {
    Some(time.duration_since(SystemTime::now()).unwrap_or_default())
}
