//! The state that all routes share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::limit::Limiter;
use crate::log::Log;
use crate::provider::Provider;
use crate::refresh::Flights;
use crate::session::Session;
use crate::store::Store;
use crate::vectors::Vectors;

#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub log: Log,
    pub faults: Faults,
    pub limiter: Limiter,
    pub provider: Provider,
    pub flights: Flights,
    pub vectors: Vectors,
    /// How many seconds before its expiry a token counts as expired.
    pub margin: i64,
    pub token_ttl: i64,
    /// The URL at which clients reach this server.
    pub url: String,
    store: Mutex<Store>,
}

impl App {
    pub fn new(
        url: String,
        token_ttl: i64,
        margin: i64,
        rate_limit: Option<u64>,
        vectors: Vectors,
    ) -> Self {
        App {
            clock: Clock::default(),
            log: Log::default(),
            faults: Faults::default(),
            limiter: Limiter::new(rate_limit),
            provider: Provider::new(token_ttl),
            flights: Flights::default(),
            vectors,
            margin,
            token_ttl,
            url,
            store: Mutex::default(),
        }
    }

    /// The session with this token, if it has not ended.
    pub fn session(&self, token: &str) -> Option<Session> {
        let now = self.clock.now();
        self.store().sessions.get(token).filter(|session| now < session.expires_at).cloned()
    }

    /// Never hold this lock across an await, nor together with the provider's.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
