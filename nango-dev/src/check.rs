//! Validation as strict as Nango's: it names every member that is unknown, missing or of the wrong
//! type.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::query::{Param, Query};
use crate::reply::Reply;
use crate::store::EndUser;

/// One problem with a request.
#[derive(Debug)]
pub struct Issue {
    code: &'static str,
    message: String,
    path: Vec<String>,
}

impl Issue {
    pub fn new(code: &'static str, message: impl Into<String>, path: &[&str]) -> Self {
        let path = path.iter().map(|&step| step.to_owned()).collect();
        Issue { code, message: message.into(), path }
    }

    fn wrong_type(expected: &str, got: &str, path: &[&str]) -> Self {
        Issue::new("invalid_type", format!("expected {expected}, got {got}"), path)
    }

    /// The body as a whole has the wrong type.
    pub fn not_an_object(body: Option<&Value>) -> Self {
        Issue::wrong_type("object", kind(body), &[])
    }
}

/// Returns the answer that lists the issues, or nothing if there are none.
pub fn refuse(code: &'static str, issues: Vec<Issue>) -> Result<(), Reply> {
    if issues.is_empty() {
        return Ok(());
    }
    let issues: Vec<Value> = issues
        .iter()
        .map(|issue| json!({"code": issue.code, "message": issue.message, "path": issue.path}))
        .collect();
    Err(Reply::json(StatusCode::BAD_REQUEST, &json!({"error": {"code": code, "errors": issues}})))
}

fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

/// The length as JavaScript counts it, in UTF-16 units.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn unrecognized<'a>(names: impl Iterator<Item = &'a str>, path: &[&str]) -> Option<Issue> {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let message = format!("unknown: {}", names.join(", "));
    (!names.is_empty()).then(|| Issue::new("unrecognized_keys", message, path))
}

fn length_issue(
    text: &str,
    range: &std::ops::RangeInclusive<usize>,
    path: &[&str],
) -> Option<Issue> {
    let length = length(text);
    if length < *range.start() {
        Some(Issue::new("too_small", format!("needs at least {} characters", range.start()), path))
    } else if length > *range.end() {
        Some(Issue::new("too_big", format!("allows at most {} characters", range.end()), path))
    } else {
        None
    }
}

/// The members of one JSON object, read by name. Members that are never read are unknown.
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a [&'a str],
    read: Vec<&'static str>,
    issues: Vec<Issue>,
}

impl<'a> Fields<'a> {
    pub fn new(map: &'a Map<String, Value>, path: &'a [&'a str]) -> Self {
        Fields { map, path, read: Vec::new(), issues: Vec::new() }
    }

    pub fn raw(&mut self, name: &'static str) -> Option<&'a Value> {
        self.read.push(name);
        self.map.get(name)
    }

    fn at<'n>(&self, name: &'n str) -> Vec<&'n str>
    where
        'a: 'n,
    {
        self.path.iter().copied().chain([name]).collect()
    }

    pub fn issue(&mut self, name: &'static str, code: &'static str, message: impl Into<String>) {
        let path = self.at(name);
        self.issues.push(Issue::new(code, message, &path));
    }

    pub fn add(&mut self, issues: Vec<Issue>) {
        self.issues.extend(issues);
    }

    fn wrong_type(&mut self, name: &'static str, expected: &str) {
        let issue = Issue::wrong_type(expected, kind(self.map.get(name)), &self.at(name));
        self.issues.push(issue);
    }

    pub fn text(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<&'a str> {
        let value = self.raw(name)?;
        let Some(text) = value.as_str() else {
            self.wrong_type(name, "string");
            return None;
        };
        if let Some(issue) = length_issue(text, &range, &self.at(name)) {
            self.issues.push(issue);
        }
        Some(text)
    }

    pub fn required_text(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<usize>,
    ) -> &'a str {
        if !self.map.contains_key(name) {
            self.wrong_type(name, "string");
        }
        self.text(name, range).unwrap_or_default()
    }

    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.raw(name)?;
        if !value.is_boolean() {
            self.wrong_type(name, "boolean");
        }
        value.as_bool()
    }

    /// `expected` is Nango's term for the type: an `object` has known members, a `record` has any.
    pub fn object(&mut self, name: &'static str, expected: &str) -> Option<&'a Map<String, Value>> {
        let value = self.raw(name)?;
        if !value.is_object() {
            self.wrong_type(name, expected);
        }
        value.as_object()
    }

    pub fn required_object(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Option<&'a Map<String, Value>> {
        if !self.map.contains_key(name) {
            self.wrong_type(name, expected);
        }
        self.object(name, expected)
    }

    /// The URL that Nango sends webhooks to. An empty text means none.
    pub fn webhook_url(&mut self, name: &'static str) -> Option<String> {
        let text = self.raw(name)?.as_str();
        if text == Some("") {
            return Some(String::new());
        }
        let url = text
            .and_then(|text| Url::parse(text).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        match url.as_ref().and_then(Url::host) {
            None => self.issue(name, "invalid_union", "expected a URL or an empty text"),
            Some(host) if !is_public(&host) => {
                self.issue(name, "custom", "webhooks cannot be sent there")
            }
            Some(_) => {}
        }
        text.map(str::to_owned)
    }

    pub fn end_user(&mut self, name: &'static str) -> Option<EndUser> {
        let given = self.object(name, "object")?;
        let path = self.at(name);
        let mut fields = Fields::new(given, &path);
        let id = fields.required_text("id", 1..=255);
        let email = given.get("email").and_then(Value::as_str);
        if email.is_some_and(|email| !is_email(email)) {
            fields.issue("email", "invalid_format", "expected an e-mail address");
        }
        fields.text("email", 5..=255);
        let display_name = fields.text("display_name", 0..=255);
        let tags = fields.object("tags", "record").map(|given| {
            let path: Vec<&str> = path.iter().copied().chain(["tags"]).collect();
            let (tags, issues) = body_tags(given, &path);
            fields.add(issues);
            tags
        });
        let issues = fields.done();
        self.issues.extend(issues);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(EndUser {
            id: id.to_owned(),
            display_name: owned(display_name),
            email: owned(email),
            tags,
            organization: None,
        })
    }

    /// Returns the issues. Unknown members come last.
    pub fn done(mut self) -> Vec<Issue> {
        let unknown = self.map.keys().map(String::as_str).filter(|name| !self.read.contains(name));
        let issue = unrecognized(unknown, self.path);
        self.issues.extend(issue);
        self.issues
    }
}

/// The parameters of a query, read by name.
pub struct Params<'a> {
    query: &'a Query,
    read: Vec<&'static str>,
    pub issues: Vec<Issue>,
}

