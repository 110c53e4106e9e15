//! The laws of a random cut forest, each tested through the public interface against something that
//! is independent of the implementation: an exact computation, a symmetry, a conservation law.
//!
//! Random inputs have fixed seeds; statistical tests state their law and reject it at
//! `SIGNIFICANCE`. Long forms are ignored: `just laws-long` runs them.
//!
//! # Oracles that need no implementation, and where each is used
//!
//! | | oracle | tests |
//! |---:|---|---|
//! | 1 | the expected score in one dimension, exactly | `exact_oracle`, `limits.rs: geometric_points_…` |
//! | 2 | the law of the root cut and of the depth of leaves | `src/tree/tests/cut_law.rs` |
//! | 3 | a tree after any history is a fresh one: all topologies of 3 to 6 points, enumerated; deleting what was inserted restores the tree | `src/tree/tests/churn.rs` |
//! | 4 | the score is the mean over 10⁴ insertions | `src/tree/tests/expectation.rs`; displacement and CoDisp: `…/functionals.rs` |
//! | 5 | attribution adds up to the score; reflection, permutation, a shift, a power of two | `symmetry`, `src/tree/tests/symmetry.rs`, `faults` |
//! | 6 | the sample: uniform, by explicit keys, its ages, any clock | `sampling`, `src/sampler/tests/` |
//! | 7 | invariants after each operation: boxes, masses, sides, heap, references, no slot lost | `src/tree/tests/{operations,validate}.rs`, `src/forest/tests.rs`, `src/ensemble/tests.rs` |
//! | 8 | a restored forest continues bit for bit for 10⁴ records, from every stage | `state_roundtrip`, `fixtures` |
//! | 9 | hostile input leaves no trace | `hostile_input` |
//! | 10 | the edges of sample size, trees, dimensions, streams and clocks | `limits`, `sampling`, `../memory/main.rs` |
//! | 11 | one bit pattern for each SIMD level, thread, array and loop | `determinism`, `../functionals/main.rs`, `src/keyed/tests.rs` |
//! | 12 | after deletions, depths and samples follow the law of the points that remain; a visitor's quantiles of depth | `deletion`, `depths` |
//! | 13 | what must be detected is | `detection`; on the Numenta benchmark: `rcf-stream/cli/tests/nab.rs`, `docs/accuracy.md` |
//!
//! In addition: the paper's example (`paper_example`), the scores of AWS's library (`agreement`),
//! and a naive forest that reads saved states and computes all from scratch (`../naive`).

mod shared_data;
#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

mod agreement;
mod deletion;
mod depths;
mod detection;
mod determinism;
mod exact_oracle;
mod faults;
mod fixtures;
mod hostile_input;
mod limits;
mod paper_example;
mod sampling;
mod shingling;
mod state_roundtrip;
mod symmetry;
