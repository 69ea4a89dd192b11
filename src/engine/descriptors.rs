//! File descriptors: an event flag, a check that they still belong to the library, and the
//! process's limit.
//!
//! A program that becomes a daemon may close all its descriptors, including the library's. Their
//! numbers may then refer to its own files. Everything opened before that belongs to an older
//! *era*: the library neither uses nor closes it, and opens what it needs again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use once_cell::race::OnceBox;

use super::fork::{PerProcess, generation};

/// A descriptor that is readable exactly while the flag is raised.
#[derive(Debug)]
pub(crate) struct Flag(File);

impl Flag {
    pub(crate) fn new() -> io::Result<Flag> {
        // SAFETY: takes numbers, and returns a new descriptor or -1.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, so nothing else owns it.
        Ok(Flag(File::from(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    pub(crate) fn raise(&self) {
        // The counter holds up to 2^64 - 2, and raising alternates with lowering, so this cannot
        // fail.
        let _ = (&self.0).write_all(&1_u64.to_ne_bytes());
    }

    /// Lowers the flag. Returns whether it was raised.
    pub(crate) fn lower(&self) -> bool {
        (&self.0).read_exact(&mut [0; 8]).is_ok()
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The reason that a call reports when its descriptors were lost.
pub(crate) const CLOSED: &str = "the program closed file descriptors that libnango was using; \
    the next call opens new ones";

/// How often something else closed the library's descriptors.
static LOSSES: AtomicU64 = AtomicU64::new(0);

/// The era of everything that holds descriptors. A new era begins with each fork and each loss.
pub(crate) fn era() -> u64 {
    generation() << 32 | LOSSES.load(Ordering::Relaxed)
}

/// Returns the era; call it before opening descriptors. From then on their loss is detected.
pub(crate) fn era_with_witness() -> u64 {
    let era = era();
    WITNESS.get_or_init(Witness::open);
    era
}

/// `None` if no descriptor was available. A loss is then noticed only when an operation fails.
static WITNESS: PerProcess<Option<Witness>> = PerProcess::of(era);

/// An unused descriptor. If it is gone, all others are gone too. The library never closes it.
struct Witness {
    file: File,
    /// Device and inode of the file.
    identity: (u64, u64),
}

impl Witness {
    fn open() -> Option<Witness> {
        let mut ends = [-1; 2];
        // SAFETY: the kernel writes two descriptors if it succeeds. A pipe is used because its
        // inode is unique.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
            return None;
        }
        // SAFETY: the descriptors are new, so nothing else owns them.
        let [file, _] = ends.map(|end| unsafe { File::from(OwnedFd::from_raw_fd(end)) });
        let identity = identity(&file)?;
        Some(Witness { file, identity })
    }

    fn is_there(&self) -> bool {
        identity(&self.file) == Some(self.identity)
    }
}

fn identity(file: &File) -> Option<(u64, u64)> {
    file.metadata().ok().map(|known| (known.dev(), known.ino()))
}

/// When descriptors were last used, in microseconds since the first use.
static USED: AtomicU64 = AtomicU64::new(0);

/// Call this before using descriptors that may have been idle: it begins a new era if they no
/// longer belong to the library. It skips the system call if any descriptor was used a moment ago,
/// so consecutive calls cost nothing.
pub(crate) fn check() {
    const MOMENT: u64 = 1000;
    let before = USED.load(Ordering::Relaxed);
    if used(Instant::now()).saturating_sub(before) >= MOMENT {
        check_now();
    }
}

/// Records that descriptors are in use now, and returns the time.
pub(crate) fn used(now: Instant) -> u64 {
    static BEGINNING: OnceBox<Instant> = OnceBox::new();
    let beginning = BEGINNING.get_or_init(|| Box::new(now));
    let now = now.saturating_duration_since(*beginning).as_micros() as u64;
    USED.store(now, Ordering::Relaxed);
    now
}

/// Like [`check`], but always asks the kernel.
pub(crate) fn check_now() {
    let era = era();
    if WITNESS.get().and_then(Option::as_ref).is_some_and(|witness| !witness.is_there()) {
        lose(era);
    }
}

/// Whether the given era is over, so that its descriptors no longer belong to the library.
pub(crate) fn is_over(earlier: u64) -> bool {
    check_now();
    earlier != era()
}

/// Ends the given era and begins a new one, unless another thread already has.
pub(crate) fn lose(lost: u64) {
    let losses = LOSSES.load(Ordering::Relaxed);
    if era() == lost {
        let _ = LOSSES.compare_exchange(losses, losses + 1, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Returns the reason if this process cannot open another descriptor.
pub(crate) fn spare() -> io::Result<()> {
    Flag::new().map(drop)
}

/// The number of descriptors that this process may currently open.
pub(crate) fn soft_limit() -> u64 {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the kernel writes a complete rlimit if it succeeds.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) } {
        // SAFETY: initialised by the call above.
        0 => unsafe { limit.assume_init() }.rlim_cur,
        _ => 1024,
    }
}
