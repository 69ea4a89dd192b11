//! Status, headers and body become JSON text, or an error.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::engine::Answer;
use crate::error::{Code, Error, redact, shortened};
use crate::json;

/// Nango does not try a failed refresh again before this has passed.
const REFRESH_BACKOFF: Duration = Duration::from_secs(30);

/// How much of a server's message a person is shown; the whole of it is in the body.
const LONGEST_MESSAGE: usize = 1000;

/// Nango's codes are words; something longer is not one.
const LONGEST_CODE: usize = 100;

/// The headers that are facts of an error.
const FACTS: [&str; 4] =
    ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// What a proxy says that answers 407.
pub(crate) const PROXY_CREDENTIALS: &str = "wants a user and a password, or does not accept these: put them into the proxy's URL, as in http://user:password@proxy.example:3128";

/// The statuses that an answer with a body has.
const GOOD: [StatusCode; 3] = [StatusCode::OK, StatusCode::CREATED, StatusCode::ACCEPTED];

/// The text of a good answer that says of itself that it is JSON. Whether it is, [`members`] finds
/// out.
pub(crate) fn text(answer: Answer, secret_key: &str) -> Result<Zeroizing<String>, Error> {
    let status = answer.status;
    if !status.is_success() {
        return Err(failure(&answer, secret_key));
    }
    if !GOOD.contains(&status) {
        return Err(invalid(
            status,
            format!(
                "the answer has the status {status}, which Nango does not use for a whole answer \
                 with a body; something in front of Nango may have answered"
            ),
        ));
    }
    if !is_json(&answer.headers) {
        let what = match answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
            Some(kind) => format!(
                "is of the type {}",
                shortened(redact::text(kind, secret_key), LONGEST_CODE)
            ),
            None => "has no content type".to_owned(),
        };
        return Err(invalid(
            status,
            format!(
                "the answer {what} instead of JSON. Either the base URL is not that of Nango's API, or this server no longer has the route: \
                 then switch to /connections with nango_options_set_plural_routes (plural_routes)"
            ),
        ));
    }
    utf8(answer.body).ok_or_else(|| invalid(status, "the answer is not UTF-8"))
}

fn invalid(status: StatusCode, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidResponse, message).with_status(status.as_u16())
}

/// Checks that the text is a JSON object, and finds these members of it in the same pass.
pub(crate) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a str>; N], Error> {
    json::members(text, names).map_err(|error| json::malformed(&error))?.ok_or_else(|| {
        Error::new(
            Code::InvalidResponse,
            "the answer is not a JSON object, so it is not Nango's: check the base URL",
        )
    })
}

