//! A token in place of one that the provider refused.
//!
//! Nango is asked what it has by now, and made to refresh the token if that is still the refused
//! one. Of the calls of a client that replace the same token of a connection at the same time one,
//! the leader, does that; the others wait for its *flight* to land. Whether a call blocks or is on
//! a queue makes no difference: each waits where it runs, with its own deadline and cancel, and
//! without a connection. A leader that gives up leaves the flight to the next.
//!
//! This is no cache. A flight's result is dropped when those who waited for it have taken it, and
//! whoever comes after it has landed begins another.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::client::{Client, Planned};
use crate::credentials::{self, Renewal};
use crate::engine::{Answer, Failure, Line};
use crate::error::{Code, Error};
use crate::json;
use crate::operation::{self, FORCE_REFRESH, REFRESH_TOKEN};
use crate::options::CallOptions;
use crate::request::Parameters;
use crate::retry::{Attempt, Call, Decoded, timed_out};
use crate::secret::Secret;

/// How long each forced refresh waits for, after what came before it. Nango answers one that
/// coincides with a plain read of the connection with the old token: then the next one may not.
const WAITS: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_millis(1000)];

type Outcome = Result<Secret, Error>;

/// What a call that replaces a token needs besides its plain read.
pub(crate) struct Replacement {
    connection: Key,
    refused: Secret,
    /// A plain read that shows whether there is a refresh token.
    inspection: Planned,
    forced: Planned,
}

/// A connection's natural key: `provider_config_key`, then `connection_id`.
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
            client.plan(&operation::REPLACING, parameters, options)
        };
        let id = |name| parameters.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Arc::new(Replacement {
            connection: [id("provider_config_key"), id("connection_id")],
            refused,
            inspection: with(REFRESH_TOKEN)?,
            forced: with(FORCE_REFRESH)?,
        }))
    }

    /// The result, and whether the last exchange came to its end.
    pub(crate) async fn run(
        &self,
        read: &Planned,
        line: &Line,
        deadline: Instant,
    ) -> (Outcome, bool) {
        loop {
            match read.replacements().join(&self.connection, &self.refused) {
                Place::Leader(leader) => {
                    let made = AtomicU32::new(0);
                    let mut way =
                        Way { line, deadline, made: &made, out_of_time: false, ended: true };
                    let outcome = self
                        .lead(read, &mut way)
                        .await
                        .map_err(|error| error.with_attempts(made.load(Ordering::Relaxed)));
                    // That one call has too little time says nothing to the others.
                    if !way.out_of_time {
                        leader.land(&outcome);
                    }
                    return (outcome, way.ended);
                }
                Place::Waiter(flight) => {
                    let Some(landed) = line.until(deadline, flight.landed()).await else {
                        let why =
                            "the call's time was up while another call was replacing the token";
                        return (Err(timed_out(why)), true);
                    };
                    match landed {
                        Some(outcome) if flight.refused == self.refused => return (outcome, true),
                        _ => {}
                    }
                }
            }
        }
    }

    async fn lead(&self, read: &Planned, way: &mut Way<'_>) -> Outcome {
        let mut found = self.look_at(way.ask(read).await?)?;
        if let Found::Refused(Renewal::WithRefreshToken) = found {
            found = self.look_at(way.ask(&self.inspection).await?)?;
        }
        match found {
            Found::Another(token) => return Ok(token),
            Found::Refused(Renewal::Forced) => {}
            Found::Refused(Renewal::WithRefreshToken) => {
                return Err(not_replaced(
                    "Nango still has the refused token, and no refresh token to get another with: \
                     the user must authorise again",
                ));
            }
            Found::Refused(Renewal::Never(kind)) => {
                return Err(not_replaced(&format!(
                    "Nango still has the refused token, and does not refresh credentials of the \
                     type {kind}: the user must connect again, or other credentials must be \
                     imported"
                )));
            }
        }
        let mut last = None;
        for wait in WAITS {
            way.rest(wait).await?;
            let (answer, failure) = match way.ask(&self.forced).await {
                Err(error) if way.has_time() && may_have_refreshed(&error) => {
                    (way.ask(read).await?, Some(error))
                }
                answer => (answer?, None),
            };
            match self.look_at(answer)? {
                Found::Another(token) => return Ok(token),
                Found::Refused(_) => last = failure,
            }
        }
        Err(last.unwrap_or_else(|| {
            not_replaced(&format!(
                "Nango still has the refused token after {} forced refreshes. The provider may \
                 refuse it for another reason, such as a missing permission; otherwise the user \
                 must authorise again",
                WAITS.len()
            ))
        }))
    }

    /// What there is in an answer, which is wiped then.
    fn look_at(&self, connection: Secret) -> Result<Found, Error> {
        self.found(&connection).map_err(|error| error.with_status(200))
    }

    fn found(&self, connection: &str) -> Result<Found, Error> {
        // It was checked when it was decoded.
        let [credentials, provider] =
            json::members(connection, ["credentials", "provider"]).unwrap_or_default();
        let renewal = credentials::renewal(credentials::all(credentials)?, provider);
        match credentials::token(credentials) {
            Ok(token) if *token != *self.refused => Ok(Found::Another(token.into())),
            // A stored type that is not one token, such as BASIC, is the refused one all the same.
            Err(error)
                if error.code() != Code::NoSingleToken || !matches!(renewal, Renewal::Never(_)) =>
            {
                Err(error)
            }
            _ => Ok(Found::Refused(renewal)),
        }
    }
}

