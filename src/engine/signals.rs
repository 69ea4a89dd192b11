//! Signals: none of the host's reaches a thread of the library, and none that the library causes
//! reaches the host.

use std::mem::MaybeUninit;
use std::ptr;

/// Runs `work` with SIGPIPE blocked on this thread. One that a closed socket raised meanwhile is
/// taken away; the mask is restored, also on panic.
pub(crate) fn without_sigpipe<R>(work: impl FnOnce() -> R) -> R {
    let _blocked = Blocked::new(&[libc::SIGPIPE]);
    work()
}

/// Runs `work`, which starts a thread, with every signal blocked, so that the new thread inherits
/// that from its first moment.
pub(crate) fn all_blocked<R>(work: impl FnOnce() -> R) -> R {
    let _blocked = Blocked::new(&[]);
    work()
}

struct Blocked {
    before: libc::sigset_t,
    /// Whether a SIGPIPE that is pending at the end is ours.
    take_sigpipe: bool,
}

impl Blocked {
    /// Blocks these signals; none given: all.
    fn new(signals: &[libc::c_int]) -> Blocked {
        let set = if signals.is_empty() { full() } else { set_of(signals) };
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid; with SIG_BLOCK and a valid set the call cannot fail, and
        // writes the mask before.
        let before = unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, before.as_mut_ptr());
            before.assume_init()
        };
        // Only a thread that had SIGPIPE blocked already can have one waiting that is not ours.
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
            // SAFETY: valid set and time; the signal's details are not asked for. Interrupted by
            // another signal: asked again.
            while unsafe { libc::sigtimedwait(&set, ptr::null_mut(), &none) } == -1
                && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
            {}
        }
        // SAFETY: the set is the one that the kernel gave.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut()) };
    }
}

fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset makes the set whole; sigaddset is given a valid set and a signal's
    // number.
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
    // SAFETY: sigfillset makes the set whole.
    unsafe {
        libc::sigfillset(set.as_mut_ptr());
        set.assume_init()
    }
}

fn pending() -> libc::sigset_t {
    let mut set = set_of(&[]);
    // SAFETY: the set is valid and only written to.
    unsafe { libc::sigpending(&mut set) };
    set
}

fn holds(set: &libc::sigset_t, signal: libc::c_int) -> bool {
    // SAFETY: a valid set and a signal's number.
    unsafe { libc::sigismember(set, signal) == 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise_sigpipe() {
        // SAFETY: sends a signal to this thread, where it is blocked.
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
            // At its end it takes what is pending, so that the thread's end meets none.
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

    /// What `Settings::on_a_hosts_thread` relies on.
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
