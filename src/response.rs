//! Status, headers and body become JSON text, or an error.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use zeroize::Zeroizing;

use crate::engine::Answer;
use crate::envelope::{self, Said};
use crate::error::redact::Safe;
use crate::error::{Code, Error};
use crate::secret::Wiped;
use crate::{json, scan};

/// Nango does not try a failed refresh again before this has passed.
const REFRESH_BACKOFF: Duration = Duration::from_secs(30);

/// The headers that are facts of an error.
const FACTS: [&str; 4] =
    ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// What a proxy says that answers 407.
pub(crate) const PROXY_CREDENTIALS: &str = "wants a user and a password, or does not accept these: put them into the proxy's URL, as in http://user:password@proxy.example:3128";

/// The statuses that an answer with a body has.
const GOOD: [StatusCode; 3] = [StatusCode::OK, StatusCode::CREATED, StatusCode::ACCEPTED];

/// The text of a good answer that says of itself that it is JSON. Whether it is, [`members`] finds
/// out.
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
                "the answer has the status {status}, which Nango does not use for a whole answer \
                 with a body; something in front of Nango may have answered"
            ),
        ));
    }
    if !is_json(&answer.headers) {
        let value =
            answer.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        let what = match (value, value.and_then(|value| safe().media_type(value))) {
            (_, Some(kind)) => format!("is of the type {kind}"),
            (Some(_), None) => "is of another type".to_owned(),
            (None, None) => "has no content type".to_owned(),
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

/// Checks that the text is a JSON object, makes it what every parser reads, and finds these members
/// of it, in one pass.
pub(crate) fn members<'a, const N: usize>(
    text: &'a mut Zeroizing<String>,
    names: [&str; N],
) -> Result<[Option<&'a str>; N], Error> {
    let found = json::checked(text, names).map_err(|why| json::malformed(&why))?;
    let found = found.ok_or_else(|| {
        Error::new(
            Code::InvalidResponse,
            "the answer is not a JSON object, so it is not Nango's: check the base URL",
        )
    })?;
    Ok(found.map(|place| place.map(|place| &text[place])))
}

/// The bytes as text, without a copy; wiped if they are none.
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

/// A body for [`Error::reveal_body`].
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

/// What went wrong, by the body first and then by the status.
fn failure(answer: &Answer, safe: &Safe<'_>) -> Error {
    let status = answer.status;
    if status.is_redirection() {
        return redirection(answer, safe);
    }
    let envelope = is_json(&answer.headers).then(|| envelope::read(&answer.body, safe)).flatten();
    let foreign = envelope.is_none();
    let said = envelope.unwrap_or_default();
    let told = retry_after(&answer.headers);
    let message = said.message.as_deref().map(String::as_str).unwrap_or_default();
    // One row for each case: the code, whether a repeat may help, how long to wait if the server
    // does not say, what to do.
    let (code, retryable, wait, advice) = match (
        said.code.as_deref().map(String::as_str),
        status.as_u16(),
    ) {
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
    let advice = match (foreign, code) {
        (true, Code::Unauthorized | Code::Forbidden | Code::NotFound | Code::BadRequest) => {
            "the answer has not the form of Nango's: another server, or something in front of Nango, has answered; check the base URL"
        }
        _ => advice,
    };
    let Said { code: api_code, sentence, shown, .. } = said;
    let api_code = api_code.as_deref().and_then(|code| safe.code(code)).map(str::to_owned);
    let named = api_code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let quoted = sentence.map(|sentence| format!(" (\"{sentence}\")")).unwrap_or_default();
    Error::new(code, format!("Nango answered {}{named}{quoted}: {advice}", status.as_u16()))
        .with_status(status.as_u16())
        .with_api_code(api_code)
        .with_body((!foreign).then_some(shown))
        .with_retry_after(told.or(wait))
        .with_retryable(retryable)
        .with_headers(facts(&answer.headers, safe))
}

/// The key goes to the host that it was meant for and nowhere else, so a redirect is a wrong base
/// URL.
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
            "the server redirects {target} (status {}). libnango follows no redirect: set the base URL to where the API is",
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
