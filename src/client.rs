//! The client: a base URL, a secret key, a retry policy, and the calls to Nango.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hyper::body::Bytes;
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderMap, HeaderValue, USER_AGENT,
};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::base_url::BaseUrl;
use crate::catalogue::{self, Location, Operation, REFUSED_TOKEN, Returns};
use crate::credentials;
use crate::engine::fork::PerProcess;
use crate::engine::inline::Outcome;
use crate::engine::proxy::ProxyRoute;
use crate::engine::{Answer, Engine, Failure, Finished, Line, Request, Settings, TlsFault};
use crate::error::redact::Safe;
use crate::error::{Code, Error, shortened};
use crate::events::Events;
use crate::json;
use crate::options::{CallOptions, Options};
use crate::replace::{Flights, Replacement};
use crate::request::{self, Parameters};
use crate::response;
use crate::retry::{self, Attempt, Call, Decoded, OUTCOME_UNKNOWN, Policy};
use crate::secret::{SPARE, Secret, SecretKey};

/// A client of one Nango environment. Clones are cheap, and any number of threads may use it at
/// once. Create one per key and keep it, so that connections are reused. It never caches a token.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    base_url: BaseUrl,
    secret_key: SecretKey,
    plural_routes: bool,
    timeout: Duration,
    policy: Policy,
    headers: Arc<HeaderMap>,
    /// The headers of a request without the key.
    anonymous: Arc<HeaderMap>,
    /// For errors: which certificate authorities TLS connections trust.
    trust: String,
    engine: Engine,
    /// What is unsafe about the configuration.
    warning: Option<String>,
    event_capacity: usize,
    events: PerProcess<Events>,
    replacements: PerProcess<Flights>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.base_url.prefix())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Creates a client of `https://api.nango.dev`.
    pub fn new(secret_key: &str) -> Result<Client, Error> {
        let mut options = Options::default();
        options.set_secret_key(secret_key)?;
        Client::with_options(&options)
    }

    /// Creates a client with these options. Sends nothing yet.
    pub fn with_options(options: &Options) -> Result<Client, Error> {
        let Some(secret_key) = options.secret_key.clone() else {
            return Err(Error::invalid_argument(
                "a client needs a secret key; find it in Nango's dashboard under Environment \
                 Settings, API Keys",
            ));
        };
        let base_url = options.base_url.clone();
        let host = HeaderValue::from_str(base_url.host()).map_err(|_| {
            Error::invalid_argument(
                "the base URL's host is not valid in a header; check the base URL",
            )
        })?;
        let anonymous: HeaderMap = [
            (HOST, host),
            (ACCEPT, HeaderValue::from_static("application/json")),
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            (USER_AGENT, options.user_agent.clone()),
        ]
        .into_iter()
        .collect();
        // Wiped when its last owner drops it: this makes no copy.
        let bearer =
            Bytes::from_owner(Zeroizing::new(format!("Bearer {}", secret_key.text()).into_bytes()));
        let mut authorization = HeaderValue::from_maybe_shared(bearer).map_err(|_| {
            Error::invalid_argument("the secret key is not valid in a header; check the key")
        })?;
        authorization.set_sensitive(true);
        let mut headers = anonymous.clone();
        headers.insert(AUTHORIZATION, authorization);
        let proxy = options
            .proxy
            .for_server(base_url.url(), base_url.is_loopback())
            .map_err(|why| Error::invalid_argument(why))?;
        let local = base_url.is_loopback() && proxy.as_ref().is_none_or(ProxyRoute::is_loopback);
        let warning = (!base_url.is_https() && !local).then(|| {
            format!(
                "{} uses plain HTTP: the secret key and every token are sent unencrypted; use \
                 https",
                base_url.origin()
            )
        });
        let speaks_tls = base_url.is_https() || proxy.as_ref().is_some_and(ProxyRoute::is_https);
        let settings = Settings {
            server: base_url.url().clone(),
            connect_timeout: options.connect_timeout,
            idle_timeout: options.idle_timeout,
            idle_connections: options.idle_connections,
            max_connections: options.max_connections,
            max_response_bytes: options.max_response_bytes,
            spare_bytes: SPARE,
            proxy,
            tls: speaks_tls.then(|| options.tls.clone()),
        };
        let client = Client(Arc::new(Shared {
            secret_key,
            plural_routes: options.plural_routes,
            timeout: options.timeout,
            policy: Policy {
                max_retries: options.max_retries,
                attempt_timeout: options.attempt_timeout,
                max_retry_wait: options.max_retry_wait,
                connect_retry: options.connect_retry,
                answered: AtomicBool::new(false),
            },
            headers: Arc::new(headers),
            anonymous: Arc::new(anonymous),
            trust: options.tls.described(),
            engine: Engine::new(settings),
            warning,
            event_capacity: options.events,
            events: PerProcess::new(),
            replacements: PerProcess::new(),
            base_url,
        }));
        if let Some(warning) = client.warning() {
            client.0.events().warning(warning);
        }
        Ok(client)
    }

    /// Returns the whole connection, as the server wrote it. Nango refreshes its token first if
    /// needed. `credentials` is `{}` if the key may not see them.
    pub fn get_connection_json(
        &self,
        provider_config_key: &str,
        connection_id: &str,
        options: &CallOptions,
    ) -> Result<Secret, Error> {
        self.call(
            &catalogue::GET_CONNECTION,
            one_connection(provider_config_key, connection_id),
            options,
        )
    }

    /// Returns the one string to send after `Bearer`, or the API key.
    pub fn get_token(
        &self,
        provider_config_key: &str,
        connection_id: &str,
        options: &CallOptions,
    ) -> Result<Secret, Error> {
        self.call(
            &catalogue::GET_TOKEN,
            one_connection(provider_config_key, connection_id),
            options,
        )
    }

    /// Returns the `credentials` of a connection, of any type, as the server wrote them.
    pub fn get_credentials_json(
        &self,
        provider_config_key: &str,
        connection_id: &str,
        options: &CallOptions,
    ) -> Result<Secret, Error> {
        self.call(
            &catalogue::GET_CREDENTIALS,
            one_connection(provider_config_key, connection_id),
            options,
        )
    }

    /// Returns a new token in place of one that the provider refused, for example with 401.
    ///
    /// Reads the connection first: Nango may already have another token. If Nango still has the
    /// refused token, forces a refresh. If several calls of a client, blocking or queued, replace
    /// the same token of a connection at the same time, one of them does this. The others wait for
    /// its result, each within its own timeout and until its own cancel. No token is kept after
    /// that.
    ///
    /// A real server may answer a forced refresh with the old token if the refresh coincides with
    /// another read of the connection. So there are up to three forced refreshes, 0.5 s and 1 s
    /// apart, within the timeout of the call. The call fails with [`Code::TokenNotReplaced`] if
    /// none of them returned another token. It also fails with this code, without a forced refresh,
    /// if Nango does not refresh credentials of this type.
    pub fn replace_token(
        &self,
        provider_config_key: &str,
        connection_id: &str,
        refused_token: &str,
        options: &CallOptions,
    ) -> Result<Secret, Error> {
        let mut parameters = one_connection(provider_config_key, connection_id);
        parameters.insert(REFUSED_TOKEN.to_owned(), refused_token.into());
        self.call(&catalogue::REPLACE_TOKEN, parameters, options)
    }

    /// Returns the connections of the environment, as the server wrote them, without credentials.
    /// Without a limit the server sends the first 10 000.
    pub fn list_connections_json(
        &self,
        filter: Parameters,
        options: &CallOptions,
    ) -> Result<Secret, Error> {
        self.call(&catalogue::LIST_CONNECTIONS, filter, options)
    }

    /// Calls any operation of the catalogue, on the caller's thread.
    pub fn call(
        &self,
        operation: &'static Operation,
        parameters: Parameters,
        options: &CallOptions,
    ) -> Result<Secret, Error> {
        self.plan(operation, parameters, options)?.on_this_thread()
    }

    /// Opens a connection before the first call: requests the health of the server, without the
    /// key. Any answer counts as success.
    pub fn warm_up(&self) -> Result<(), Error> {
        self.call(&catalogue::WARM_UP, Parameters::new(), &CallOptions::default()).map(drop)
    }

    /// What is unsafe about the client's configuration, such as a base URL with plain HTTP. `None`:
    /// nothing is known to be. Log it when the program starts.
    pub fn warning(&self) -> Option<&str> {
        self.0.warning.as_deref()
    }

    /// Returns the oldest event that has not been taken; see [`Options::set_events`].
    pub fn next_event_json(&self) -> Option<String> {
        self.0.events().next()
    }

    /// Checks the arguments and builds the request.
    pub(crate) fn plan(
        &self,
        operation: &'static Operation,
        mut parameters: Parameters,
        options: &CallOptions,
    ) -> Result<Planned, Error> {
        let shared = &self.0;
        // A long body takes a while to serialize.
        let began = Instant::now();
        let missing = request::missing(operation, &parameters);
        // Taken out first, so that it is wiped even if the call fails.
        let kept = operation
            .parameters
            .iter()
            .find(|known| matches!(known.location, Location::Kept | Location::Bearer))
            .map(|known| (known, request::take_secret(&mut parameters, known.name)));
        request::add_flags(&mut parameters, options.force_refresh, options.include_refresh_token);
        let common =
            Arc::clone(if operation.authorized { &shared.headers } else { &shared.anonymous });
        let built = missing
            .and_then(|()| {
                request::build(
                    &shared.base_url,
                    shared.plural_routes,
                    operation,
                    &parameters,
                    common,
                    &options.headers,
                )
            })
            .and_then(|mut request| {
                let Some((known, secret)) = kept else { return Ok((request, None, None)) };
                let secret = secret?;
                if known.location == Location::Kept {
                    return Ok((request, Some(secret), None));
                }
                request.added.push((AUTHORIZATION, request::bearer(known.name, &secret)?));
                Ok((request, None, Some(Box::new(secret))))
            });
        if built.as_ref().map_or(true, |(request, ..)| request.body.is_some()) {
            request::wipe_body(operation, &mut parameters);
        }
        match built {
            Ok((request, refused, bearer)) => Ok(Planned {
                client: self.clone(),
                operation,
                request,
                replacement: refused
                    .map(|refused| Replacement::plan(self, &parameters, refused, options))
                    .transpose()?,
                bearer,
                subject: Subject::of(operation, &mut parameters),
                deadline: began + options.timeout.unwrap_or(shared.timeout),
                cancel: options.cancel.as_ref().map(|cancel| cancel.token().clone()),
            }),
            Err(error) => {
                let subject = Subject::of(operation, &mut parameters);
                Err(error.during(&subject.describe(operation, self)))
            }
        }
    }
}

