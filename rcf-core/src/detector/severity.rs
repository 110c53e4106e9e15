//! Severity: evidence as a number from 0 to 1 that is comparable between streams.
//!
//! | evidence `e`, in units of its boundary | severity |
//! |---|---|
//! | any | `e / (e + 1)`: 0 without evidence, exactly 0.5 at the boundary, towards 1 beyond |
//! | a candidate (`e > 1`) that was suppressed | `e / (2e + 1)`: above 1/3, below 0.5 |
//!
//! Both grow strictly with the evidence. So `severity > 0.5` if and only if an observation is
//! reported.

/// Severity in [0, 1] of evidence ≥ 0.
pub(crate) fn severity(evidence: f64, suppressed: bool) -> f64 {
    // Rounding must not lift anything over the boundary.
    if evidence <= 1.0 {
        (evidence / (evidence + 1.0)).min(0.5)
    } else if suppressed {
        (evidence / (2.0 * evidence + 1.0)).min(0.5f64.next_down())
    } else {
        (evidence / (evidence + 1.0)).max(0.5f64.next_up())
    }
}

/// Grade in [0, 1]: 0 unless reported, else how far beyond the boundary.
pub(crate) fn grade(severity: f64) -> f64 {
    (2.0 * severity - 1.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(11),
            ..ProptestConfig::default()
        })]

        #[test]
        fn severity_keeps_its_contract(evidence in 0.0..1e6f64, step in 1e-6..1e3f64) {
            let reported = |e| severity(e, false);
            prop_assert_eq!(reported(1.0), 0.5);
            prop_assert!(reported(1f64.next_up()) > 0.5 && reported(1f64.next_down()) <= 0.5);
            prop_assert_eq!(reported(evidence) > 0.5, evidence > 1.0);
            prop_assert!((0.0..=1.0).contains(&reported(evidence)));
            prop_assert!(reported(evidence * (1.0 + step)) > reported(evidence) || evidence == 0.0);
            let (suppressed, candidate) = (|e| severity(e, true), 1f64.next_up() + evidence);
            prop_assert!(suppressed(candidate) < 0.5 && suppressed(candidate) > 1.0 / 3.0 - 1e-9);
            prop_assert!(suppressed(candidate * (1.0 + step)) > suppressed(candidate));
            prop_assert_eq!(grade(reported(evidence)) > 0.0, evidence > 1.0);
        }
    }
}
