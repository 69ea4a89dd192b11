//! Replaces a token that the provider refused.
//!
//! Reads the connection, and forces a refresh if Nango still has the refused token. If several
//! calls of a client replace the same token of a connection at the same time, one of them, the
//! leader, does this. The others wait for its *flight* to land. This is the same for blocking and
//! queued calls: each waits where it runs, with its own deadline and cancel, and without a
//! connection. If a leader gives up, the next call takes over the flight.
//!
//! This is not a cache. The result of a flight is dropped once the waiting calls have taken it. A
//! call that arrives after the flight has landed starts a new one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::catalogue::{self, FORCE_REFRESH, REFRESH_TOKEN};
use crate::client::{Client, Planned};
use crate::credentials::{self, Renewal};
use crate::engine::{Answer, Failure, Finished, Line, Reuse};
use crate::error::{Code, Error};
use crate::json;
use crate::options::CallOptions;
use crate::request::Parameters;
use crate::retry::{Attempt, Call, Decoded, timed_out};
use crate::secret::Secret;
use crate::sync::{Mutex, lock};

/// The wait before each forced refresh. If a forced refresh coincides with a plain read of the
/// connection, Nango answers it with the old token; a later one may not coincide.
const WAITS: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_millis(1000)];

type Outcome = Result<Secret, Error>;

/// What a call that replaces a token needs in addition to its plain read.
pub(crate) struct Replacement {
    connection: Key,
    refused: Secret,
    /// A plain read that shows whether there is a refresh token.
    inspection: Planned,
    forced: Planned,
}

/// What identifies a connection: `provider_config_key`, then `connection_id`.
type Key = [String; 2];

impl Replacement {
    /// `parameters` are those of the plain read.
    pub(crate) fn plan(
        client: &Client,
        parameters: &Parameters,
        refused: Secret,
        options: &CallOptions,
    ) -> Result<Arc<Replacement>, Error> {
        let with = |flag: &str| {
            let mut parameters = parameters.clone();
            parameters.insert(flag.to_owned(), Value::Bool(true));
            client.plan(&catalogue::REPLACING, parameters, options)
        };
        let id = |name| parameters.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Arc::new(Replacement {
            connection: [id("provider_config_key"), id("connection_id")],
            refused,
            inspection: with(REFRESH_TOKEN)?,
            forced: with(FORCE_REFRESH)?,
        }))
    }

    pub(crate) async fn run(
        &self,
        read: &Planned,
        line: &Line,
        deadline: Instant,
    ) -> Finished<Outcome> {
        loop {
            match read.replacements().join(&self.connection, &self.refused) {
                Role::Leader(leader) => {
                    let made = AtomicU32::new(0);
                    let mut sender = Sender {
                        line,
                        deadline,
                        made: &made,
                        out_of_time: false,
                        reuse: Reuse::Keep,
                    };
                    let outcome = self
                        .lead(read, &mut sender)
                        .await
                        .map_err(|error| error.with_attempts(made.load(Ordering::Relaxed)));
                    // If this call ran out of time, that is not the result of the others.
                    if !sender.out_of_time {
                        leader.land(&outcome);
                    }
                    return Finished { result: outcome, line: sender.reuse };
                }
                Role::Waiter(flight) => {
                    let Some(landed) = line.until(deadline, flight.landed()).await else {
                        let why =
                            "timed out waiting for another call to replace the token; try again";
                        return Finished { result: Err(timed_out(why)), line: Reuse::Keep };
                    };
                    match landed {
                        Some(result) if flight.refused == self.refused => {
                            return Finished { result, line: Reuse::Keep };
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    async fn lead(&self, read: &Planned, sender: &mut Sender<'_>) -> Outcome {
        let mut found = self.inspect(sender.send(read).await?)?;
        if let Found::Refused(Renewal::WithRefreshToken) = found {
            found = self.inspect(sender.send(&self.inspection).await?)?;
        }
        match found {
            Found::Another(token) => return Ok(token),
            Found::Refused(Renewal::Forced) => {}
            Found::Refused(Renewal::WithRefreshToken) => {
                return Err(not_replaced(
                    "Nango still has the refused token, and has no refresh token to replace it; \
                     the user must authorise again",
                ));
            }
            Found::Refused(Renewal::Never(kind)) => {
                return Err(not_replaced(&format!(
                    "Nango still has the refused token, and does not refresh {kind} credentials; \
                     the user must connect again, or new credentials must be \
                     imported"
                )));
            }
        }
        let mut last = None;
        for wait in WAITS {
            sender.pause(wait).await?;
            let (answer, failure) = match sender.send(&self.forced).await {
                Err(error) if sender.has_time() && may_have_refreshed(&error) => {
                    (sender.send(read).await?, Some(error))
                }
                answer => (answer?, None),
            };
            match self.inspect(answer)? {
                Found::Another(token) => return Ok(token),
                Found::Refused(_) => last = failure,
            }
        }
        Err(last.unwrap_or_else(|| {
            not_replaced(&format!(
                "Nango still has the refused token after {} forced refreshes. The provider may \
                 refuse it for another reason, such as a missing permission; \
                 otherwise the user must authorise again",
                WAITS.len()
            ))
        }))
    }

    /// Examines a connection, and wipes it.
    fn inspect(&self, connection: Secret) -> Result<Found, Error> {
        self.found(&connection).map_err(|error| error.with_status(200))
    }

    fn found(&self, connection: &str) -> Result<Found, Error> {
        // It was already checked by the decoder.
        let [credentials, provider] =
            json::members(connection, ["credentials", "provider"]).unwrap_or_default();
        let renewal = credentials::renewal(credentials::all(credentials)?, provider);
        match credentials::token(credentials) {
            Ok(token) if *token != *self.refused => Ok(Found::Another(token.into())),
            // A type that is never refreshed and has no single token, such as BASIC, counts as
            // refused.
            Err(error)
                if error.code() != Code::NoSingleToken || !matches!(renewal, Renewal::Never(_)) =>
            {
                Err(error)
            }
            _ => Ok(Found::Refused(renewal)),
        }
    }
}

/// What a read of the connection found.
enum Found {
    Another(Secret),
    /// Still the refused token, and how to get another.
    Refused(Renewal),
}

fn not_replaced(why: &str) -> Error {
    Error::new(Code::TokenNotReplaced, why).with_status(200)
}

/// Whether a failed forced refresh may still have been processed. If Nango itself reported the
/// failure, or nothing was sent, it was not. Otherwise it is unknown, and a cheap plain read tells.
fn may_have_refreshed(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Io | Code::Timeout | Code::Server | Code::InvalidResponse | Code::ResponseTooLarge
    )
}

/// How a leader sends its requests: its line, its deadline, and what came of them.
struct Sender<'a> {
    line: &'a Line,
    deadline: Instant,
    /// The number of requests sent.
    made: &'a AtomicU32,
    /// Whether the call timed out, or has too little time for the next step.
    out_of_time: bool,
    reuse: Reuse,
}

impl Sender<'_> {
    async fn send(&mut self, planned: &Planned) -> Outcome {
        let step = Step { planned, made: self.made };
        let Finished { result: outcome, line } =
            planned.attempts_as(self.line, self.deadline, &step).await;
        self.reuse = line;
        self.out_of_time =
            matches!(&outcome, Err(error) if error.code() == Code::Timeout) && !self.has_time();
        outcome
    }

    async fn pause(&mut self, wait: Duration) -> Result<(), Error> {
        if Instant::now() + wait >= self.deadline {
            self.out_of_time = true;
            return Err(timed_out(
                "Nango still has the refused token, and too little time is left for another \
                 forced refresh; increase timeout",
            ));
        }
        if !wait.is_zero() {
            sleep(wait).await;
        }
        Ok(())
    }

    fn has_time(&self) -> bool {
        Instant::now() < self.deadline
    }
}

/// One of several requests: numbers its attempts after those of the previous requests.
struct Step<'a> {
    planned: &'a Planned,
    made: &'a AtomicU32,
}

impl Call for Step<'_> {
    fn decode(&self, answer: Answer) -> Decoded {
        self.planned.decode(answer)
    }

    fn decoder(&self) -> impl FnOnce(Answer) -> Decoded + Send + 'static {
        self.planned.decoder()
    }

    fn explain(&self, failure: &Failure) -> Error {
        self.planned.explain(failure)
    }

    fn watch(&self, attempt: Attempt<'_>) {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        self.planned.watch(Attempt { number, ..attempt });
    }
}

