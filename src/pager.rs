//! Pages through a list, and returns each connection once.
//!
//! Nango pages by offset and lists the newest connection first. A connection that is added between
//! two pages shifts all others back by one. Then the next page begins with the last connection of
//! the previous page; after as many additions as a page has entries, the next page equals the
//! previous one. So a walk remembers what it has returned, skips it, and continues until a page is
//! not full. A connection that is deleted between two pages shifts the others forward. Those that
//! move onto a page that was already read are missed; no answer shows this.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::catalogue::{self, Operation, Page};
use crate::client::Client;
use crate::error::{Code, Error};
use crate::json;
use crate::options::CallOptions;
use crate::request::Parameters;
use crate::secret::{SPARE, Secret};

const PAGE_SIZE: u32 = 1000;

/// The parameter that is the number of the page.
const PAGE: &str = "page";

/// How many pages in a row may hold nothing new, in addition to the number of pages returned: if
/// everything returned has shifted back, that many pages hold only known connections.
const MAX_STALE_PAGES: u32 = 100;

/// The pages of a list, such as `list_connections`. Servers before 2026 do not page: they reject
/// `limit` or ignore it. Then the pager returns the whole list as one page.
#[derive(Clone, Debug)]
pub struct Pager {
    client: Client,
    operation: &'static Operation,
    paging: Page,
    filter: Parameters,
    page_size: u32,
    options: CallOptions,
    next: Next,
    /// The number of pages returned.
    pages: u32,
    /// The number of pages in a row that held nothing new.
    stale: u32,
    seen: Seen,
    /// The previous page, connection by connection.
    before: Arc<[Identity]>,
    /// The first connection of the first page when that was last fetched.
    newest: Option<Identity>,
    keys: RandomState,
}

/// What to fetch next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Page(u32),
    /// The first page again, since this page was equal to the previous one. Either the server
    /// ignores `page`, or as many connections were added as a page has entries.
    First {
        repeated: u32,
    },
    /// The whole list, from a server that does not page.
    Whole,
    End,
}

/// What an answer led to.
enum Step {
    Page(Secret),
    /// Nothing to return yet.
    FetchMore,
    End,
}

/// What identifies a connection: its numeric id in Nango, or else a hash of its names.
type Identity = u64;

impl Client {
    /// Lists all connections, page by page; `page_size` 0: 1 000. Sends nothing yet.
    pub fn list_connections(
        &self,
        filter: Parameters,
        page_size: u32,
        options: CallOptions,
    ) -> Result<Pager, Error> {
        self.pages(&catalogue::LIST_CONNECTIONS, filter, page_size, options)
    }

    /// Calls an operation that returns a list, page by page; `page_size` 0: 1 000. Sends nothing
    /// yet.
    pub fn pages(
        &self,
        operation: &'static Operation,
        filter: Parameters,
        page_size: u32,
        options: CallOptions,
    ) -> Result<Pager, Error> {
        let Some(paging) = operation.page else {
            return Err(Error::invalid_argument(format!(
                "{} does not return pages; call it instead",
                operation.name
            )));
        };
        if let Some(set) = [paging.size, PAGE].into_iter().find(|name| filter.contains_key(*name)) {
            return Err(Error::invalid_argument(format!(
                "{set} is not allowed in the filter, since the pager sets it; set page_size \
                 instead"
            )));
        }
        let page_size = if page_size == 0 { PAGE_SIZE } else { page_size };
        Ok(Pager {
            client: self.clone(),
            operation,
            paging,
            filter,
            page_size,
            options,
            next: Next::Page(0),
            pages: 0,
            stale: 0,
            seen: Seen::default(),
            before: Arc::default(),
            newest: None,
            keys: RandomState::new(),
        })
    }
}

impl Pager {
    /// Returns the next page, `{"connections": […]}`, without the connections of earlier pages.
    /// `None`: there are no more. After an error the same page is fetched again.
    pub fn next_page_json(&mut self) -> Result<Option<Secret>, Error> {
        while let Some(filter) = self.next_filter() {
            let answer = self.client.call(self.operation, filter, &self.options);
            match self.accept(answer)? {
                Step::Page(page) => return Ok(Some(page)),
                Step::FetchMore => {}
                Step::End => break,
            }
        }
        Ok(None)
    }

    async fn next_in_background(
        &mut self,
        cancel: &CancellationToken,
    ) -> Result<Option<Secret>, Error> {
        while let Some(filter) = self.next_filter() {
            let answer = match self.client.plan(self.operation, filter, &self.options) {
                Ok(planned) => planned.in_background(cancel).await,
                Err(error) => Err(error),
            };
            match self.accept(answer)? {
                Step::Page(page) => return Ok(Some(page)),
                Step::FetchMore => {}
                Step::End => break,
            }
        }
        Ok(None)
    }

