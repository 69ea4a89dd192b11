//! A list, page after page.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::error::{Code, Error};
use crate::json;
use crate::operation;
use crate::options::CallOptions;
use crate::request::Parameters;
use crate::secret::Secret;

const PAGE_SIZE: u32 = 1000;

/// The pages of `list_connections`. Servers before 2026 do not page: they refuse `limit`, or ignore
/// it; then one unpaged list is the whole answer.
#[derive(Clone, Debug)]
pub struct Pager {
    client: Client,
    filter: Parameters,
    page_size: u32,
    options: CallOptions,
    next: Next,
    /// The first connection of the page before: a server that ignores `page` sends it again.
    first_seen: Option<String>,
}

/// What is asked for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Page(u32),
    /// The whole list, from a server that knows no pages.
    Whole,
    End,
}

impl Client {
    /// All connections, page after page; `page_size` 0: 1 000. Nothing is sent yet.
    pub fn list_connections(
        &self,
        filter: Parameters,
        page_size: u32,
        options: CallOptions,
    ) -> Result<Pager, Error> {
        if let Some(paging) = ["limit", "page"].into_iter().find(|name| filter.contains_key(*name))
        {
            return Err(Error::invalid_argument(format!(
                "{paging} is not part of the filter here: the pages are what is being walked through"
            )));
        }
        let page_size = if page_size == 0 { PAGE_SIZE } else { page_size };
        Ok(Pager {
            client: self.clone(),
            filter,
            page_size,
            options,
            next: Next::Page(0),
            first_seen: None,
        })
    }
}

impl Pager {
    /// The next page as the server wrote it, `{"connections": […]}`; `None`: that was the last.
    /// After an error the same page is asked for again.
    pub fn next_page_json(&mut self) -> Result<Option<Secret>, Error> {
        while let Some(filter) = self.wanted() {
            let answer = self.client.call(&operation::LIST_CONNECTIONS, filter, &self.options);
            if let Some(page) = self.take(answer)? {
                return Ok(page);
            }
        }
        Ok(None)
    }

    async fn next_in_background(
        &mut self,
        cancel: &CancellationToken,
    ) -> Result<Option<Secret>, Error> {
        while let Some(filter) = self.wanted() {
            let answer = match self.client.plan(&operation::LIST_CONNECTIONS, filter, &self.options)
            {
                Ok(planned) => planned.in_background(cancel).await,
                Err(error) => Err(error),
            };
            if let Some(page) = self.take(answer)? {
                return Ok(page);
            }
        }
        Ok(None)
    }

    /// The filter of the next request; `None`: there is nothing more to ask for.
    fn wanted(&self) -> Option<Parameters> {
        let mut filter = self.filter.clone();
        match self.next {
            Next::End => return None,
            Next::Whole => {}
            Next::Page(page) => {
                filter.insert("limit".to_owned(), self.page_size.into());
                filter.insert("page".to_owned(), page.into());
            }
        }
        Some(filter)
    }

    /// What an answer means: a page, the end (`Some(None)`), or that something else is to be asked
    /// for (`None`).
    fn take(&mut self, answer: Result<Secret, Error>) -> Result<Option<Option<Secret>>, Error> {
        let (page, body) = match (self.next, answer) {
            (Next::Page(0), Err(error)) if refuses_limit(&error) => {
                self.next = Next::Whole;
                return Ok(None);
            }
            (_, Err(error)) => return Err(error),
            (Next::Page(page), Ok(body)) => (page, body),
            (Next::Whole | Next::End, Ok(body)) => {
                connections(&body)?;
                self.next = Next::End;
                return Ok(Some(Some(body)));
            }
        };
        let connections = connections(&body)?;
        // Fewer than were asked for: the last. More: the server does not know `limit`.
        let last = connections.len() != self.page_size as usize;
        let first = connections.first().map(|first| (*first).to_owned());
        let nothing_new = page > 0 && (first.is_none() || first == self.first_seen);
        self.next = if last || nothing_new {
            Next::End
        } else {
            page.checked_add(1).map_or(Next::End, Next::Page)
        };
        self.first_seen = first;
        Ok(Some(if nothing_new { None } else { Some(body) }))
    }
}

/// The connections of a page. Each is an object, so that no wrapper has to ask.
fn connections(page: &str) -> Result<Vec<&str>, Error> {
    let list = json::find(page, "/connections").and_then(json::elements);
    list.filter(|list| list.iter().all(|connection| connection.starts_with('{'))).ok_or_else(|| {
        Error::new(Code::InvalidResponse, "the answer holds no list of connections")
            .with_status(200)
    })
}

/// A walk through pages that several may hold. Where it stands is read and replaced whole, without
/// a lock, which a fork might find taken.
#[derive(Clone, Debug)]
pub struct Walk(Arc<ArcSwap<Pager>>);

impl Walk {
    /// A walk that begins where the pager stands.
    pub fn new(pager: Pager) -> Walk {
        Walk(Arc::new(ArcSwap::from_pointee(pager)))
    }

    /// As [`Pager::next_page_json`]. Two at once fetch the same page.
    pub fn next_page_json(&self) -> Result<Option<Secret>, Error> {
        let mut pager = self.pager();
        let page = pager.next_page_json()?;
        self.0.store(Arc::new(pager));
        Ok(page)
    }

    pub(crate) async fn next_in_background(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Option<Secret>, Error> {
        let mut pager = self.pager();
        let page = pager.next_in_background(cancel).await?;
        self.0.store(Arc::new(pager));
        Ok(page)
    }

    pub(crate) fn cancel(&self) -> Option<CancellationToken> {
        self.0.load().options.cancel.as_ref().map(|cancel| cancel.token().clone())
    }

    fn pager(&self) -> Pager {
        Pager::clone(&self.0.load())
    }
}

/// Nango's validation names the query parameters that it does not know.
fn refuses_limit(error: &Error) -> bool {
    let problems = || {
        let body: Value = serde_json::from_str(error.body_json()?).ok()?;
        body.pointer("/error/errors")?.as_array().cloned()
    };
    error.api_code() == Some("invalid_query_params")
        && problems().into_iter().flatten().any(|problem| problem["code"] == "unrecognized_keys")
}
