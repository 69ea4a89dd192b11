//! A race between two threads, to see that ThreadSanitizer sees it.

static mut COUNT: u64 = 0;

fn main() {
    let count = || {
        for _ in 0..1000 {
            // SAFETY: it is not, on purpose.
            unsafe { COUNT += 1 };
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(count);
        scope.spawn(count);
    });
}