    /// The filter of the next request. `None`: there is nothing more to fetch.
    fn next_filter(&self) -> Option<Parameters> {
        let mut filter = self.filter.clone();
        match self.next {
            Next::End => return None,
            Next::Whole => {}
            Next::Page(_) | Next::First { .. } => {
                let page = if let Next::Page(page) = self.next { page } else { 0 };
                filter.insert(self.paging.size.to_owned(), self.page_size.into());
                filter.insert(PAGE.to_owned(), page.into());
            }
        }
        Some(filter)
    }

    /// Takes an answer, and decides what to fetch next.
    fn accept(&mut self, answer: Result<Secret, Error>) -> Result<Step, Error> {
        match (self.next, answer) {
            (Next::Page(0), Err(error)) if refuses_limit(&error) => {
                self.next = Next::Whole;
                Ok(Step::FetchMore)
            }
            (_, Err(error)) => Err(error),
            (Next::Page(page), Ok(body)) => self.take_page(page, body),
            (Next::First { repeated }, Ok(body)) => self.take_first(repeated, &body),
            (Next::Whole | Next::End, Ok(body)) => {
                self.identities(&body)?;
                self.next = Next::End;
                Ok(Step::Page(body))
            }
        }
    }

    fn take_page(&mut self, page: u32, body: Secret) -> Result<Step, Error> {
        let identities = self.identities(&body)?;
        let is_new = |identity: &Identity| !self.seen.has(*identity);
        let new: Vec<bool> = identities.iter().map(is_new).collect();
        // Fewer than requested: this is the last page. More: the server does not support `limit`.
        let last = identities.len() != self.page_size as usize;
        let following = page.checked_add(1).map_or(Next::End, Next::Page);
        if page == 0 {
            self.newest = identities.first().copied();
        }
        if new.contains(&true) || page == 0 {
            let page =
                if new.contains(&false) { only_new(&body, self.paging.items, &new) } else { body };
            self.seen.add(identities.iter().copied());
            (self.pages, self.stale) = (self.pages.saturating_add(1), 0);
            self.before = identities;
            self.next = if last { Next::End } else { following };
            return Ok(Step::Page(page));
        }
        let repeated = identities == self.before;
        self.before = identities;
        self.next = match (last, repeated) {
            (true, _) => Next::End,
            (false, true) => Next::First { repeated: page },
            (false, false) => following,
        };
        self.skip_page()
    }

    /// Returns no page, and moves on to the next one, unless this has gone on for too long.
    fn skip_page(&mut self) -> Result<Step, Error> {
        if self.next == Next::End {
            return Ok(Step::End);
        }
        self.stale += 1;
        if self.stale <= self.pages.saturating_add(MAX_STALE_PAGES) {
            return Ok(Step::FetchMore);
        }
        self.stale = 0;
        Err(Error::new(
            Code::InvalidResponse,
            "many pages in a row hold only connections of earlier pages: connections are added \
             faster than they are read, or the server does not page. Try a larger \
             page size",
        )
        .with_status(200)
        .with_retryable(true))
    }

    /// If the first page differs from the repeated one, the server pages, and everything has
    /// shifted by a page. A new first connection on it confirms this. Otherwise the repeated page
    /// was the last, which some servers return for every later page.
    fn take_first(&mut self, repeated: u32, body: &str) -> Result<Step, Error> {
        let first = self.identities(body)?;
        let newest = first.first().copied();
        let has_moved = first != self.before && newest != self.newest;
        self.newest = newest;
        self.next = match repeated.checked_add(1) {
            Some(following) if has_moved => Next::Page(following),
            _ => Next::End,
        };
        Ok(if has_moved { Step::FetchMore } else { Step::End })
    }

    /// The identities of the connections on a page. Checks that each connection is an object, so
    /// that the wrappers need not.
    fn identities(&self, page: &str) -> Result<Arc<[Identity]>, Error> {
        let (mut all, mut objects) = (Vec::new(), true);
        let found = each_item(page, self.paging.items, |connection| {
            objects = connection.starts_with('{');
            all.push(self.identity(connection));
            objects
        });
        found.filter(|()| objects).map(|()| all.into()).ok_or_else(|| {
            Error::new(
                Code::InvalidResponse,
                format!(
                    "the answer contains no list of {}; check the base URL",
                    &self.paging.items[1..]
                ),
            )
            .with_status(200)
        })
    }

    fn identity(&self, connection: &str) -> Identity {
        let (mut number, mut id, mut key) = (None, None, None);
        let _ = json::each_member(connection, |name, value| {
            match name {
                r#""id""# => number = value.parse().ok(),
                r#""connection_id""# => id = Some(value),
                r#""provider_config_key""# => key = Some(value),
                _ => {}
            }
            number.is_none()
        });
        if let Some(number) = number {
            return number;
        }
        match id.zip(key) {
            Some(name) => self.keys.hash_one(name),
            // Servers of 2023 send no key, and an id that several connections may share.
            None => self.keys.hash_one(connection),
        }
    }
}

fn each_item<'a>(page: &'a str, items: &str, each: impl FnMut(&'a str) -> bool) -> Option<()> {
    json::each_element(json::find(page, items)?, each)
}

