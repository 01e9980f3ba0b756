//! How long reading phone fields takes, in a release build:
//! `cargo test --release -p rules --test rules -- --ignored --nocapture speed`.

#![expect(clippy::disallowed_macros, reason = "a measurement is printed")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rules::matching::{Callers, Candidate, Matches, Record};
use rules::phone::Country;
use rules::{E164, Trace};

/// The fastest of some runs: others are disturbed by other processes.
#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn fastest(runs: usize, mut run: impl FnMut()) -> Duration {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn phone(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

#[test]
#[ignore = "for release builds"]
fn speed_of_a_comparison_that_fails_early() {
    let caller = phone("+33612345678");
    assert!(caller.is_written("06 12 34 56 78"));
    for stored in ["+33 6 98 76 54 32", "(415) 555-0199 ext. 7", "office +1 415 555 0132 / mob 415 555 0188"] {
        let each =
            fastest(20, || (0..1_000).for_each(|_| assert!(!black_box(&caller).is_written(black_box(stored))))) / 1_000;
        println!("{stored}: {each:?}");
        assert!(each < Duration::from_micros(2), "{stored}: {each:?}");
    }
}

#[test]
#[ignore = "for release builds"]
fn speed_of_200_candidates_against_200_numbers() {
    for codes in [&["33639980"][..], &["33639980", "1415555", "44770090", "5511987654"]] {
        let callers: Vec<E164> =
            (0..200).map(|n| phone(&format!("+{}{:03}", codes[n % codes.len()], 100 + n))).collect();
        let candidate = |phone: &E164| Candidate {
            record: Record::default(),
            phones: vec![phone.international(), "+33 1 99 00 01 00".to_owned()],
            country: None,
            last_modified: None,
            is_converted: false,
        };
        let candidates: Vec<Candidate> = callers.iter().map(candidate).collect();
        let taken = fastest(20, || {
            let mut all = Callers::new(None);
            for phone in &callers {
                all.add(phone, Country::of(phone));
            }
            let matches = Matches::new(&all, &candidates);
            assert!(callers.iter().all(|phone| matches.choose(phone, &mut Trace::new()).is_some()));
        });
        println!("200 candidates against 200 numbers of {} countries: {taken:?}", codes.len());
        assert!(taken < Duration::from_millis(10), "{taken:?}");
    }
}
