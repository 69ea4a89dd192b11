//! Signals. No signal of the host program reaches a thread of the library, and no signal that the
//! library causes reaches the host program.

use std::mem::MaybeUninit;
use std::ptr;

/// Runs `work` with SIGPIPE blocked on this thread. Consumes a SIGPIPE that a closed socket raised
/// meanwhile, and restores the mask, even after a panic.
pub(crate) fn without_sigpipe<R>(work: impl FnOnce() -> R) -> R {
    let _blocked = Blocked::new(&[libc::SIGPIPE]);
    work()
}

/// Runs `work`, which starts a thread, with every signal blocked. The new thread inherits the mask
/// and so has it from its first instruction.
pub(crate) fn all_blocked<R>(work: impl FnOnce() -> R) -> R {
    let _blocked = Blocked::new(&[]);
    work()
}

struct Blocked {
    before: libc::sigset_t,
    /// Whether the library caused a SIGPIPE that is pending at the end.
    take_sigpipe: bool,
}

impl Blocked {
    /// Blocks the given signals, or all if none is given.
    fn new(signals: &[libc::c_int]) -> Blocked {
        let set = if signals.is_empty() { full() } else { set_of(signals) };
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid. With SIG_BLOCK and a valid set the call cannot fail, and it
        // writes the previous mask.
        let before = unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, before.as_mut_ptr());
            before.assume_init()
        };
        // A SIGPIPE can only be pending from before if this thread had it blocked already.
        let take_sigpipe = signals.contains(&libc::SIGPIPE)
            && !(holds(&before, libc::SIGPIPE) && holds(&pending(), libc::SIGPIPE));
        Blocked { before, take_sigpipe }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if self.take_sigpipe {
            let set = set_of(&[libc::SIGPIPE]);
            let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: the set and the time are valid; the signal's details are not requested.
            // Retries if another signal interrupts it.
            while unsafe { libc::sigtimedwait(&set, ptr::null_mut(), &none) } == -1
                && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
            {}
        }
        // SAFETY: the kernel returned this set.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut()) };
    }
}

fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set; sigaddset receives a valid set and a signal number.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), *signal);
        }
        set.assume_init()
    }
}

fn full() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigfillset initialises the set.
    unsafe {
        libc::sigfillset(set.as_mut_ptr());
        set.assume_init()
    }
}

fn pending() -> libc::sigset_t {
    let mut set = set_of(&[]);
    // SAFETY: the set is valid and is only written to.
    unsafe { libc::sigpending(&mut set) };
    set
}

fn holds(set: &libc::sigset_t, signal: libc::c_int) -> bool {
    // SAFETY: a valid set and a signal number.
    unsafe { libc::sigismember(set, signal) == 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise_sigpipe() {
        // SAFETY: sends a signal to this thread, which has it blocked.
        unsafe { libc::pthread_kill(libc::pthread_self(), libc::SIGPIPE) };
    }

    #[test]
    fn a_sigpipe_of_ours_is_taken_and_the_mask_restored() {
        std::thread::spawn(|| {
            let before = Blocked::new(&[libc::SIGUSR1]);
            without_sigpipe(raise_sigpipe);
            assert!(!holds(&pending(), libc::SIGPIPE));
            let now = Blocked::new(&[libc::SIGUSR2]);
            assert!(holds(&now.before, libc::SIGUSR1) && !holds(&now.before, libc::SIGPIPE));
            drop((now, before));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_sigpipe_of_the_hosts_stays() {
        std::thread::spawn(|| {
            // Dropping this consumes what is pending, so that no signal remains when the thread
            // exits.
            let hosts = Blocked::new(&[libc::SIGPIPE]);
            raise_sigpipe();
            without_sigpipe(|| ());
            assert!(holds(&pending(), libc::SIGPIPE));
            drop(hosts);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_panic_restores_the_mask() {
        std::thread::spawn(|| {
            let caught = std::panic::catch_unwind(|| without_sigpipe(|| panic!("on purpose")));
            assert!(caught.is_err());
            assert!(!holds(&Blocked::new(&[libc::SIGUSR1]).before, libc::SIGPIPE));
        })
        .join()
        .unwrap();
    }

    /// `Settings::on_a_hosts_thread` relies on this.
    #[test]
    fn a_plain_write_raises_none_and_one_of_several_buffers_does() {
        std::thread::spawn(|| {
            let hosts = Blocked::new(&[libc::SIGPIPE]);
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                stream.set_nonblocking(true).unwrap();
                let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                stream.writable().await.unwrap();
                assert_eq!(
                    stream.try_write(b"x").unwrap_err().kind(),
                    std::io::ErrorKind::BrokenPipe
                );
                assert!(!holds(&pending(), libc::SIGPIPE));
                let buffers = [std::io::IoSlice::new(b"x"), std::io::IoSlice::new(b"y")];
                assert_eq!(
                    stream.try_write_vectored(&buffers).unwrap_err().kind(),
                    std::io::ErrorKind::BrokenPipe
                );
                assert!(holds(&pending(), libc::SIGPIPE));
            });
            drop(hosts);
        })
        .join()
        .unwrap();
    }
}