/// The flights of a client in one process, at most one per connection. A forked child has its own.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Arc<Flight>>>);

struct Flight {
    refused: Secret,
    outcome: watch::Receiver<Option<Outcome>>,
}

enum Role<'a> {
    Leader(Leader<'a>),
    Waiter(Arc<Flight>),
}

/// The leader of a flight. If it is dropped before the flight has landed, the next call takes over.
struct Leader<'a> {
    flights: &'a Flights,
    connection: &'a Key,
    /// `None` once the flight has landed.
    outcome: Option<watch::Sender<Option<Outcome>>>,
}

impl Flights {
    fn join<'a>(&'a self, connection: &'a Key, refused: &Secret) -> Role<'a> {
        match lock(&self.0).entry(connection.clone()) {
            Entry::Occupied(flight) => Role::Waiter(Arc::clone(flight.get())),
            Entry::Vacant(vacant) => {
                let (sender, receiver) = watch::channel(None);
                vacant.insert(Arc::new(Flight { refused: refused.clone(), outcome: receiver }));
                Role::Leader(Leader { flights: self, connection, outcome: Some(sender) })
            }
        }
    }
}

impl Flight {
    /// The result of the flight. `None`: its leader gave up.
    async fn landed(&self) -> Option<Outcome> {
        let mut outcome = self.outcome.clone();
        outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone())
    }
}

impl Leader<'_> {
    fn land(mut self, outcome: &Outcome) {
        let landing = self.end();
        if let Some(landing) = landing {
            landing.send_replace(Some(outcome.clone()));
        }
    }

    /// Removes the flight, so that later calls do not find it.
    fn end(&mut self) -> Option<watch::Sender<Option<Outcome>>> {
        let landing = self.outcome.take()?;
        lock(&self.flights.0).remove(self.connection);
        Some(landing)
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