/// A call that is ready to run, on either engine.
#[derive(Clone)]
pub(crate) struct Planned {
    client: Client,
    operation: &'static Operation,
    request: Request,
    /// What else the call needs to replace a token; only for [`catalogue::REPLACE_TOKEN`].
    replacement: Option<Arc<Replacement>>,
    /// What was sent in place of the client's key. Boxed, because few calls have it.
    bearer: Option<Box<Secret>>,
    subject: Subject,
    deadline: Instant,
    pub(crate) cancel: Option<CancellationToken>,
}

impl Planned {
    fn on_this_thread(self) -> Result<Secret, Error> {
        let deadline = self.deadline;
        let outcome = self
            .client
            .0
            .engine
            .run(self.cancel.as_ref(), async |line| self.attempts(line, deadline).await);
        self.with_subject(match outcome {
            Outcome::Done(result) => result,
            Outcome::Cancelled => Err(cancelled()),
            Outcome::Failed(failure) => Err(self.explain(&failure)),
        })
    }

    /// Starts the call on the background thread and returns. Passes the result to `done` on that
    /// thread.
    pub(crate) fn begin(
        self,
        thread: &Handle,
        cancel: CancellationToken,
        done: impl FnOnce(Result<Secret, Error>) + Send + 'static,
    ) {
        let client = self.client.clone();
        client.0.engine.begin(thread, self.request.may_skip_poll, async move {
            done(self.in_background(&cancel).await)
        });
    }

