//! Another Rust library in the same program, which uses the standard library: threads, a map, and a
//! panic that it catches.
use std::collections::HashMap;
use std::panic::catch_unwind;

/// Counts different words, on a thread.
#[no_mangle]
pub extern "C" fn other_count(rounds: u64) -> u64 {
    let words = std::thread::spawn(move || {
        let mut words = HashMap::new();
        for round in 0..rounds {
            *words.entry(format!("word {}", round % 7)).or_insert(0_u64) += 1;
        }
        words.len() as u64
    });
    words.join().unwrap_or(0)
}

/// Panics and catches the panic; returns 1.
#[no_mangle]
pub extern "C" fn other_panics() -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    let caught = catch_unwind(|| {
        let nothing: Vec<i32> = Vec::new();
        nothing[std::hint::black_box(3)]
    });
    let _ = std::panic::take_hook();
    i32::from(caught.is_err())
}
