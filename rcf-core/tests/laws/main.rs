//! The laws of a random cut forest, each tested through the public interface against something that
//! owes nothing to the implementation: an exact computation, a symmetry, a conservation law.
//!
//! Random inputs have fixed seeds; statistical tests state their law and reject it at
//! `SIGNIFICANCE`. Long forms are ignored: run them with `cargo test --release -- --ignored`.

mod shared_data;
#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

mod agreement;
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