    /// Runs the call on the background thread until it completes or is cancelled.
    pub(crate) async fn in_background(&self, cancel: &CancellationToken) -> Result<Secret, Error> {
        let result = match self.client.0.engine.shared_line() {
            Ok(line) => {
                match cancel.run_until_cancelled(pin!(self.attempts(&line, self.deadline))).await {
                    Some(finished) => finished.result,
                    None => Err(cancelled()),
                }
            }
            Err(failure) => Err(self.explain(&failure)),
        };
        self.with_subject(result)
    }

    fn safe(&self) -> Safe<'_> {
        let shared = &self.client.0;
        let key = match self.bearer.as_ref().map(|token| &***token) {
            // What all tokens of sessions begin with is also part of error codes.
            Some(token) => token
                .strip_prefix(SESSION_PREFIX)
                .filter(|secret| secret.len() >= 8)
                .unwrap_or(token),
            None => shared.secret_key.text(),
        };
        Safe::new(key, self.subject.ids(), shared.base_url.host())
    }

    async fn attempts(&self, line: &Line, deadline: Instant) -> Finished<Result<Secret, Error>> {
        match &self.replacement {
            None => self.attempts_as(line, deadline, self).await,
            // Boxed, so that the futures of other calls do not become as large as this one.
            Some(replacement) => Box::pin(replacement.run(self, line, deadline)).await,
        }
    }

    /// Makes the attempts of this request.
    pub(crate) async fn attempts_as(
        &self,
        line: &Line,
        deadline: Instant,
        call: &impl Call,
    ) -> Finished<Result<Secret, Error>> {
        retry::attempts(line, &self.request, &self.client.0.policy, deadline, call).await
    }

    /// The token replacements in progress in this process.
    pub(crate) fn replacements(&self) -> &Flights {
        self.client.0.replacements.get_or_init(Flights::default)
    }

    fn with_subject(&self, result: Result<Secret, Error>) -> Result<Secret, Error> {
        result.map_err(|error| error.during(&self.subject.describe(self.operation, &self.client)))
    }
}

