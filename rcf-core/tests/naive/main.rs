//! Every operation over random lists of them, against a naive forest that is read from the saved
//! state and computes all by the definitions. `fuzz/` runs the same for as long as one likes.

mod forest;
mod format;
mod operations;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn operations_agree_with_the_naive_forest(data in prop::collection::vec(any::<u8>(), 20..400)) {
        operations::run(&data);
    }
}

/// What made a fuzzer stop once must not do so again.
#[test]
fn inputs_that_crashed_do_so_no_more() {
    for crash in CRASHES {
        operations::run(crash);
    }
}

/// Found by `ops_vs_naive`, made small.
const CRASHES: &[&[u8]] = &[&[], &[0; 64], &[255; 200]];
