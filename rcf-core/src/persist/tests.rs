//! Damaged, foreign and forged states: a named error, or a forest that keeps all invariants.

use super::envelope::{Kind, seal};
use super::forest_v1::VERSION;
use crate::testing::Random;
use crate::{RandomCutForest, StateError};

const HEADER: usize = 28;

/// Small forests, so that every byte can be tried: after the given number of observations.
fn saved(dimensions: usize, records: usize) -> Vec<u8> {
    let mut random = Random::new(1);
    let mut forest = RandomCutForest::builder(dimensions)
        .shingle_size(2)
        .number_of_trees(3)
        .sample_size(5)
        .time_decay(0.1)
        .output_after(1)
        .seed(4)
        .build()
        .unwrap();
    for _ in 0..records {
        // Coarse, so that there are duplicates.
        let record: Vec<f64> = random
            .normal_point(dimensions)
            .iter()
            .map(|x| x.round())
            .collect();
        forest.update(&record).unwrap();
    }
    forest.to_bytes()
}

/// The same with everything in use that a state can hold.
fn saved_with_all(records: i64) -> Vec<u8> {
    let mut random = Random::new(2);
    let builder = RandomCutForest::builder(1)
        .shingle_size(3)
        .shingle_rotation(true)
        .store_sequence_numbers(true)
        .store_labels(true)
        .noise_floor([0.5])
        .relative_noise_floor(0.01);
    let mut forest = builder
        .number_of_trees(2)
        .sample_size(5)
        .time_decay(0.1)
        .build()
        .unwrap();
    for t in 0..records {
        let arrival = crate::Arrival::at(1_000 + 3 * t).weight(2.0).label(t);
        let value = random.normal().round();
        forest.update_with(&[value], arrival).unwrap();
    }
    forest.set_time_decay(0.2).unwrap();
    forest.pause_sampling();
    forest.update(&[7.0]).unwrap();
    forest.resume_sampling();
    forest.to_bytes()
}

/// Empty, half a shingle, one point, warming up, full.
fn all_saved() -> impl Iterator<Item = Vec<u8>> {
    let stages = [0, 1, 2, 5, 60];
    stages
        .into_iter()
        .flat_map(|records| [1, 2].map(|dimensions| saved(dimensions, records)))
        .chain([saved_with_all(1), saved_with_all(40)])
}

/// The state with another body, in a frame that is right for it.
fn resealed(body: &[u8]) -> Vec<u8> {
    seal(Kind::Forest, VERSION, body)
}

fn error(bytes: &[u8]) -> StateError {
    RandomCutForest::from_bytes(bytes).expect_err("these bytes are not a state")
}

#[test]
fn a_truncated_state_is_refused_at_every_length() {
    for state in all_saved() {
        assert_eq!(error(&[]), StateError::NotAState);
        for length in 1..state.len() {
            let expected = if length < HEADER { HEADER } else { state.len() };
            let (expected, got) = (expected as u64, length as u64);
            assert_eq!(
                error(&state[..length]),
                StateError::Truncated { expected, got }
            );
        }
        let longer = [&state[..], b"..."].concat();
        assert_eq!(error(&longer), StateError::TrailingBytes { extra: 3 });
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    for state in all_saved() {
        for place in 0..state.len() {
            for flip in [0x01, 0x02, 0x10, 0x80, 0xff] {
                let mut damaged = state.clone();
                damaged[place] ^= flip;
                let error = error(&damaged);
                let named = match place {
                    0..8 => error == StateError::NotAState,
                    8..10 => matches!(error, StateError::UnsupportedVersion { .. }),
                    10..12 => matches!(error, StateError::UnsupportedEncoding { .. }),
                    16..24 => matches!(
                        error,
                        StateError::Truncated { .. } | StateError::TrailingBytes { .. }
                    ),
                    _ => matches!(error, StateError::Checksum { .. }),
                };
                assert!(named, "byte {place}: {error}");
            }
        }
    }
}

#[test]
fn foreign_files_are_refused() {
    let files: [&[u8]; 6] = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on, longer than a header",
        b"{\"trees\": [], \"version\": 1, \"sample_size\": 256}",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03 and then a compressed body",
        b"\x89RCF\n\x1a\n after a transfer that changed the line ends",
        b"\x09RCF\r\n\x1a\n after a transfer that took the eighth bit",
        &[0; 100],
    ];
    for file in files {
        assert_eq!(error(file), StateError::NotAState);
    }
    let body = &saved(1, 60)[HEADER..];
    let mut other_kind = resealed(body);
    other_kind[12] = 7;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&other_kind[..24]), body);
    other_kind[24..28].copy_from_slice(&checksum.to_le_bytes());
    assert_eq!(
        error(&other_kind),
        StateError::WrongKind {
            expected: 1,
            found: 7
        }
    );
    let newer = seal(Kind::Forest, VERSION + 1, body);
    let (found, supported) = (VERSION + 1, VERSION);
    assert_eq!(
        error(&newer),
        StateError::UnsupportedVersion { found, supported }
    );
}

