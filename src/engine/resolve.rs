//! Resolves host names, with a deadline.
//!
//! libc's lookup cannot be interrupted, so it runs on a helper thread that is never joined, and a
//! caller can stop waiting at any time. Callers that look up the same host share one lookup. A
//! process runs at most [`MAX_LOOKUPS`] lookups at once.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::thread;

use dns_lookup::LookupErrorKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::fork::PerProcess;
use super::{descriptors, signals};
use crate::panics;
use crate::sync::{Mutex, lock};

const MAX_LOOKUPS: usize = 4;

/// Why a name has no address.
#[derive(Clone, Debug)]
pub(crate) struct LookupFailure {
    pub(crate) host: String,
    pub(crate) reason: String,
    /// The name server could not be reached; a retry may succeed.
    pub(crate) temporary: bool,
    /// No file descriptor is left, so the lookup says nothing about the name.
    pub(crate) no_descriptors: bool,
}

impl fmt::Display for LookupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot resolve the host name {}: {}", self.host, self.reason)
    }
}

type Outcome = Result<Vec<IpAddr>, LookupFailure>;

/// Looks up the addresses of a host name.
pub(super) async fn addresses(host: &str) -> Outcome {
    Lookups::of_this_process().lookup(host).await
}

static LOOKUPS: PerProcess<Lookups> = PerProcess::new();

struct Lookups {
    threads: Arc<Semaphore>,
    /// The callers that wait for each host.
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<Outcome>>>>,
}

impl Lookups {
    fn of_this_process() -> &'static Lookups {
        LOOKUPS.get_or_init(|| Lookups {
            threads: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            waiting: Mutex::default(),
        })
    }

    async fn lookup(&'static self, host: &str) -> Outcome {
        if let Some(answer) = self.join(host) {
            return received(answer.await, host);
        }
        let Ok(permit) = Arc::clone(&self.threads).acquire_owned().await else {
            return Err(failure(host, "the library is shutting down", true));
        };
        // Another caller may have started this lookup while this one waited for a thread.
        let answer = match self.join(host) {
            Some(answer) => answer,
            None => self.start(host, permit)?,
        };
        received(answer.await, host)
    }

    /// Joins a lookup of this host that is already in progress, if any.
    fn join(&self, host: &str) -> Option<oneshot::Receiver<Outcome>> {
        let mut waiting = lock(&self.waiting);
        waiting.get_mut(host).map(|senders| {
            let (sender, receiver) = oneshot::channel();
            senders.push(sender);
            receiver
        })
    }

    fn start(
        &'static self,
        host: &str,
        permit: OwnedSemaphorePermit,
    ) -> Result<oneshot::Receiver<Outcome>, LookupFailure> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = lock(&self.waiting);
            waiting.entry(host.to_owned()).or_default().push(sender);
        }
        let name = host.to_owned();
        let thread = thread::Builder::new().name("nango-lookup".to_owned()).stack_size(256 * 1024);
        let started = signals::all_blocked(|| {
            thread.spawn(move || {
                panics::silence_this_thread();
                let outcome = ask(&name);
                self.finish(&name, outcome);
                drop(permit);
            })
        });
        if let Err(error) = started {
            let failure = failure(host, &format!("cannot start a thread: {error}"), true);
            self.finish(host, Err(failure));
        }
        Ok(receiver)
    }

    fn finish(&self, host: &str, outcome: Outcome) {
        let senders = lock(&self.waiting).remove(host);
        for sender in senders.into_iter().flatten() {
            // This fails if the caller gave up waiting.
            let _ = sender.send(outcome.clone());
        }
    }
}

fn ask(host: &str) -> Outcome {
    match dns_lookup::lookup_host(host) {
        Ok(addresses) => {
            let mut addresses: Vec<IpAddr> = addresses.collect();
            addresses.dedup();
            if addresses.is_empty() {
                Err(failure(host, "it has no address", false))
            } else {
                Ok(addresses)
            }
        }
        // RFC 6761: these names are loopback, also where no hosts file says so.
        Err(_) if is_localhost(host) => {
            Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        }
        Err(error) => {
            // libc reports an unknown name if it can open no file and no socket.
            if let Err(reason) = descriptors::spare() {
                let failure = failure(host, &reason.to_string(), true);
                return Err(LookupFailure { no_descriptors: true, ..failure });
            }
            let temporary = matches!(error.kind(), LookupErrorKind::Again);
            Err(failure(host, &std::io::Error::from(error).to_string(), temporary))
        }
    }
}

/// Whether a host name means this machine.
pub(crate) fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

fn received(outcome: Result<Outcome, oneshot::error::RecvError>, host: &str) -> Outcome {
    outcome.unwrap_or_else(|_| Err(failure(host, "the lookup ended without an answer", true)))
}

fn failure(host: &str, reason: &str, temporary: bool) -> LookupFailure {
    LookupFailure {
        host: host.to_owned(),
        reason: reason.to_owned(),
        temporary,
        no_descriptors: false,
    }
}
