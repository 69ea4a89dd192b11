//! A base URL, a key, a policy, and what can be asked of Nango with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use serde_json::{Value, json};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::base_url::BaseUrl;
use crate::credentials;
use crate::engine::fork::PerProcess;
use crate::engine::inline::{Inline, Outcome};
use crate::engine::{Answer, Failure, Settings};
use crate::error::{Code, Error, redact};
use crate::events::Events;
use crate::operation::{self, Operation};
use crate::options::{CallOptions, Options};
use crate::request::{self, Parameters, Request};
use crate::response;
use crate::retry::{self, Attempt, Call, Policy};
use crate::secret::{Secret, SecretKey};

/// A client of one Nango environment. Cheap to clone; any number of threads may use it at once. Make one for each key and keep it: it keeps connections warm.
/// It never keeps a token.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    base_url: BaseUrl,
    secret_key: SecretKey,
    plural_routes: bool,
    timeout: Duration,
    policy: Policy,
    headers: HeaderMap,
    /// What a request without the key has.
    anonymous: HeaderMap,
    /// For an error: whom a TLS connection trusts.
    trust: String,
    inline: Inline,
    event_capacity: usize,
    events: PerProcess<Events>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.0.base_url.prefix()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of `https://api.nango.dev`.
    pub fn new(secret_key: &str) -> Result<Client, Error> {
        let mut options = Options::default();
        options.set_secret_key(secret_key)?;
        Client::with_options(&options)
    }

    /// A client as the options say. Nothing is sent yet.
    pub fn with_options(options: &Options) -> Result<Client, Error> {
        let Some(secret_key) = options.secret_key.clone() else {
            return Err(Error::invalid_argument("a client needs a secret key; it is in Nango's dashboard under Environment Settings, API Keys"));
        };
        let base_url = options.base_url.clone();
        let anonymous: HeaderMap = [(ACCEPT, HeaderValue::from_static("application/json")), (USER_AGENT, options.user_agent.clone())].into_iter().collect();
        let bearer = Zeroizing::new(format!("Bearer {}", secret_key.text()));
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| Error::invalid_argument("the secret key cannot be in a header"))?;
        authorization.set_sensitive(true);
        let mut headers = anonymous.clone();
        headers.insert(AUTHORIZATION, authorization);
        let proxy = options.proxy.for_server(base_url.url(), base_url.is_loopback());
        let speaks_tls = base_url.is_https() || proxy.as_ref().is_some_and(|proxy| proxy.https);
        let settings = Settings {
            connect_timeout: options.connect_timeout,
            idle_timeout: options.idle_timeout,
            idle_connections: options.idle_connections,
            max_response_bytes: options.max_response_bytes,
            proxy: proxy.map(|chosen| chosen.proxy),
            tls: speaks_tls.then(|| options.tls.clone()),
        };
        let client = Client(Arc::new(Shared {
            secret_key,
            plural_routes: options.plural_routes,
            timeout: options.timeout,
            policy: Policy { max_retries: options.max_retries, attempt_timeout: options.attempt_timeout },
            headers,
            anonymous,
            trust: options.tls.described(),
            inline: Inline::new(settings),
            event_capacity: options.events,
            events: PerProcess::new(),
            base_url,
        }));
        let shared = &client.0;
        if !shared.base_url.is_https() && !shared.base_url.is_loopback() {
            shared.events().warning(&format!("{} is plain HTTP: the secret key and every token cross the network unencrypted", shared.base_url.origin()));
        }
        Ok(client)
    }

    /// The whole connection, as the server wrote it, its token refreshed first if need be. `credentials` is `{}` if the key may not see them.
    pub fn get_connection_json(&self, provider_config_key: &str, connection_id: &str, options: &CallOptions) -> Result<Secret, Error> {
        self.call(&operation::GET_CONNECTION, one_connection(provider_config_key, connection_id), options)
    }

    /// The one string that goes behind `Bearer`, or the API key.
    pub fn get_token(&self, provider_config_key: &str, connection_id: &str, options: &CallOptions) -> Result<Secret, Error> {
        self.call(&operation::GET_TOKEN, one_connection(provider_config_key, connection_id), options)
    }

    /// The `credentials` of a connection, of whatever type, as the server wrote them.
    pub fn get_credentials_json(&self, provider_config_key: &str, connection_id: &str, options: &CallOptions) -> Result<Secret, Error> {
        self.call(&operation::GET_CREDENTIALS, one_connection(provider_config_key, connection_id), options)
    }

    /// The connections of the environment, as the server wrote them, without credentials. Without a limit the server sends its first 10 000.
    pub fn list_connections_json(&self, filter: Parameters, options: &CallOptions) -> Result<Secret, Error> {
        self.call(&operation::LIST_CONNECTIONS, filter, options)
    }

    /// Any operation of the catalogue, on the caller's own thread.
    pub fn call(&self, operation: &Operation, mut parameters: Parameters, options: &CallOptions) -> Result<Secret, Error> {
        let subject = subject(operation, &parameters, self.0.secret_key.text());
        request::add_flags(&mut parameters, options.force_refresh, options.include_refresh_token);
        let mut headers = self.0.headers.clone();
        headers.extend(options.headers.iter().cloned());
        Request::new(&self.0.base_url, self.0.plural_routes, operation, &parameters, headers)
            .and_then(|request| self.perform(operation, &request, options))
            .map_err(|error| error.during(&subject))
    }

    /// Opens a connection before the first call: asks for the server's health, without the key. Any answer will do.
    pub fn warm_up(&self) -> Result<(), Error> {
        let operation = &operation::HEALTH;
        let headers = self.0.anonymous.clone();
        Request::new(&self.0.base_url, self.0.plural_routes, operation, &Parameters::new(), headers)
            .and_then(|request| self.perform(operation, &request, &CallOptions::default()))
            .map(drop)
            .or_else(|error| if error.http_status().is_some() { Ok(()) } else { Err(error.during(operation.name)) })
    }

    /// The oldest event that nobody took yet; see [`Options::set_events`].
    pub fn next_event_json(&self) -> Option<String> {
        self.0.events().next()
    }

    fn perform(&self, operation: &Operation, request: &Request, options: &CallOptions) -> Result<Secret, Error> {
        let shared = &*self.0;
        let deadline = Instant::now() + options.timeout.unwrap_or(shared.timeout);
        let call = Named { shared, operation };
        let cancel = options.cancel.as_ref().map(|cancel| &cancel.0);
        match shared.inline.run(cancel, async |line| retry::attempts(line, request, &shared.policy, deadline, &call).await) {
            Outcome::Done(result) => result,
            Outcome::Cancelled => Err(Error::new(Code::Cancelled, "the call was cancelled")),
            Outcome::Failed(failure) => Err(call.explain(&failure)),
        }
    }
}

