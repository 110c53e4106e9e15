//! SIMD levels: the vector instructions that the processor has, and the few operations that the
//! forest needs.
//!
//! The hot code is written once, over the operations of [`Simd`]. A [`Kernel`] is a whole pass over
//! the forest; [`SimdLevel::run`] compiles it for each level, with everything inlined into it.
//!
//! # Order of summation
//! A sum over the coordinates of a row is eight partial sums, whatever the width of the registers:
//! coordinate `i` is added to partial sum `i mod 8`, in increasing order of `i`, a row being padded
//! with zeros; and the total is `((s₀+s₄) + (s₂+s₆)) + ((s₁+s₅) + (s₃+s₇))`. No multiplication is
//! fused with an addition. So all levels give the same bits. One with registers of sixteen lanes
//! adds the lower half to the partial sums and then the upper half, one of four lanes keeps two
//! registers.
//!
//! A level is a type that implements [`Simd`], with `detect` and `run`, and a line of [`levels!`].

mod descent;
#[cfg(target_arch = "x86_64")]
mod eights;
#[cfg(target_arch = "x86_64")]
mod fours;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use descent::Descents;
pub(crate) use descent::{Node, Reached, TOGETHER, Trunk};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::Descents;

pub(crate) use portable::Portable;

/// Lanes of one vector.
pub(crate) const LANES: usize = 8;
/// Lanes of the half vector that ends a row whose length is not a multiple of [`LANES`].
pub(crate) const HALF: usize = LANES / 2;

/// Operations on vectors of eight floats.
///
/// A value is the proof that the processor has the instructions. Implementations are
/// `#[inline(always)]`, so that they become single instructions inside of a kernel.
pub(crate) trait Simd: Copy {
    /// Eight floats.
    type Vector: Copy;
    /// Eight doubles.
    type Doubles: Copy;

    /// Whether they fit one register.
    const IS_WIDE: bool;

    fn zero(self) -> Self::Vector;
    /// The same in all lanes.
    fn splat(self, a: f32) -> Self::Vector;
    fn load(self, lanes: &[f32; LANES]) -> Self::Vector;
    /// The other lanes are zero.
    fn load_half(self, lanes: &[f32; HALF]) -> Self::Vector;
    fn store(self, a: Self::Vector, lanes: &mut [f32; LANES]);
    /// Stores the first half.
    fn store_half(self, a: Self::Vector, lanes: &mut [f32; HALF]);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a > b ? a : b` in each lane.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a < b ? a : b` in each lane.
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// A bit for each lane in which `a` equals `b` or `c`.
    fn equal_lanes(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> u32;
    /// Whether any lane is above zero. None is below, or a negative zero.
    fn any_positive(self, a: Self::Vector) -> bool;
    /// `sum + factor · a` in each lane, in double precision.
    fn add_scaled(self, a: Self::Vector, factor: f64, sum: &mut [f64; LANES]);
    /// `((a₀+a₄) + (a₂+a₆)) + ((a₁+a₅) + (a₃+a₇))`
    fn total(self, a: Self::Vector) -> f32;
    /// The [`total`](Self::total) of each.
    fn totals(self, sums: [Self::Vector; LANES]) -> Self::Vector;
    /// One of these in each lane.
    fn load_doubles(self, lanes: &[f64; LANES]) -> Self::Doubles;
    fn store_doubles(self, a: Self::Doubles, lanes: &mut [f64; LANES]);
    /// A bit for each lane above zero.
    fn positive_lanes(self, a: Self::Vector) -> u32;
    /// In each lane where the gap is positive, the [step](crate::visitor::score::step) from a
    /// score, if the score of what is separated is 1 / level, and then a level less.
    fn step_scores(
        self,
        gaps: Self::Vector,
        ranges: Self::Vector,
        scores: &mut Self::Doubles,
        levels: &mut Self::Doubles,
    );

    /// Descents as vectors, where the processor has those.
    #[inline(always)]
    fn descents(self) -> Option<Descents> {
        None
    }
}

/// A computation that is compiled for every level. Implementations must be `#[inline(always)]`, and
/// so must all of the hot code that they call.
pub(crate) trait Kernel {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// A set of vector instructions that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimdLevel(Level);

/// The levels above the portable one, from the least to the best: each a type with
/// `detect() -> Option<Self>` and `run(self, kernel)`.
macro_rules! levels {
    ($($(#[$cfg:meta])* $name:ident($level:ty);)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Level {
            Portable,
            $($(#[$cfg])* $name($level),)*
        }

        impl SimdLevel {
            /// What the target's baseline offers; available on every processor.
            pub const PORTABLE: Self = Self(Level::Portable);

            /// All levels that this processor has, the best one last.
            #[must_use]
            pub fn available() -> Vec<Self> {
                #[allow(unused_mut, reason = "a target may have the portable level alone")]
                let mut levels = vec![Self::PORTABLE];
                $($(#[$cfg])* levels.extend(<$level>::detect().map(|level| Self(Level::$name(level))));)*
                levels
            }

            /// The best level that this processor has.
            #[must_use]
            pub fn best() -> Self {
                #[allow(unused_mut, reason = "a target may have the portable level alone")]
                let mut best = Self::PORTABLE;
                $($(#[$cfg])* if let Some(level) = <$level>::detect() {
                    best = Self(Level::$name(level));
                })*
                best
            }

            #[inline]
            pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
                match self.0 {
                    Level::Portable => kernel.run(portable::Portable),
                    $($(#[$cfg])* Level::$name(level) => level.run(kernel),)*
                }
            }
        }
    };
}

levels! {
    #[cfg(target_arch = "x86_64")]
    Avx2(x86_64::Avx2);
    #[cfg(target_arch = "x86_64")]
    Avx512(x86_64::Avx512);
}

/// The larger one. Unlike `f32::max` it need not care for NaN, and is one instruction.
#[inline(always)]
pub(crate) fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller one.
#[inline(always)]
pub(crate) fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The same as [`max`] in double precision.
#[inline(always)]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests;
