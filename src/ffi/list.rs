//! Lists, page by page.

use std::ffi::c_char;
use std::ptr;

use super::call::{named, parameters};
use super::client::nango_client;
use super::error::{guard, nango_error};
use super::guard::{borrow, free, give, give_secret, text};
use super::options::nango_call_options;
use crate::pager::Walk;

/// Fetches a list page by page. Create it with nango_pager_new(), and free it with
/// nango_pager_free(). It fetches one page at a time: two threads that call it at once get the same
/// page.
///
/// Nango pages by offset and lists the newest connections first. A connection that is added while
/// the pager runs moves the others back. The pager leaves out connections that it has already
/// returned, so it returns each connection that exists from the first page to the last exactly
/// once. A connection that is deleted moves those after it forward, onto a page that was already
/// fetched. The pager misses these connections, and cannot detect that. It keeps 8 bytes for each
/// connection that it has returned, at most 32 MiB, so it remembers the last million.
pub struct nango_pager(Walk);

impl nango_pager {
    pub(super) fn walk(&self) -> &Walk {
        &self.0
    }
}

/// Creates a pager over a list. Sends nothing yet.
///
/// @code
/// nango_pager *pager = nango_pager_new(client, "list_connections", NULL, 0, NULL, &error);
/// @endcode
///
/// @param client The client; the caller may free it before the pager.
/// @param operation "list_connections", the only operation that returns pages.
/// @param params_json The parameters of the operation, as for nango_call_json(), without "limit"
/// and "page"; NULL for none.
/// @param page_size How many elements a page has. 0 is 1000; Nango allows at most 2000.
/// @param options The options of each page's call; NULL for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The pager, which nango_pager_free() frees. NULL on error: INVALID_ARGUMENT, also if the
/// operation does not return pages; UNKNOWN_OPERATION; or INVALID_UTF8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_pager_new(
    client: *const nango_client,
    operation: *const c_char,
    params_json: *const c_char,
    page_size: u32,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut nango_pager {
    let body = || {
        // SAFETY: the header requires this of the caller.
        let (client, name, filter, options) = unsafe {
            (
                nango_client::reference(client)?,
                text(operation, "operation")?,
                parameters(params_json, "params_json")?,
                nango_call_options::checked(options)?,
            )
        };
        let pager = client.pages(named(name)?, filter, page_size, options)?;
        Ok(give(nango_pager(Walk::new(pager))))
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Fetches the next page, {"connections": […]}. Read its elements with a JSON library, or with
/// nango_json_items_new(page, "/connections"). A server that does not support paging sends the
/// whole list as one page. If a page has nothing new, the call fetches another.
///
/// A page of which every connection is new is returned as Nango sent it, byte for byte. A page that
/// begins with connections of an earlier page is returned as {"connections":[…]} with the others,
/// each as Nango sent it.
///
/// Blocks only the calling thread. The timeout applies to each request.
///
/// @code
/// nango_error *error = NULL;
/// nango_pager *pager = nango_pager_new(client, "list_connections", NULL, 0, NULL, &error);
/// char *page;
/// while (pager && (page = nango_pager_next_json(pager, &error))) {
///     puts(page);
///     nango_free_string(page);
/// }
/// if (error)
///     fprintf(stderr, "%s\n", nango_error_message(error));
/// nango_error_free(error);
/// nango_pager_free(pager);
/// @endcode
///
/// @param pager The pager.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The page, which nango_free_string() wipes and frees. NULL without an error if there are
/// no more pages. NULL on error: any code; the next call continues where this one failed.
/// INVALID_RESPONSE for which nango_error_retryable() is true means that connections are added
/// faster than the pager reads them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_pager_next_json(
    pager: *const nango_pager,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header requires this of the caller.
        let pager = unsafe { borrow(pager, "pager") }?;
        pager.0.next_page_json()?.map_or(Ok(ptr::null_mut()), give_secret)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Frees a pager.
///
/// @param pager The pager, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_pager_free(pager: *mut nango_pager) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(pager) };
}
