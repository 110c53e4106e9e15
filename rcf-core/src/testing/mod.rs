//! What tests share: a generator that owes nothing to the one under test, and the statistics that
//! decide whether a law holds.

mod random;
mod statistics;

pub(crate) use random::Random;
pub(crate) use statistics::{
    SIGNIFICANCE, assert_kolmogorov_smirnov, assert_mean, assert_multinomial, assert_same_law,
    chi_square_p_value, normal_p_value,
};
