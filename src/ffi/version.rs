//! Library version and live-object count.

use std::ffi::{CStr, c_char};

use super::guard::live;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no NUL"),
    };

/// Returns the version of the loaded library, such as "0.1.0". Any thread, any time.
///
/// @return The version; static, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn nango_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Returns the version of the loaded library as one number, in the format of NANGO_VERSION_NUMBER.
/// Later versions have greater numbers. Compare the two: the library may be newer than the header,
/// but not older. Any thread, any time.
///
/// @return The version number.
#[unsafe(no_mangle)]
pub extern "C" fn nango_version_number() -> u32 {
    let mut number = 0;
    for part in env!("CARGO_PKG_VERSION").split('.') {
        number = number << 8 | part.parse::<u32>().unwrap_or(0);
    }
    number
}

/// Returns how many objects and texts of this library the program owns in this process: those that
/// _new functions, calls and errors returned and the program has not freed. Meant for leak tests.
/// Any thread, any time.
///
/// @return The number of objects and texts.
#[unsafe(no_mangle)]
pub extern "C" fn nango_live_objects() -> i64 {
    live()
}
