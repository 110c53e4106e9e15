//! Vector instructions: what the processor has, and the kernels written for it.
//!
//! The kernels are ordinary Rust over arrays of eight floats, in [`portable`]. A [`Kernel`] is a
//! whole pass over the forest; [`SimdLevel::run`] compiles it once per level, so that everything
//! inlined into it uses that level's instructions. Eight lanes and one order of summation on every
//! level, and no fused multiply-add, make the results equal to the bit.

pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_64;

/// A set of vector instructions that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimdLevel(Level);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(x86_64::Avx2),
}

/// A computation compiled for every level. Implementations must be `#[inline(always)]`, and so
/// must all of the hot code that they call.
pub(crate) trait Kernel {
    type Output;
    fn run(self) -> Self::Output;
}

impl SimdLevel {
    /// What the target's baseline offers; there on every processor.
    pub const PORTABLE: Self = Self(Level::Portable);

    /// All levels that this processor has, the best one last.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut levels = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        levels.extend(x86_64::Avx2::detect().map(|avx2| Self(Level::Avx2(avx2))));
        levels
    }

    /// The best level that this processor has.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = x86_64::Avx2::detect() {
            return Self(Level::Avx2(avx2));
        }
        Self::PORTABLE
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Level::Portable => kernel.run(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(avx2) => avx2.run(kernel),
        }
    }
}
