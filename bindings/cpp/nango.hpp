/// @file nango.hpp
/// libnango for C++17 and later: a client of Nango, which stores OAuth connections and returns
/// fresh access tokens.
///
/// Header-only. Requires nango.h, libnango and the standard library.
/// SPDX-License-Identifier: MIT OR Apache-2.0
///
/// @code
/// nango::client nango(nango::options::from_env());            // NANGO_SECRET_KEY, NANGO_HOST
/// nango::secret token = nango.get_token("github", "alice");   // fresh each time: do not store it
/// call_github(token.reveal());
///
/// for (const nango::connection_summary& connection : nango.list_connections({}))
///     std::cout << connection.connection_id() << '\n';
/// @endcode
///
/// Rules for the whole header:
///  - **Errors.** Each operation that can fail has two forms: `get_token()` throws nango::error,
///    `try_get_token()` returns a nango::result. With exceptions switched off (`-fno-exceptions`),
///    only the second form exists. If this header runs out of memory, both forms throw
///    std::bad_alloc, as the standard library does. If libnango itself runs out of memory, it
///    aborts the process. Nothing leaks when an exception is thrown.
///  - **Ownership.** Every object owns its resources and frees them in its destructor. Objects can
///    be moved but not copied, except nango::error, which is cheap to copy. A moved-from object may
///    be assigned to and destroyed. A call on it fails with INVALID_ARGUMENT and never crashes.
///  - **Text in** is any UTF-8 std::string_view. It is copied before the function returns. A NUL
///    character in it is INVALID_ARGUMENT: the library's interface is C, where a text ends at the
///    first NUL, so "alice\0bob" would be read as "alice".
///  - **Text out** as std::string_view lives as long as the object that returned it. Text that may
///    be a secret is returned as nango::secret, which cannot be printed.
///  - **Threads.** Any number of threads may call const member functions of an object at once. Any
///    other member function needs exclusive access to the object.
///  - **C interface.** capi() lends the nango.h handle, for functions that this header does not
///    wrap.
///  - **Versions.** Creating a client or a queue fails if the loaded library is older than this
///    header. See check_version().
///  - **One flavour.** The result type is std::expected if the standard library has it, and the
///    throwing functions do not exist when exceptions are off. Source files compiled with different
///    settings here therefore get different types of the same name. Passing such types between them
///    fails at link time, not at run time.
///  - **JSON** out is what Nango wrote, byte for byte, with one exception: the escape of half a
///    surrogate pair (U+D800 to U+DFFF) is replaced with the escape of U+FFFD. An answer that is
///    not JSON (RFC 8259, UTF-8), or is nested more than 512 levels deep, is INVALID_RESPONSE.
///  - **Time** is std::chrono. The library counts whole milliseconds, up to 49 days. A longer time
///    is cut to 49 days. A time that is not positive is rejected.

#ifndef NANGO_HPP
#define NANGO_HPP

#include <nango/client.hpp>
#include <nango/code.hpp>
#include <nango/error.hpp>
#include <nango/facts.hpp>
#include <nango/json.hpp>
#include <nango/options.hpp>
#include <nango/queue.hpp>
#include <nango/result.hpp>
#include <nango/secret.hpp>
#include <nango/types.hpp>

#endif  // NANGO_HPP