impl<'a> Params<'a> {
    pub fn new(query: &'a Query) -> Self {
        Params { query, read: Vec::new(), issues: Vec::new() }
    }

    pub fn raw(&mut self, name: &'static str) -> Option<&'a Param> {
        self.read.push(name);
        self.query.get(name)
    }

    pub fn text(&mut self, name: &'static str) -> Option<&'a str> {
        match self.raw(name)? {
            Param::One(text) => Some(text),
            other => {
                self.issues.push(Issue::wrong_type("string", other.kind(), &[name]));
                None
            }
        }
    }

    pub fn text_of(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<&'a str> {
        let text = self.text(name)?;
        self.issues.extend(length_issue(text, &range, &[name]));
        Some(text)
    }

    pub fn provider_config_key(&mut self) -> &'a str {
        if self.query.get("provider_config_key").is_none() {
            self.issues.push(Issue::wrong_type("string", "undefined", &["provider_config_key"]));
        }
        let Some(key) = self.text("provider_config_key") else { return "" };
        self.issues.extend(integration_key(key, &["provider_config_key"]));
        key
    }

    /// Nango's words for a boolean, in any case.
    pub fn flag(&mut self, name: &'static str) -> bool {
        let text = match self.raw(name) {
            None => return false,
            Some(Param::One(text)) => text.to_ascii_lowercase(),
            Some(other) => {
                self.issues.push(Issue::wrong_type("string", other.kind(), &[name]));
                return false;
            }
        };
        match text.as_str() {
            "true" | "1" | "yes" | "on" | "y" | "enabled" => true,
            "false" | "0" | "no" | "off" | "n" | "disabled" => false,
            _ => {
                self.issues.push(Issue::new("invalid_value", "expected true or false", &[name]));
                false
            }
        }
    }

    /// Converts text to a number as JavaScript does: empty text is 0.
    pub fn number(&mut self, name: &'static str, min: f64, max: f64) -> Option<f64> {
        let number = match self.raw(name)? {
            Param::One(text) if text.trim().is_empty() => 0.0,
            Param::One(text) => text.trim().parse().unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        if !number.is_finite() {
            self.issues.push(Issue::wrong_type("number", "NaN", &[name]));
        } else if number < min {
            self.issues.push(Issue::new("too_small", format!("must be at least {min}"), &[name]));
        } else if number > max {
            self.issues.push(Issue::new("too_big", format!("must be at most {max}"), &[name]));
        }
        Some(number)
    }

    pub fn done(mut self) -> Result<(), Reply> {
        let unknown = self.query.0.iter().map(|(name, _)| name.as_str());
        let issue = unrecognized(unknown.filter(|name| !self.read.contains(name)), &[]);
        self.issues.extend(issue);
        refuse("invalid_query_params", self.issues)
    }
}

/// For routes that take no query parameters.
pub fn no_query(query: &Query) -> Result<(), Reply> {
    Params::new(query).done()
}

fn pattern(text: &str, allowed: &str, max: usize, path: &[&str]) -> Option<Issue> {
    let fits = |c: char| c.is_ascii_alphanumeric() || allowed.contains(c);
    if text.is_empty() || !text.chars().all(fits) {
        Some(Issue::new(
            "invalid_format",
            format!("allows letters, digits and any of {allowed:?}"),
            path,
        ))
    } else {
        length_issue(text, &(1..=max), path)
    }
}

pub fn integration_key(key: &str, path: &[&str]) -> Option<Issue> {
    pattern(key, "~:.@ _-", 255, path)
}

pub fn connection_id(id: &str, path: &[&str]) -> Option<Issue> {
    pattern(id, r#",.;:=+~[]|@${}"'\/_ -"#, 255, path)
}

pub fn provider_name(name: &str, path: &[&str]) -> Option<Issue> {
    pattern(name, "_-", 255, path)
}

/// The text of a parameter that was given exactly once.
pub fn one(param: &Param) -> Option<&str> {
    match param {
        Param::One(text) => Some(text),
        _ => None,
    }
}

/// Refuses Nango's own domain and hosts that only the machine or its network can reach.
fn is_public(host: &Host<&str>) -> bool {
    let below = |host: &str, domain: &str| {
        host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    match host {
        Host::Domain(host) => !below(host, "nango.dev") && !below(host, "localhost"),
        Host::Ipv4(ip) => {
            !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified())
        }
        Host::Ipv6(ip) => {
            !(ip.is_loopback()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_unspecified())
        }
    }
}

/// A simple check that distinguishes an email address from a word.
pub fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else { return false };
    !user.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !text.contains(char::is_whitespace)
        && !host.contains('@')
}

/// Reads tags by Nango's rules: at most ten, with lower-case keys. Also reports what is wrong.
pub fn tags<'a>(
    entries: impl Iterator<Item = (&'a str, Option<&'a str>, &'static str)>,
    path: &[&str],
) -> (Map<String, Value>, Vec<Issue>) {
    let mut tags = Map::new();
    let (mut issues, mut custom) = (Vec::new(), Vec::new());
    let mut count = 0;
    for (key, value, kind) in entries {
        count += 1;
        let at: Vec<&str> = path.iter().copied().chain([key]).collect();
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        if !key.starts_with(|c: char| c.is_ascii_alphabetic())
            || !key.chars().all(fits)
            || key.len() > 64
        {
            issues.push(Issue::new("invalid_key", "not a valid tag key", &at));
            continue;
        }
        let Some(value) = value else {
            issues.push(Issue::wrong_type("string", kind, &at));
            continue;
        };
        if let Some(issue) = length_issue(value, &(1..=255), &at) {
            issues.push(issue);
            continue;
        }
        let key = key.to_ascii_lowercase();
        if key == "end_user_email" && !is_email(value) {
            custom.push(Issue::new(
                "custom",
                "the tag end_user_email must be an e-mail address",
                path,
            ));
        }
        if tags.insert(key.clone(), Value::from(value)).is_some() {
            custom.push(Issue::new(
                "custom",
                format!("two tags have the lower-case key {key:?}"),
                path,
            ));
        }
    }
    if count > 10 {
        custom.push(Issue::new("custom", "more than 10 tags", path));
    }
    // Like the real schema, check the whole only if every part is well formed.
    if issues.is_empty() {
        issues = custom;
    }
    (tags, issues)
}

pub fn body_tags(map: &Map<String, Value>, path: &[&str]) -> (Map<String, Value>, Vec<Issue>) {
    tags(map.iter().map(|(key, value)| (key.as_str(), value.as_str(), kind(Some(value)))), path)
}

pub fn query_tags(entries: &[(String, String)]) -> (Map<String, Value>, Vec<Issue>) {
    let entries = entries.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()), "string"));
    tags(entries, &["tags"])
}

pub fn not_a_tag(name: &str) -> Issue {
    Issue::wrong_type("string", "object", &["tags", name])
}

pub fn not_tags(param: &Param) -> Issue {
    Issue::wrong_type("record", param.kind(), &["tags"])
}