/// What Nango has.
enum Found {
    Another(Secret),
    /// Still the refused token, and how another would come about.
    Refused(Renewal),
}

fn not_replaced(why: &str) -> Error {
    Error::new(Code::TokenNotReplaced, why).with_status(200)
}

/// Whether a forced refresh may have been carried out although it failed. Nango's own words are
/// believed, and what was not sent was not carried out; where it is not known which, a plain read
/// says more and costs little.
fn may_have_refreshed(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Io | Code::Timeout | Code::Server | Code::InvalidResponse | Code::ResponseTooLarge
    )
}

/// How a leader asks: over its line, within its time.
struct Way<'a> {
    line: &'a Line,
    deadline: Instant,
    /// How many requests were sent.
    made: &'a AtomicU32,
    /// Whether the call's time was up, or was too short for the next step.
    out_of_time: bool,
    /// Whether the last exchange came to its end.
    ended: bool,
}

impl Way<'_> {
    async fn ask(&mut self, planned: &Planned) -> Outcome {
        let step = Step { planned, made: self.made };
        let (outcome, ended) = planned.attempts_as(self.line, self.deadline, &step).await;
        self.ended = ended;
        self.out_of_time =
            matches!(&outcome, Err(error) if error.code() == Code::Timeout) && !self.has_time();
        outcome
    }

    async fn rest(&mut self, wait: Duration) -> Result<(), Error> {
        if Instant::now() + wait >= self.deadline {
            self.out_of_time = true;
            return Err(timed_out(
                "Nango still has the refused token, and the call's time is too short for another \
                 forced refresh",
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

/// One of several requests: its attempts are numbered on from those before.
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

/// The flights of a client in one process, one for each connection. A child of fork has its own.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Arc<Flight>>>);

struct Flight {
    refused: Secret,
    outcome: watch::Receiver<Option<Outcome>>,
}

enum Place<'a> {
    Leader(Leader<'a>),
    Waiter(Arc<Flight>),
}

/// Who leads a flight. Dropped before it has landed, it leaves it to whoever is next.
struct Leader<'a> {
    flights: &'a Flights,
    connection: &'a Key,
    /// Until it has landed.
    outcome: Option<watch::Sender<Option<Outcome>>>,
}

impl Flights {
    fn join<'a>(&'a self, connection: &'a Key, refused: &Secret) -> Place<'a> {
        match self.lock().entry(connection.clone()) {
            Entry::Occupied(flight) => Place::Waiter(Arc::clone(flight.get())),
            Entry::Vacant(place) => {
                let (sender, receiver) = watch::channel(None);
                place.insert(Arc::new(Flight { refused: refused.clone(), outcome: receiver }));
                Place::Leader(Leader { flights: self, connection, outcome: Some(sender) })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// What came of it; `None`: its leader gave up.
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

    /// Whoever comes from now on finds no flight.
    fn end(&mut self) -> Option<watch::Sender<Option<Outcome>>> {
        let landing = self.outcome.take()?;
        self.flights.lock().remove(self.connection);
        Some(landing)
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