impl Shared {
    fn events(&self) -> &Events {
        self.events.get_or_init(|| Events::new(self.event_capacity))
    }
}

struct Named<'a> {
    shared: &'a Shared,
    operation: &'a Operation,
}

impl Call for Named<'_> {
    fn decode(&self, answer: Answer) -> Result<Secret, Error> {
        let status = answer.status.as_u16();
        let body = response::decode(answer, self.shared.secret_key.text())?;
        match self.operation.result {
            operation::Result::Body => Ok(body.into()),
            operation::Result::Token => credentials::token(&body).map(Zeroizing::new).map(Secret::from),
            operation::Result::Credentials => credentials::all(&body).map(str::to_owned).map(Zeroizing::new).map(Secret::from),
        }
        .map_err(|error| error.with_status(status))
    }

    fn explain(&self, failure: &Failure) -> Error {
        let server = self.shared.base_url.origin();
        let (code, retryable, message) = match failure {
            Failure::Lookup(lookup) => (Code::Dns, lookup.temporary, format!("{lookup}; check the host in the base URL {server}")),
            Failure::Connect(why) => (Code::Connect, true, format!("{server} cannot be reached: {why}; is the server running, and is this its address?")),
            Failure::ConnectTimeout => (Code::Timeout, true, format!("connecting to {server} took longer than connect_timeout allows")),
            Failure::Tls(why) => (
                Code::Tls,
                false,
                format!(
                    "no trusted TLS connection with {server}: {why} (trusting {}); a private authority is added with nango_options_add_ca_pem",
                    self.shared.trust
                ),
            ),
            Failure::Proxy(why) => (Code::Proxy, true, format!("the proxy on the way to {server} did not connect: {why}")),
            Failure::Io(why) => (Code::Io, true, format!("the connection with {server} broke before the answer was complete: {why}")),
            Failure::TooLarge { limit, .. } => (Code::ResponseTooLarge, false, format!("the answer is longer than {limit} bytes (max_response_bytes)")),
            Failure::Internal(why) => (Code::Internal, false, why.clone()),
        };
        let error = Error::new(code, redact::text(&message, self.shared.secret_key.text())).with_retryable(retryable);
        match failure {
            Failure::TooLarge { status, .. } => error.with_status(status.as_u16()),
            _ => error,
        }
    }

    fn watch(&self, attempt: Attempt<'_>) {
        self.shared.events().attempt(self.operation.name, &attempt);
    }
}

fn one_connection(provider_config_key: &str, connection_id: &str) -> Parameters {
    let parameters = json!({"provider_config_key": provider_config_key, "connection_id": connection_id});
    match parameters {
        Value::Object(members) => members,
        _ => Parameters::new(),
    }
}

/// What a failed call was about.
fn subject(operation: &Operation, parameters: &Parameters, secret_key: &str) -> String {
    let named = |name| parameters.get(name).and_then(Value::as_str).map(|value| redact::text(value, secret_key));
    match (named("connection_id"), named("provider_config_key")) {
        (Some(id), Some(key)) => format!("{} {id:?} of {key:?}", operation.name),
        _ => operation.name.to_owned(),
    }
}