impl Planned {
    /// Returns an error if the answer names another connection or integration than the request.
    /// Accepts an answer that names none.
    fn mismatch(&self, found: [Option<&str>; catalogue::IDENTITIES]) -> Option<Error> {
        let named = self.operation.identity.into_iter().zip(found);
        let named = named.filter_map(|(name, value)| {
            let wanted = self.subject.get(self.operation, name)?;
            Some((name, value.filter(|value| *value != "null")?, wanted))
        });
        if named.clone().all(|(_, value, wanted)| json::is_string(value, wanted)) {
            return None;
        }
        let named = named.map(|(name, value, _)| {
            let value = json::string(value).unwrap_or_else(|| "not a string".to_owned());
            format!("{name} is {:?}", self.client.show_id(&value))
        });
        let message = format!(
            "the answer belongs to another request: its {}. Check the gateway in front of Nango, \
             which may have mixed up two answers",
            named.collect::<Vec<_>>().join(" and its ")
        );
        let error = Error::new(Code::InvalidResponse, message).with_retryable(true);
        Some(if self.request.repeatable { error } else { error.noting(OUTCOME_UNKNOWN) })
    }
}

pub(crate) fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the call was cancelled")
}

impl Shared {
    /// Decides what an error of a call with these ids may show.
    fn safe<'a>(&'a self, ids: [&'a str; 2]) -> Safe<'a> {
        Safe::new(self.secret_key.text(), ids, self.base_url.host())
    }

    fn events(&self) -> &Events {
        self.events.get_or_init(|| Events::new(self.event_capacity))
    }
}

impl Call for Planned {
    fn decode(&self, answer: Answer) -> Decoded {
        let is_empty = answer.status == StatusCode::NO_CONTENT;
        if self.operation.returns == Returns::Answered
            || (is_empty && matches!(self.operation.returns, Returns::Nothing | Returns::Any))
        {
            return Decoded::Done(Ok(Zeroizing::new("null".to_owned()).into()));
        }
        let status = answer.status.as_u16();
        let failed = |error: Error| Decoded::Done(Err(error.with_status(status)));
        let mut body = match response::text(answer, self.operation, || self.safe()) {
            Ok(body) => body,
            Err(error) => return failed(error),
        };
        if self.operation.returns == Returns::Any {
            return match response::checked(&mut body) {
                Ok(()) => Decoded::Done(Ok(Secret::from(body))),
                Err(error) => failed(error),
            };
        }
        let [first, second] = self.operation.identity;
        let part = match self.operation.returns {
            Returns::Data => "data",
            Returns::Metadata => "metadata",
            _ => "credentials",
        };
        let found = match response::members(&mut body, [part, first, second]) {
            Ok(found) => found,
            Err(error) => return failed(error),
        };
        let [part, identity @ ..] = found;
        if let Some(error) = self.mismatch(identity) {
            return Decoded::Mismatch(error.with_status(status));
        }
        let result = match self.operation.returns {
            Returns::Body
            | Returns::Replacement
            | Returns::Answered
            | Returns::Any
            | Returns::Nothing => Ok(body),
            Returns::Data => part.map(secret_copy).ok_or_else(no_data),
            Returns::Metadata => Ok(secret_copy(part.unwrap_or("null"))),
            Returns::Token => credentials::token(part),
            Returns::Credentials => credentials::all(part).map(secret_copy),
            Returns::Raw => credentials::raw(part).map(secret_copy),
        };
        match result {
            Ok(text) => Decoded::Done(Ok(Secret::from(text))),
            Err(error) => failed(error),
        }
    }