#[test]
fn a_body_that_ends_early_or_late_is_refused() {
    for state in all_saved() {
        let body = &state[HEADER..];
        assert_eq!(resealed(body), state);
        for length in 0..body.len() {
            let error = error(&resealed(&body[..length]));
            assert!(
                matches!(error, StateError::Malformed { .. }),
                "{length} bytes: {error}"
            );
        }
        let longer = [body, b"."].concat();
        assert_eq!(
            error(&resealed(&longer)),
            StateError::TrailingBytes { extra: 1 }
        );
    }
}

/// A forged body, whatever it says, gives an error, or a forest like any other: all invariants
/// hold, it takes observations, and it can be saved and restored.
fn restores_soundly_or_not_at_all(body: &[u8], records: usize) -> bool {
    let Ok(mut forest) = RandomCutForest::from_bytes(&resealed(body)) else {
        return false;
    };
    forest.validate();
    let mut random = Random::new(9);
    let length = forest.config().values_per_call();
    for _ in 0..records {
        let record: Vec<f64> = random
            .normal_point(length)
            .iter()
            .map(|x| x.round())
            .collect();
        let score = forest.process(&record).unwrap();
        assert!(score.is_finite() && score >= 0.0);
    }
    forest.validate();
    let bytes = forest.to_bytes();
    assert_eq!(
        RandomCutForest::from_bytes(&bytes).unwrap().to_bytes(),
        bytes
    );
    true
}

/// Numbers that no counter, index, size or float should have to meet.
const FORGED: [&[u8]; 12] = [
    &[0xff; 8],
    &[0x00; 8],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0x7f],
    &[0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0x7f],
    &[0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80],
    &[0x00, 0x00, 0x00, 0x01],
    &[0x00, 0x00, 0xc0, 0x7f],
    &[0x00, 0x00, 0x80, 0xff],
    &[0x00, 0x00, 0x00, 0x80],
    &[0xff, 0xff, 0x7f, 0x7f],
    &[0xff, 0xff],
];

#[test]
fn forged_numbers_make_an_error_or_a_sound_forest() {
    let mut sound = 0;
    for state in all_saved() {
        let body = &state[HEADER..];
        for number in FORGED {
            for place in 0..=body.len().saturating_sub(number.len()) {
                let mut forged = body.to_vec();
                forged[place..place + number.len()].copy_from_slice(number);
                sound += usize::from(restores_soundly_or_not_at_all(&forged, 50));
            }
        }
    }
    assert!(sound > 0, "no forgery was accepted: the test tests nothing");
}

#[test]
fn flipped_bits_under_a_right_checksum_make_an_error_or_a_sound_forest() {
    for state in [saved(1, 60), saved(2, 5), saved_with_all(40)] {
        let body = &state[HEADER..];
        for bit in 0..8 * body.len() {
            let mut forged = body.to_vec();
            forged[bit / 8] ^= 1 << (bit % 8);
            restores_soundly_or_not_at_all(&forged, 50);
        }
    }
}

/// Several places at once, and pieces of one state in another.
#[test]
fn random_forgeries_make_an_error_or_a_sound_forest() {
    let mut random = Random::new(10);
    let states: Vec<Vec<u8>> = all_saved().collect();
    for _ in 0..1000 {
        let mut forged = states[random.below(states.len())][HEADER..].to_vec();
        for _ in 0..=random.below(3) {
            let from = &states[random.below(states.len())][HEADER..];
            let length = 1 + random.below(24.min(from.len()).min(forged.len()));
            let source = random.below(from.len() - length + 1);
            let target = random.below(forged.len() - length + 1);
            forged[target..target + length].copy_from_slice(&from[source..source + length]);
        }
        restores_soundly_or_not_at_all(&forged, 1000);
    }
}
