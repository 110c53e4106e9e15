//! Categories as numbers: frequencies, detection, bounded memory, saved state.

#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

use std::path::PathBuf;

use rcf_core::categories::CategoryEncoder;
use rcf_core::{AnomalyDetector, ConfigError, RandomCutForest, StateError};

use testing::Random;

const NAMES: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
const SHARES: [f64; 4] = [0.7, 0.2, 0.09, 0.01];

fn draw(random: &mut Random) -> &'static str {
    let mut unit = random.unit();
    for (name, share) in NAMES.iter().zip(SHARES) {
        if unit < share {
            return name;
        }
        unit -= share;
    }
    NAMES[0]
}

#[test]
fn a_surprise_is_the_logarithm_of_the_frequency() {
    let mut random = Random::new(1);
    let mut encoder = CategoryEncoder::default();
    let records = 60_000;
    for _ in 0..records {
        encoder.process(draw(&mut random));
    }
    for (name, share) in NAMES.iter().zip(SHARES) {
        // The estimate of a share is based on 1 / λ records, which count as twice as many.
        let error = ((1.0 - share) / share * 1e-4 / 2.0).sqrt();
        let surprise = encoder.surprise(name);
        assert!(
            (surprise + share.ln()).abs() < 5.0 * error + 1e-3,
            "{name}: {surprise}"
        );
    }
    let new = encoder.surprise_of_new();
    assert!((new - (2.0 * 1e4_f64).ln()).abs() < 0.1, "{new}");
}

#[test]
fn all_probabilities_add_up_to_1() {
    let mut random = Random::new(2);
    let mut encoder = CategoryEncoder::new(8, 0.003).unwrap();
    for t in 0..3_000 {
        let category = format!("{}", random.below(12));
        let expected = encoder.surprise(&category);
        assert_eq!(encoder.process(&category), expected);
        let known = (0..12).map(|i| encoder.surprise(format!("{i}")));
        let new = encoder.surprise_of_new();
        let known = known.filter(|surprise| surprise.to_bits() != new.to_bits());
        let sum: f64 = known.map(|surprise| (-surprise).exp()).sum::<f64>() + (-new).exp();
        assert!((sum - 1.0).abs() < 1e-9, "{t}: {sum}");
    }
}

/// A detector of the latency and the surprise of each of these; which records are reported.
fn reported<'a>(categories: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut random = Random::new(3);
    let mut encoder = CategoryEncoder::default();
    let builder = AnomalyDetector::builder(2).shingle_size(1).seed(1);
    let mut detector = builder.build().unwrap();
    let mut found = Vec::new();
    for (t, category) in categories.enumerate() {
        let record = [20.0 + random.normal(), encoder.process(category)];
        if detector.process(&record).unwrap().is_anomaly() {
            found.push(t);
        }
    }
    found
}

#[test]
fn common_categories_are_never_reported() {
    let mut random = Random::new(4);
    let common: Vec<_> = (0..8_000).map(|_| NAMES[random.below(3)]).collect();
    let found = reported(common.into_iter());
    // About as many as the false alarms for the latency alone.
    assert!(found.len() <= 4, "{found:?}");
}

#[test]
fn new_and_rare_categories_are_reported() {
    for seed in 0..5 {
        let mut random = Random::new(seed);
        let mut stream: Vec<_> = (0..8_000).map(|_| NAMES[random.below(3)]).collect();
        // Every 1,500 records: new categories, and one that returns.
        for (t, category) in [
            (2_000, "TRACE"),
            (3_500, "rare"),
            (5_000, "rare"),
            (6_500, "PURGE"),
        ] {
            stream[t] = category;
        }
        let found = reported(stream.into_iter());
        for t in [2_000, 3_500, 5_000, 6_500] {
            assert!(found.contains(&t), "{seed}: {t} is missing in {found:?}");
        }
        assert!(found.len() <= 8, "{found:?}");
    }
}

#[test]
fn memory_is_bounded_and_identifiers_are_no_surprise() {
    let mut encoder = CategoryEncoder::new(100, 1e-4).unwrap();
    for t in 0..5_000 {
        // Every second one is new, which has the surprise of a coin toss.
        let surprise = encoder.process(if t % 2 == 0 {
            format!("id-{t}")
        } else {
            "known".into()
        });
        assert!(encoder.categories() <= 100);
        assert!(surprise.is_finite() && surprise >= 0.0);
        if t > 100 {
            assert!(surprise < 1.5, "{t}: {surprise}");
        }
    }
    // The common one has replaced all others.
    assert!(encoder.surprise("known") < 0.75);
    assert_eq!(encoder.surprise("id-0"), encoder.surprise_of_new());
    // A formerly common category is forgotten as the counts of others grow.
    let mut encoder = CategoryEncoder::new(10, 0.01).unwrap();
    for _ in 0..1_000 {
        encoder.process("old");
    }
    let common = encoder.surprise("old");
    for _ in 0..1_000 {
        encoder.process("young");
    }
    assert!(common < 0.1 && encoder.surprise("old") > 5.0);
}

#[test]
fn a_restored_encoder_continues_bit_for_bit() {
    let mut random = Random::new(6);
    let mut encoder = CategoryEncoder::new(20, 0.01).unwrap();
    for t in 0..2_000 {
        if t % 97 == 0 {
            let bytes = encoder.to_bytes();
            let mut restored = CategoryEncoder::from_bytes(&bytes).unwrap();
            assert_eq!(restored, encoder);
            let (one, other) = (encoder.process("x"), restored.process("x"));
            assert_eq!(one.to_bits(), other.to_bits());
            assert!(restored.to_bytes() == encoder.to_bytes());
        }
        encoder.process(format!("{}", random.below(40)));
    }
}

#[test]
fn damaged_states_are_refused() {
    let mut encoder = CategoryEncoder::new(5, 0.01).unwrap();
    for category in ["a", "b", "a", "c"] {
        encoder.process(category);
    }
    let bytes = encoder.to_bytes();
    for length in 0..bytes.len() {
        assert!(CategoryEncoder::from_bytes(&bytes[..length]).is_err());
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(CategoryEncoder::from_bytes(&damaged).is_err(), "{at}");
    }
    let forest = RandomCutForest::builder(1).build().unwrap().to_bytes();
    assert_eq!(
        CategoryEncoder::from_bytes(&forest),
        Err(StateError::WrongKind {
            expected: 5,
            found: 1
        })
    );
    assert_eq!(
        CategoryEncoder::new(0, 0.1),
        Err(ConfigError::Capacity {
            got: 0,
            max: 1 << 24
        })
    );
    assert_eq!(
        CategoryEncoder::new(1, 2.0),
        Err(ConfigError::TimeDecay { got: 2.0 })
    );
}

/// `cargo test -p rcf-core --test categories write_missing -- --ignored` writes a missing fixture.
fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1/categories.rcf")
}

fn of_fixture() -> CategoryEncoder {
    let mut encoder = CategoryEncoder::new(6, 0.01).unwrap();
    for t in 0..300 {
        encoder.process(format!("category {}", t * t % 11));
    }
    encoder
}

#[test]
fn the_state_that_was_written_first_is_read_for_ever() {
    let bytes = std::fs::read(fixture()).expect("tests/fixtures is part of the package");
    let restored = CategoryEncoder::from_bytes(&bytes).unwrap();
    assert_eq!(restored, of_fixture());
    assert!(restored.to_bytes() == bytes);
}

#[test]
#[ignore = "writes a fixture where there is none"]
fn write_missing_fixture() {
    if !fixture().exists() {
        std::fs::write(fixture(), of_fixture().to_bytes()).unwrap();
    }
}