    fn decoder(&self) -> impl FnOnce(Answer) -> Decoded + Send + 'static {
        let planned = self.clone();
        move |answer| planned.decode(answer)
    }

    fn explain(&self, failure: &Failure) -> Error {
        let server = self.client.0.base_url.origin();
        let (code, retryable, message) = match failure {
            Failure::Lookup(lookup) => (
                Code::Dns,
                lookup.temporary,
                format!("{lookup}; check the host in the base URL {server}"),
            ),
            Failure::ProxyLookup(lookup) => (
                Code::Dns,
                lookup.temporary,
                format!("{lookup}; this is the host of the proxy: check the proxy URL"),
            ),
            Failure::Connect(why) => (
                Code::Connect,
                true,
                format!(
                    "cannot connect to {server}: {why}; check that the server is running and that \
                     the base URL is correct"
                ),
            ),
            Failure::ConnectTimeout => (
                Code::Timeout,
                true,
                format!(
                    "connecting to {server} took longer than connect_timeout allows; check that \
                     the server is reachable"
                ),
            ),
            Failure::ConnectProxy(why) => (
                Code::Proxy,
                true,
                format!(
                    "cannot connect to the proxy for {server}: {why}; check that the proxy is \
                     running and that its URL is correct"
                ),
            ),
            Failure::NotTls => (
                Code::Tls,
                false,
                format!(
                    "{server} does not speak TLS on this port; use a base URL with http://, or \
                     the port for https"
                ),
            ),
            Failure::SpeaksTls => (Code::Tls, false, format!("{server} {EXPECTS_TLS}")),
            Failure::NotHttp(why) => (
                Code::InvalidResponse,
                false,
                format!(
                    "what {server} sent is not the head of an HTTP/1 answer with at most 100 \
                     headers: {why}; check the base URL"
                ),
            ),
            Failure::Tls { why, fault } => {
                let advice = match fault {
                    TlsFault::Untrusted => &format!(
                        " (trusting {}); add a private certificate authority with ca_pem",
                        self.client.0.trust
                    ),
                    TlsFault::Certificate => {
                        "; check the server's certificate, the base URL and this machine's clock"
                    }
                    TlsFault::ClientCertificate => {
                        "; the server did not accept the client's certificate: set \
                         client_identity_pem to one that it accepts"
                    }
                    TlsFault::Configuration => "",
                    TlsFault::Other => "; check the base URL and the server's TLS configuration",
                };
                (
                    Code::Tls,
                    false,
                    format!(
                        "cannot establish a trusted TLS connection with {server}: {why}{advice}"
                    ),
                )
            }
            Failure::Proxy(why) => (
                Code::Proxy,
                true,
                format!(
                    "cannot connect to {server} through the proxy: {why}; check the proxy URL, \
                     its username and password, and whether the proxy allows \
                     this host and port"
                ),
            ),
            Failure::ProxyCredentials => (
                Code::Proxy,
                false,
                format!("the proxy for {server} {}", response::PROXY_CREDENTIALS),
            ),
            Failure::Io(why) | Failure::Unsent(why) => {
                let advice = if matches!(failure, Failure::Io(_)) && !self.request.repeatable {
                    OUTCOME_UNKNOWN
                } else {
                    "try again later"
                };
                (
                    Code::Io,
                    true,
                    format!(
                        "the connection to {server} broke before the answer was complete: {why}; \
                         {advice}"
                    ),
                )
            }
            Failure::NoDescriptors(why) => (
                Code::Internal,
                true,
                format!(
                    "no file descriptor is left for a connection to {server}: {why}; close files \
                     and sockets, or raise the process's limit (ulimit -n)"
                ),
            ),
            Failure::TooLarge { limit, .. } => (
                Code::ResponseTooLarge,
                false,
                format!("the answer is longer than {limit} bytes; increase max_response_bytes"),
            ),
            Failure::Internal(why) => (Code::Internal, false, why.clone()),
        };
        let error = Error::new(code, self.safe().message(&message)).with_retryable(retryable);
        match failure {
            Failure::TooLarge { status, .. } => error.with_status(status.as_u16()),
            _ => error,
        }
    }

