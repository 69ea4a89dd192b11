//! A list, page after page.

use std::ffi::c_char;
use std::ptr;

use super::call::parameters;
use super::client::nango_client;
use super::error::{guard, nango_error};
use super::guard::{borrow, free, give, give_secret};
use super::options::nango_call_options;
use crate::pager::Walk;

/// Walks through a list, page after page. Made with nango_pager_new(), freed with
/// nango_pager_free(). One page at a time: two threads that ask at once get the same page.
///
/// Nango pages by offset and lists the newest first. A connection that is added during the walk
/// moves the others back, and a walk leaves out what it has given already: each connection that is
/// there from the first page to the last comes once. One that is deleted moves those behind it
/// forward, onto a page that was read already: they do not come, and nothing tells. A walk keeps 8
/// bytes for each connection that it has given, and at most 32 MiB: it knows the last million.
pub struct nango_pager(Walk);

impl nango_pager {
    pub(super) fn walk(&self) -> &Walk {
        &self.0
    }
}

/// Begins a walk through the environment's connections. Nothing is sent yet.
///
/// filter_json: as for nango_list_connections_json(), without "limit" and "page". page_size: how
/// many connections a page has; 0: 1000, Nango allows at most 2000. options may be NULL; they hold
/// for each page. The client may be freed before the pager.
///
/// Freed with nango_pager_free(). NULL and an error: INVALID_ARGUMENT or INVALID_UTF8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_pager_new(
    client: *const nango_client,
    filter_json: *const c_char,
    page_size: u32,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut nango_pager {
    let body = || {
        // SAFETY: the header asks it of the caller.
        let (client, filter, options) = unsafe {
            (
                nango_client::reference(client)?,
                parameters(filter_json, "filter_json")?,
                nango_call_options::checked(options)?,
            )
        };
        let pager = client.list_connections(filter, page_size, options)?;
        Ok(give(nango_pager(Walk::new(pager))))
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Fetches the next page, {"connections": […]}; its elements are read with a JSON library, or with
/// nango_json_items_new(page, "/connections"). A server that does not page sends the whole list as
/// one page. Blocks this thread only, and always has an end. It makes more than one request where a
/// page holds nothing new.
///
/// A page that is new as a whole comes as Nango wrote it, byte for byte. One that begins with what
/// an earlier page had comes as {"connections":[…]} with the others, each as Nango wrote it.
///
/// Returns text that nango_free_string() frees. NULL and no error: there are no more pages. NULL
/// and an error: any code; the next call goes on where this one failed. INVALID_RESPONSE with
/// nango_error_retryable(): connections are added faster than pages are read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_pager_next_json(
    pager: *const nango_pager,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header asks it of the caller.
        let pager = unsafe { borrow(pager, "pager") }?;
        pager.0.next_page_json()?.map_or(Ok(ptr::null_mut()), give_secret)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Ends a pager. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_pager_free(pager: *mut nango_pager) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(pager) };
}
