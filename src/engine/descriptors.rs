//! File descriptors: one that says "something is there", whether they are still the library's, and
//! how many there may be.
//!
//! A program that becomes a daemon may close every descriptor there is, the library's among them,
//! and their numbers come to mean files of its own. What was opened before belongs to an older
//! *era* then: it is neither used nor closed, and what is needed is opened again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use once_cell::race::OnceBox;

use super::fork::{PerProcess, generation};

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

/// What is said of a call that had a part in a loss.
pub(crate) const CLOSED: &str = "the program closed file descriptors of libnango's while a call \
    used them; the next call opens its own";

/// How often the library's descriptors were closed by somebody else.
static LOSSES: AtomicU64 = AtomicU64::new(0);

/// The age of what holds descriptors: a new one begins with each fork and with each loss.
pub(crate) fn era() -> u64 {
    generation() << 32 | LOSSES.load(Ordering::Relaxed)
}

/// The era, to be asked before descriptors are opened. From here on their loss is seen.
pub(crate) fn era_with_witness() -> u64 {
    let era = era();
    WITNESS.get_or_init(Witness::open);
    era
}

/// Without a descriptor to spare there is none; then a loss shows when something fails.
static WITNESS: PerProcess<Option<Witness>> = PerProcess::of(era);

/// A descriptor that is used for nothing, and is gone when all of them are. It is never closed.
struct Witness {
    file: File,
    /// Which file that is.
    identity: (u64, u64),
}

impl Witness {
    fn open() -> Option<Witness> {
        let mut ends = [-1; 2];
        // SAFETY: the kernel writes two descriptors where it succeeds. A pipe, since no other file
        // has its inode.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
            return None;
        }
        // SAFETY: the descriptors are new, so that nobody else owns them.
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

/// When descriptors were last used, in microseconds after some beginning.
static USED: AtomicU64 = AtomicU64::new(0);

/// Before descriptors are used that may have lain idle: begins a new era if they are not ours any
/// more. It asks the kernel only if none was used for a moment, so that calls in a row pay nothing.
pub(crate) fn check() {
    const MOMENT: u64 = 1000;
    let before = USED.load(Ordering::Relaxed);
    if used(Instant::now()).saturating_sub(before) >= MOMENT {
        check_now();
    }
}

/// Notes that descriptors are in use, and when that is.
pub(crate) fn used(now: Instant) -> u64 {
    static BEGINNING: OnceBox<Instant> = OnceBox::new();
    let beginning = BEGINNING.get_or_init(|| Box::new(now));
    let now = now.saturating_duration_since(*beginning).as_micros() as u64;
    USED.store(now, Ordering::Relaxed);
    now
}

/// The same, at once.
pub(crate) fn check_now() {
    let era = era();
    if WITNESS.get().and_then(Option::as_ref).is_some_and(|witness| !witness.is_there()) {
        lose(era);
    }
}

/// Whether the descriptors of that era are not ours any more.
pub(crate) fn is_over(earlier: u64) -> bool {
    check_now();
    earlier != era()
}

/// Begins a new era after this one, if nobody has yet.
pub(crate) fn lose(lost: u64) {
    let losses = LOSSES.load(Ordering::Relaxed);
    if era() == lost {
        let _ = LOSSES.compare_exchange(losses, losses + 1, Ordering::Relaxed, Ordering::Relaxed);
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
