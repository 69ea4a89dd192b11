//! Which library this is, and how it fares.

use std::ffi::{CStr, c_char};

use super::guard::live;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no NUL"),
    };

/// The version of the loaded library, such as "0.1.0". Static: never freed. Any thread, any time.
#[unsafe(no_mangle)]
pub extern "C" fn nango_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version of the loaded library as one number that grows with it, made as NANGO_VERSION_NUMBER
/// is. A program compares the two: the library may be newer than the header, and not older. Any
/// thread, any time.
#[unsafe(no_mangle)]
pub extern "C" fn nango_version_number() -> u32 {
    let mut number = 0;
    for part in env!("CARGO_PKG_VERSION").split('.') {
        number = number << 8 | part.parse::<u32>().unwrap_or(0);
    }
    number
}

/// How many objects and texts of this library the program owns at this moment, in this process:
/// what _new functions, calls and errors gave and nobody freed yet. For tests of leaks. Any thread,
/// any time.
#[unsafe(no_mangle)]
pub extern "C" fn nango_live_objects() -> i64 {
    live()
}
