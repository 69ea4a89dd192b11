//! A list, page after page.

use serde_json::Value;

use crate::client::Client;
use crate::error::{Code, Error};
use crate::json;
use crate::operation;
use crate::options::CallOptions;
use crate::request::Parameters;
use crate::secret::Secret;

const PAGE_SIZE: u32 = 1000;

/// The pages of `list_connections`. Servers before 2026 do not page: they refuse `limit`, or ignore it; then one unpaged list is the whole answer.
#[derive(Debug)]
pub struct Pager {
    client: Client,
    filter: Parameters,
    page_size: u32,
    options: CallOptions,
    /// `None`: there is nothing more.
    next_page: Option<u32>,
    /// The first connection of the page before: a server that ignores `page` sends it again.
    first_seen: Option<String>,
}

impl Client {
    /// All connections, page after page; `page_size` 0: 1 000. Nothing is sent yet.
    pub fn list_connections(&self, filter: Parameters, page_size: u32, options: CallOptions) -> Result<Pager, Error> {
        Pager::new(self.clone(), filter, page_size, options)
    }
}

impl Pager {
    fn new(client: Client, filter: Parameters, page_size: u32, options: CallOptions) -> Result<Pager, Error> {
        if let Some(paging) = ["limit", "page"].into_iter().find(|name| filter.contains_key(*name)) {
            return Err(Error::invalid_argument(format!("{paging} is not part of the filter here: the pages are what is being walked through")));
        }
        let page_size = if page_size == 0 { PAGE_SIZE } else { page_size };
        Ok(Pager { client, filter, page_size, options, next_page: Some(0), first_seen: None })
    }

    /// The next page as the server wrote it, `{"connections": […]}`; `None`: that was the last. After an error the same page is asked for again.
    pub fn next_page_json(&mut self) -> Result<Option<Secret>, Error> {
        let Some(page) = self.next_page else {
            return Ok(None);
        };
        let mut filter = self.filter.clone();
        filter.insert("limit".to_owned(), self.page_size.into());
        filter.insert("page".to_owned(), page.into());
        let body = match self.ask(filter) {
            Err(error) if page == 0 && refuses_limit(&error) => {
                let body = self.ask(self.filter.clone())?;
                self.next_page = None;
                return Ok(Some(body));
            }
            answered => answered?,
        };
        let connections = json::find(&body, "/connections")
            .and_then(json::elements)
            .ok_or_else(|| Error::new(Code::InvalidResponse, "the answer holds no list of connections").with_status(200))?;
        // Fewer than were asked for: the last. More: the server does not know `limit`.
        let last = connections.len() != self.page_size as usize;
        let first = connections.first().map(|first| (*first).to_owned());
        let nothing_new = page > 0 && (first.is_none() || first == self.first_seen);
        self.next_page = if last || nothing_new { None } else { page.checked_add(1) };
        self.first_seen = first;
        Ok(if nothing_new { None } else { Some(body) })
    }

    fn ask(&self, filter: Parameters) -> Result<Secret, Error> {
        self.client.call(&operation::LIST_CONNECTIONS, filter, &self.options)
    }
}

/// Nango's validation names the query parameters that it does not know.
fn refuses_limit(error: &Error) -> bool {
    let problems = || {
        let body: Value = serde_json::from_str(error.body_json()?).ok()?;
        body.pointer("/error/errors")?.as_array().cloned()
    };
    error.api_code() == Some("invalid_query_params") && problems().into_iter().flatten().any(|problem| problem["code"] == "unrecognized_keys")
}
