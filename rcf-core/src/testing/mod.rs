//! Shared parts of tests: a generator that is independent of the one under test, and the statistics
//! that decide whether a law holds.

mod interval_tree;
mod random;
mod statistics;

pub(crate) use interval_tree::depth_law;
pub(crate) use random::Random;
pub(crate) use statistics::{
    assert_kolmogorov_smirnov, assert_mean, assert_multinomial, assert_multinomial_scaled,
    assert_same_law,
};