/// The bytes as text, without a copy; wiped if they are none.
fn utf8(mut body: Zeroizing<Vec<u8>>) -> Option<Zeroizing<String>> {
    match String::from_utf8(std::mem::take(&mut *body)) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
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

/// What Nango, or whoever stands in front of it, said about a failure.
struct Said {
    api_code: Option<String>,
    message: Option<String>,
    body: Option<String>,
}

impl Said {
    /// Reads every envelope that Nango has: an object under `error`, a string there, or `message`
    /// and `code` at the top.
    fn read(answer: &Answer, secret_key: &str) -> Said {
        let parsed = is_json(&answer.headers)
            .then(|| serde_json::from_slice::<Value>(&answer.body).ok())
            .flatten();
        let Some(mut body) = parsed else {
            return Said { api_code: None, message: None, body: None };
        };
        redact::json(&mut body, secret_key);
        let envelope = match body.get("error") {
            Some(error @ Value::Object(_)) => error,
            _ => &body,
        };
        let api_code = envelope
            .get("code")
            .and_then(Value::as_str)
            .map(|code| shortened(code.to_owned(), LONGEST_CODE));
        let message = envelope
            .get("message")
            .or_else(|| body.get("error"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let message = message.or_else(|| {
            let problems: Vec<String> =
                envelope.get("errors")?.as_array()?.iter().map(problem).collect();
            Some(problems.join("; "))
        });
        Said {
            api_code,
            message: message
                .map(|message| shortened(message, LONGEST_MESSAGE))
                .filter(|message| !message.is_empty()),
            body: Some(body.to_string()),
        }
    }
}

/// One problem that the server's validation found: where, and what.
fn problem(problem: &Value) -> String {
    let path: Vec<String> =
        problem.get("path").and_then(Value::as_array).into_iter().flatten().map(plain).collect();
    let message = problem.get("message").map(plain).unwrap_or_default();
    if path.is_empty() { message } else { format!("{}: {message}", path.join(".")) }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What went wrong, by the body first and then by the status.
fn failure(answer: &Answer, secret_key: &str) -> Error {
    let status = answer.status;
    if status.is_redirection() {
        return redirection(answer);
    }
    let said = Said::read(answer, secret_key);
    let told = retry_after(&answer.headers);
    let message = said.message.as_deref().unwrap_or_default();
    // One row for each case: the code, whether a repeat may help, how long to wait if the server
    // does not say, what to do.
    let (code, retryable, wait, advice) = match (said.api_code.as_deref(), status.as_u16()) {
        (Some("invalid_credentials"), _) if message.contains("refresh limit") => (
            Code::ReconnectRequired,
            false,
            None,
            "Nango has given up refreshing this connection; the user must authorise again, through a reconnect session",
        ),
        (Some("invalid_credentials"), _) if message.contains("Backing off") => (
            Code::RefreshBackoff,
            true,
            Some(REFRESH_BACKOFF),
            "a refresh failed a moment ago and Nango waits 30 seconds before it tries again; if it persists, the user must authorise again",
        ),
        (Some("invalid_credentials"), _) => (
            Code::RefreshFailed,
            true,
            Some(REFRESH_BACKOFF),
            "the provider refused to refresh the token, or could not be reached; if it persists, the user must authorise again",
        ),
        (Some("unknown_provider_config" | "integration_not_found"), _) => (
            Code::NotFound,
            false,
            None,
            "the key's environment has no such integration: check provider_config_key, and whose environment the key is",
        ),
        (Some("not_found" | "unknown_connection" | "connection_not_found"), _) | (_, 404) => (
            Code::NotFound,
            false,
            None,
            "check connection_id, provider_config_key, whose environment the key is, and the base URL; list_connections shows what there is",
        ),
        (Some("malformed_auth_header"), 401) => (
            Code::Server,
            true,
            None,
            "this is Nango's word for a failure while it looked up the key, such as a database that is out",
        ),
        (_, 401) => (
            Code::Unauthorized,
            false,
            None,
            "Nango does not accept the secret key: check it, and that the base URL is the server that issued it",
        ),
        (_, 403) => (
            Code::Forbidden,
            false,
            None,
            "the secret key lacks a scope: widen it in Nango's dashboard under Environment Settings, API Keys",
        ),
        // Nango has no such status: it is a proxy's.
        (_, 407) => {
            return Error::new(Code::Proxy, format!("the proxy {PROXY_CREDENTIALS}"))
                .with_status(407);
        }
        (_, 408) => (Code::BadRequest, true, None, "the server gave up waiting for the request"),
        (_, 409) => (Code::Conflict, false, None, "the request conflicts with what is there"),
        (_, 429) => (
            Code::RateLimited,
            true,
            None,
            "too many requests for this account: wait, then try again",
        ),
        (_, 400..=499) => (Code::BadRequest, false, None, "Nango refuses the request as it is"),
        (_, 500) => (Code::Server, true, None, "Nango failed; try again later"),
        (None, 502..=504) => (
            Code::Server,
            true,
            None,
            "the server, or what stands in front of it, is out; try again later",
        ),
        (_, 500..) => (Code::Server, false, None, "Nango failed"),
        (_, _) => (Code::InvalidResponse, false, None, "the base URL is not that of Nango's API"),
    };
    // A page or a plain text is nobody's word about keys and scopes.
    let advice = match (&said.body, code) {
        (None, Code::Unauthorized | Code::Forbidden | Code::NotFound | Code::BadRequest) => {
            "the answer has not the form of Nango's: another server, or something in front of Nango, has answered; check the base URL"
        }
        _ => advice,
    };
    let api_code = said.api_code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let quoted =
        said.message.as_deref().map(|message| format!(" (\"{message}\")")).unwrap_or_default();
    Error::new(code, format!("Nango answered {}{api_code}{quoted}: {advice}", status.as_u16()))
        .with_status(status.as_u16())
        .with_api_code(said.api_code)
        .with_body(said.body)
        .with_retry_after(told.or(wait))
        .with_retryable(retryable)
        .with_headers(facts(&answer.headers, secret_key))
}

/// The key goes to the host that it was meant for and nowhere else, so a redirect is a wrong base
/// URL.
fn redirection(answer: &Answer) -> Error {
    let location =
        answer.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let target = match Url::parse(location) {
        Ok(url) if url.has_host() => format!("to {}", url.origin().ascii_serialization()),
        _ => "elsewhere on the same server".to_owned(),
    };
    invalid(
        answer.status,
        format!(
            "the server redirects {target} (status {}). libnango follows no redirect: set the base URL to where the API is",
            answer.status.as_u16()
        ),
    )
}

fn facts(headers: &HeaderMap, secret_key: &str) -> Vec<(&'static str, String)> {
    let value = |name: &'static str| {
        Some((name, redact::text(headers.get(name)?.to_str().ok()?, secret_key)))
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
