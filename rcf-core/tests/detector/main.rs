//! The detector through its public interface: cases reported by users, contracts, saving.

#[allow(dead_code, reason = "the laws share it; each side uses a part")]
#[path = "../laws/shared_data.rs"]
mod shared_data;
#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

mod arrays;
mod bootstrap;
mod bursts;
mod cases;
mod contract;
mod fixtures;
mod forecaster;
mod keyed;
mod learning;
mod pictures;
mod quantile;
mod rules;
mod scale;
mod sine;
mod suggest;
mod time;
mod words;