    fn watch(&self, attempt: Attempt<'_>) {
        self.client.0.events().attempt(self.operation.name, &attempt);
    }
}

fn secret_copy(text: &str) -> Zeroizing<String> {
    let mut copy = Zeroizing::new(String::with_capacity(text.len() + SPARE));
    copy.push_str(text);
    copy
}

fn no_data() -> Error {
    Error::new(
        Code::InvalidResponse,
        "the answer has no \"data\", so it did not come from Nango's API; check the base URL",
    )
}

/// The end of a sentence about a server.
pub(crate) const EXPECTS_TLS: &str =
    "expects TLS on this port; use a base URL with https://, or the port for http";

pub(crate) fn one_connection(provider_config_key: &str, connection_id: &str) -> Parameters {
    let parameters =
        json!({"provider_config_key": provider_config_key, "connection_id": connection_id});
    match parameters {
        Value::Object(members) => members,
        _ => Parameters::new(),
    }
}

/// What the tokens of connect sessions begin with.
const SESSION_PREFIX: &str = "nango_connect_session_";

/// How much of an id a message shows, in characters.
const LONGEST_SUBJECT: usize = 100;

/// What a call is about, for errors: the ids of the connection and its integration, if any.
#[derive(Clone)]
struct Subject([Option<Value>; catalogue::IDENTITIES]);

impl Subject {
    fn of(operation: &Operation, parameters: &mut Parameters) -> Subject {
        Subject(operation.subject.map(|name| {
            if name.is_empty() {
                return None;
            }
            parameters.get_mut(name).map(Value::take).filter(Value::is_string)
        }))
    }

    /// The value of a parameter that identifies what the call is about.
    fn get(&self, operation: &Operation, name: &str) -> Option<&str> {
        let place = operation.subject.iter().position(|known| *known == name)?;
        self.0[place].as_ref()?.as_str()
    }

    fn ids(&self) -> [&str; 2] {
        [0, 1].map(|place| self.0[place].as_ref().and_then(Value::as_str).unwrap_or_default())
    }

    fn describe(&self, operation: &Operation, client: &Client) -> String {
        let shown = |value: &Value| client.show_id(value.as_str().unwrap_or_default());
        match (&self.0, operation.subject[1]) {
            ([Some(id), Some(of)], _) => {
                format!("{} {:?} of {:?}", operation.name, shown(id), shown(of))
            }
            ([Some(id), None], "") => format!("{} {:?}", operation.name, shown(id)),
            _ => operation.name.to_owned(),
        }
    }
}

impl Client {
    /// An id as a message shows it.
    fn show_id(&self, id: &str) -> String {
        // Searched for secrets a little further than shown, but not over its whole length.
        let start = id.char_indices().nth(2 * LONGEST_SUBJECT).map_or(id, |(end, _)| &id[..end]);
        shortened(self.0.safe([""; 2]).message(start), LONGEST_SUBJECT)
    }
}
