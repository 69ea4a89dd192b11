//! File descriptors: one that says "something is there", and how many there may be.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A descriptor that is readable exactly while it is raised.
#[derive(Debug)]
pub(crate) struct Flag(File);

impl Flag {
    pub(crate) fn new() -> io::Result<Flag> {
        // SAFETY: takes numbers, and gives a new descriptor or -1.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, so that nobody else owns it.
        Ok(Flag(File::from(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    pub(crate) fn raise(&self) {
        // It counts to 2^64 - 2, and is raised and lowered in turn: this cannot fail.
        let _ = (&self.0).write_all(&1_u64.to_ne_bytes());
    }

    /// Whether it was up.
    pub(crate) fn lower(&self) -> bool {
        (&self.0).read_exact(&mut [0; 8]).is_ok()
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// How many descriptors this process may open now.
pub(crate) fn soft_limit() -> u64 {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the kernel writes a whole rlimit where it succeeds.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) } {
        // SAFETY: just written.
        0 => unsafe { limit.assume_init() }.rlim_cur,
        _ => 1024,
    }
}
