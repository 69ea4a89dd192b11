//! A race between two threads, which ThreadSanitizer must report.

static mut COUNT: u64 = 0;

fn main() {
    let count = || {
        for _ in 0..1000 {
            // SAFETY: deliberately not safe. This is the race.
            unsafe { COUNT += 1 };
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(count);
        scope.spawn(count);
    });
}
