//! Generators of streams whose events are known. The same seed gives the same bits everywhere.

mod backgrounds;
mod calm;
mod frequent;
mod kinds;
mod lasting;
mod many_inputs;
mod systems;

pub use backgrounds::backgrounds;
pub use calm::calm;
pub use frequent::frequent;
pub use kinds::{KINDS, kinds};
pub use lasting::lasting;
pub use many_inputs::many_inputs;
pub use systems::systems;

use crate::accuracy::synthetic::Noise;

/// Streams of each kind.
const SEEDS: u64 = 20;
/// First scored row.
const START: usize = 500;
/// Rows after an event that are still scored. The return to normal after them is not.
const AFTER: usize = 10;

/// A whole number in `from..to`.
fn integer(noise: &mut Noise, from: usize, to: usize) -> usize {
    from + (noise.uniform() * (to - from) as f64) as usize
}

/// −1 or 1.
fn sign(noise: &mut Noise) -> f64 {
    if noise.uniform() < 0.5 { -1.0 } else { 1.0 }
}