/// A page with only the new items, each as the server wrote it.
fn only_new(page: &str, items: &str, new: &[bool]) -> Secret {
    let mut rest = Zeroizing::new(String::with_capacity(page.len() + SPARE));
    rest.push_str(r#"{""#);
    rest.push_str(&items[1..]);
    rest.push_str(r#"":["#);
    let mut new = new.iter();
    let _ = each_item(page, items, |connection| {
        if new.next() == Some(&true) {
            if !rest.ends_with('[') {
                rest.push(',');
            }
            rest.push_str(connection);
        }
        true
    });
    rest.push_str("]}");
    Secret::from(rest)
}

/// The connections that a walk has returned: at least the newest million, in 8 bytes each, and
/// never more than 32 MiB.
///
/// They are kept in sorted, immutable runs, each longer than the next. A copy of a walk shares the
/// runs, so copying is cheap.
#[derive(Clone, Default)]
struct Seen(Vec<Arc<[Identity]>>);

impl Seen {
    /// A run of this length is not merged with others.
    const LONG: usize = 1 << 20;

    fn has(&self, identity: Identity) -> bool {
        self.0.iter().any(|run| run.binary_search(&identity).is_ok())
    }

    fn add(&mut self, identities: impl Iterator<Item = Identity>) {
        let mut run: Vec<Identity> = identities.collect();
        while self
            .0
            .last()
            .is_some_and(|before| before.len() <= run.len() && before.len() < Seen::LONG)
        {
            run.extend_from_slice(&self.0.pop().unwrap_or_default());
        }
        // The stable sort is fast on runs that are already sorted.
        run.sort();
        self.0.push(run.into());
        if self.0.get(1).is_some_and(|second| second.len() >= Seen::LONG) {
            self.0.remove(0);
        }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} connections", self.0.iter().map(|run| run.len()).sum::<usize>())
    }
}

/// A walk through pages that several owners may share. Its state is read and replaced as a whole,
/// without a lock, since a fork could happen while a lock is held.
#[derive(Clone, Debug)]
pub struct Walk(Arc<ArcSwap<Pager>>);

impl Walk {
    /// Starts a walk at the current page of the pager.
    pub fn new(pager: Pager) -> Walk {
        Walk(Arc::new(ArcSwap::from_pointee(pager)))
    }

    /// Returns the next page, as [`Pager::next_page_json`] does. Two calls at once fetch the same
    /// page.
    pub fn next_page_json(&self) -> Result<Option<Secret>, Error> {
        let before = self.0.load_full();
        let mut pager = Pager::clone(&before);
        let page = pager.next_page_json();
        self.move_on(&before, pager);
        page
    }

    pub(crate) async fn next_in_background(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Option<Secret>, Error> {
        let before = self.0.load_full();
        let mut pager = Pager::clone(&before);
        let page = pager.next_in_background(cancel).await;
        self.move_on(&before, pager);
        page
    }

    pub(crate) fn cancel(&self) -> Option<CancellationToken> {
        self.0.load().options.cancel.as_ref().map(|cancel| cancel.token().clone())
    }

    /// Advances after an error too, past the pages that held nothing new. Of two calls at once,
    /// only the first advances it.
    fn move_on(&self, before: &Arc<Pager>, pager: Pager) {
        self.0.compare_and_swap(before, Arc::new(pager));
    }
}

/// Nango's validation reports query parameters that it does not know.
fn refuses_limit(error: &Error) -> bool {
    let problems = || {
        let body: Value = serde_json::from_str(error.body_json()?).ok()?;
        body.pointer("/error/errors")?.as_array().cloned()
    };
    error.api_code() == Some("invalid_query_params")
        && problems().into_iter().flatten().any(|problem| problem["code"] == "unrecognized_keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_known_in_little_memory() {
        let mut given = Seen::default();
        let numbers = |page: u64| (page * 1000..(page + 1) * 1000).map(|at| at.wrapping_mul(7919));
        for page in 0..4000 {
            given.add(numbers(page));
            assert!(given.0.len() < 16, "{given:?}");
        }
        let newest = Seen::LONG as u64 / 1000;
        assert!((4000 - newest..4000).flat_map(numbers).all(|identity| given.has(identity)));
        assert!(!given.has(1) && !given.has(4_000_001 * 7919));
        let known: usize = given.0.iter().map(|run| run.len()).sum();
        assert!(known * size_of::<Identity>() <= 32 << 20, "{given:?}");
        // A copy of a walk shares the immutable runs.
        let copy = given.clone();
        assert!(copy.0.iter().zip(&given.0).all(|(one, other)| Arc::ptr_eq(one, other)));
    }

    #[test]
    fn pages_of_one_are_joined() {
        let mut given = Seen::default();
        for identity in 0..5000 {
            given.add([identity].into_iter());
        }
        assert!(given.0.len() < 14 && (0..5000).all(|identity| given.has(identity)));
    }
}
