//! Turns a status, headers and a body into JSON text or an error.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use zeroize::Zeroizing;

use crate::engine::Answer;
use crate::envelope::{self, Envelope};
use crate::error::redact::Safe;
use crate::error::{Code, Error};
use crate::wiped::Wiped;
use crate::{json, scan};

/// How long Nango waits after a failed refresh before it retries.
const REFRESH_BACKOFF: Duration = Duration::from_secs(30);

/// The headers that an error keeps.
const FACTS: [&str; 4] =
    ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// The advice for a proxy that answers 407, without its subject.
pub(crate) const PROXY_CREDENTIALS: &str = "requires a username and password, or rejected the \
     ones given; put them in the proxy URL, as in http://user:password@proxy.example:3128";

/// The statuses of a complete answer with a body.
const GOOD: [StatusCode; 3] = [StatusCode::OK, StatusCode::CREATED, StatusCode::ACCEPTED];

/// The text of a successful answer whose content type is JSON. [`members`] checks that the text is
/// JSON.
pub(crate) fn text<'a>(
    answer: Answer,
    safe: impl FnOnce() -> Safe<'a>,
) -> Result<Zeroizing<String>, Error> {
    let status = answer.status;
    if !status.is_success() {
        return Err(failure(&answer, &safe()).with_whole_body(whole(answer.body)));
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
                 API, or this server no longer has the route /connection. Check \
                 the base URL, or set plural_routes to use /connections"
            ),
        ));
    }
    utf8(answer.body)
        .ok_or_else(|| invalid(status, "the answer is not valid UTF-8; check the base URL"))
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
fn failure(answer: &Answer, safe: &Safe<'_>) -> Error {
    let status = answer.status;
    if status.is_redirection() {
        return redirection(answer, safe);
    }
    let envelope = is_json(&answer.headers).then(|| envelope::read(&answer.body, safe)).flatten();
    let foreign = envelope.is_none();
    let envelope = envelope.unwrap_or_default();
    let requested = retry_after(&answer.headers);
    let message = envelope.message.as_deref().map(String::as_str).unwrap_or_default();
    // One row per case: the code, whether a retry may help, how long to wait if the server does not
    // say, and the advice.
    let (code, retryable, wait, advice) = match (
        envelope.code.as_deref().map(String::as_str),
        status.as_u16(),
    ) {
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
            Code::NotFound,
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
        (_, 409) => (Code::Conflict, false, None, "the request conflicts with existing data"),
        (_, 429) => (
            Code::RateLimited,
            true,
            None,
            "too many requests for this account; wait, then try again",
        ),
        (_, 400..=499) => (Code::BadRequest, false, None, "Nango rejected the request"),
        (_, 500) => (Code::Server, true, None, "Nango failed; try again later"),
        (None, 502..=504) => (
            Code::Server,
            true,
            None,
            "the server or a gateway in front of it is unavailable; try again later",
        ),
        (_, 500..) => (Code::Server, false, None, "Nango failed"),
        (_, _) => (
            Code::InvalidResponse,
            false,
            None,
            "the base URL is not that of Nango's API; check it",
        ),
    };
    // An answer without an envelope, such as a web page, says nothing about keys and scopes.
    let advice = match (foreign, code) {
        (true, Code::Unauthorized | Code::Forbidden | Code::NotFound | Code::BadRequest) => {
            "this response did not come from Nango's API; another server or a gateway answered. \
             Check the base URL"
        }
        _ => advice,
    };
    let Envelope { code: api_code, sentence, shown, .. } = envelope;
    let api_code = api_code.as_deref().and_then(|code| safe.code(code)).map(str::to_owned);
    let named = api_code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let quoted = sentence.map(|sentence| format!(" (\"{sentence}\")")).unwrap_or_default();
    Error::new(code, format!("Nango answered {}{named}{quoted}: {advice}", status.as_u16()))
        .with_status(status.as_u16())
        .with_api_code(api_code)
        .with_body((!foreign).then_some(shown))
        .with_retry_after(requested.or(wait))
        .with_retryable(retryable)
        .with_headers(facts(&answer.headers, safe))
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

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
