//! Levels above the x86-64 baseline.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128, __m256, __m256d, _CMP_EQ_OQ, _CMP_GT_OQ, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32,
    _mm_loadu_ps, _mm_movehdup_ps, _mm_movehl_ps, _mm_storeu_ps, _mm256_add_pd, _mm256_add_ps,
    _mm256_and_pd, _mm256_blendv_pd, _mm256_castpd_ps, _mm256_castps_pd, _mm256_castps_si256,
    _mm256_castps256_ps128, _mm256_cmp_pd, _mm256_cmp_ps, _mm256_cvtps_pd, _mm256_div_pd,
    _mm256_extractf128_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps,
    _mm256_movemask_ps, _mm256_mul_pd, _mm256_or_ps, _mm256_permute2f128_ps, _mm256_set1_pd,
    _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_storeu_pd,
    _mm256_storeu_ps, _mm256_sub_pd, _mm256_sub_ps, _mm256_testz_si256, _mm256_unpackhi_pd,
    _mm256_unpacklo_pd, _mm256_zextps128_ps256,
};

use super::descent::{Reached, TOGETHER, Trunk};
use super::{HALF, Kernel, LANES, Simd, eights, fours};

/// Proof that the processor has AVX2, and the bit instructions that came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx2 {
    descents: Descents,
}

/// Proof of AVX-512 on top of AVX2. Kernels are those of AVX2, which registers of twice the width
/// make no faster; only descents are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx512(Avx2);

/// Proof of the instructions that descents take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descents {
    ByFours(Proof),
    ByEights(Proof),
}

/// Is made where features are detected, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proof(());

impl Avx512 {
    pub(crate) fn detect() -> Option<Self> {
        Avx2::detect()?;
        let all = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        let descents = Descents::ByEights(Proof(()));
        all.then_some(Self(Avx2 { descents }))
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        self.0.run(kernel)
    }
}

impl Descents {
    /// Descends trees, at most [`TOGETHER`] of them, to the leaves of `x`, which has a coordinate
    /// for each dimension of a cut.
    pub(crate) fn descend(self, trees: &[Trunk<'_>], x: &[f32], ends: &mut [Reached; TOGETHER]) {
        assert!(!x.is_empty() && trees.len() <= TOGETHER);
        // SAFETY: a value exists only where `detect` found the features.
        unsafe {
            match self {
                Self::ByFours(_) => fours::descend(trees, x, ends),
                Self::ByEights(_) => eights::descend(trees, x, ends),
            }
        }
    }
}

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        let descents = Descents::ByFours(Proof(()));
        all.then_some(Self { descents })
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn compiled_for_avx2<K: Kernel>(kernel: K, simd: Avx2) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: `self` exists only where `detect` found all of these features.
        unsafe { compiled_for_avx2(kernel, self) }
    }
}

impl Simd for Avx2 {
    type Vector = __m256;
    type Doubles = [__m256d; 2];

    const IS_WIDE: bool = true;

    #[inline(always)]
    fn descents(self) -> Option<Descents> {
        Some(self.descents)
    }

    #[inline(always)]
    fn zero(self) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_setzero_ps() }
    }

    #[inline(always)]
    fn splat(self, a: f32) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_set1_ps(a) }
    }

    #[inline(always)]
    fn load(self, lanes: &[f32; LANES]) -> __m256 {
        // SAFETY: `self` proves AVX2, and the array has the eight floats that are read.
        unsafe { _mm256_loadu_ps(lanes.as_ptr()) }
    }

    #[inline(always)]
    fn load_half(self, lanes: &[f32; HALF]) -> __m256 {
        // SAFETY: `self` proves AVX2, and the array has the four floats that are read.
        unsafe { _mm256_zextps128_ps256(_mm_loadu_ps(lanes.as_ptr())) }
    }

    #[inline(always)]
    fn store(self, a: __m256, lanes: &mut [f32; LANES]) {
        // SAFETY: `self` proves AVX2, and the array has room for the eight floats written.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), a) }
    }

    #[inline(always)]
    fn store_half(self, a: __m256, lanes: &mut [f32; HALF]) {
        // SAFETY: `self` proves AVX2, and the array has room for the four floats written.
        unsafe { _mm_storeu_ps(lanes.as_mut_ptr(), _mm256_castps256_ps128(a)) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_min_ps(a, b) }
    }

    #[inline(always)]
    fn equal_lanes(self, a: __m256, b: __m256, c: __m256) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let (b, c) = (
                _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b),
                _mm256_cmp_ps::<_CMP_EQ_OQ>(a, c),
            );
            _mm256_movemask_ps(_mm256_or_ps(b, c)) as u32
        }
    }

    #[inline(always)]
    fn any_positive(self, a: __m256) -> bool {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let bits = _mm256_castps_si256(a);
            _mm256_testz_si256(bits, bits) == 0
        }
    }

    #[inline(always)]
    fn add_scaled(self, a: __m256, factor: f64, sum: &mut [f64; LANES]) {
        // SAFETY: `self` proves AVX2, and the array has the two times four doubles.
        unsafe {
            let factor = _mm256_set1_pd(factor);
            let halves = [_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a)];
            for (half, sum) in halves.into_iter().zip(sum.as_chunks_mut::<HALF>().0) {
                let product = _mm256_mul_pd(factor, _mm256_cvtps_pd(half));
                let total = _mm256_add_pd(_mm256_loadu_pd(sum.as_ptr()), product);
                _mm256_storeu_pd(sum.as_mut_ptr(), total);
            }
        }
    }

    #[inline(always)]
    fn total(self, a: __m256) -> f32 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let fours = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let twos = _mm_add_ps(fours, _mm_movehl_ps(fours, fours));
            _mm_cvtss_f32(_mm_add_ss(twos, _mm_movehdup_ps(twos)))
        }
    }

    #[inline(always)]
    fn totals(self, [a, b, c, d, e, f, g, h]: [__m256; LANES]) -> __m256 {
        /// Four sums of two lanes of each.
        #[inline(always)]
        fn fours(a: __m256, b: __m256) -> __m256 {
            // SAFETY: called with the proof of AVX2.
            unsafe {
                let firsts = _mm256_permute2f128_ps::<0x20>(a, b);
                _mm256_add_ps(firsts, _mm256_permute2f128_ps::<0x31>(a, b))
            }
        }
        /// Two sums of two of those.
        #[inline(always)]
        fn twos(a: __m256, b: __m256) -> __m256 {
            // SAFETY: called with the proof of AVX2.
            unsafe {
                let (a, b) = (_mm256_castps_pd(a), _mm256_castps_pd(b));
                let firsts = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
                _mm256_add_ps(firsts, _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)))
            }
        }
        let first = twos(fours(a, e), fours(b, f));
        let second = twos(fours(c, g), fours(d, h));
        // SAFETY: `self` proves AVX2.
        unsafe {
            let even = _mm256_shuffle_ps::<0b10_00_10_00>(first, second);
            _mm256_add_ps(even, _mm256_shuffle_ps::<0b11_01_11_01>(first, second))
        }
    }

    #[inline(always)]
    fn load_doubles(self, lanes: &[f64; LANES]) -> [__m256d; 2] {
        // SAFETY: `self` proves AVX2, and the array has the eight doubles that are read.
        unsafe {
            let first = lanes.as_ptr();
            [_mm256_loadu_pd(first), _mm256_loadu_pd(first.add(HALF))]
        }
    }

    #[inline(always)]
    fn store_doubles(self, a: [__m256d; 2], lanes: &mut [f64; LANES]) {
        // SAFETY: `self` proves AVX2, and the array has room for the eight doubles written.
        unsafe {
            let first = lanes.as_mut_ptr();
            _mm256_storeu_pd(first, a[0]);
            _mm256_storeu_pd(first.add(HALF), a[1]);
        }
    }

    #[inline(always)]
    fn positive_lanes(self, a: __m256) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let positive = _mm256_cmp_ps::<_CMP_GT_OQ>(a, _mm256_setzero_ps());
            _mm256_movemask_ps(positive) as u32
        }
    }

    #[inline(always)]
    fn step_scores(
        self,
        gaps: __m256,
        ranges: __m256,
        scores: &mut [__m256d; 2],
        levels: &mut [__m256d; 2],
    ) {
        /// Four lanes. The operations of `step`, in its order.
        #[inline(always)]
        fn four(gaps: __m128, ranges: __m128, scores: &mut __m256d, levels: &mut __m256d) {
            // SAFETY: called with the proof of AVX2.
            unsafe {
                let one = _mm256_set1_pd(1.0);
                let (gaps, ranges) = (_mm256_cvtps_pd(gaps), _mm256_cvtps_pd(ranges));
                let per_length = _mm256_div_pd(one, _mm256_add_pd(gaps, ranges));
                let unseen = _mm256_div_pd(one, *levels);
                let separated = _mm256_mul_pd(_mm256_mul_pd(gaps, per_length), unseen);
                let rest = _mm256_mul_pd(_mm256_mul_pd(ranges, per_length), *scores);
                let positive = _mm256_cmp_pd::<_CMP_GT_OQ>(gaps, _mm256_setzero_pd());
                *scores = _mm256_blendv_pd(*scores, _mm256_add_pd(separated, rest), positive);
                *levels = _mm256_sub_pd(*levels, _mm256_and_pd(one, positive));
            }
        }
        // SAFETY: `self` proves AVX2.
        let [low_gaps, low_ranges, high_gaps, high_ranges] = unsafe {
            [
                _mm256_castps256_ps128(gaps),
                _mm256_castps256_ps128(ranges),
                _mm256_extractf128_ps::<1>(gaps),
                _mm256_extractf128_ps::<1>(ranges),
            ]
        };
        four(low_gaps, low_ranges, &mut scores[0], &mut levels[0]);
        four(high_gaps, high_ranges, &mut scores[1], &mut levels[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Node;
    use crate::testing::Random;

    /// In one register, in two, and in more.
    const LENGTHS: [usize; 4] = [5, 12, 20, 40];

    /// A tree of this many nodes, whose leaves are numbered behind them.
    fn tree(nodes: usize, dimensions: usize, random: &mut Random) -> Vec<Node<u16>> {
        let node = |cut| Node {
            cut,
            children: [u16::MAX; 2],
            dimension: 0,
            parent: u16::MAX,
            left_mass: 0,
            place: 0,
        };
        let mut tree: Vec<_> = (0..nodes).map(|_| node(random.below(7) as f32)).collect();
        let mut free = vec![(0, 0), (0, 1)];
        for number in 1..nodes {
            let (parent, side): (usize, usize) = free.swap_remove(random.below(free.len()));
            tree[parent].children[side] = number as u16;
            free.extend([(number, 0), (number, 1)]);
        }
        for (leaf, (parent, side)) in free.into_iter().enumerate() {
            tree[parent].children[side] = (nodes + leaf) as u16;
        }
        for node in &mut tree {
            node.dimension = random.below(dimensions) as u16;
        }
        tree
    }

    fn descend_alone(tree: &[Node<u16>], x: &[f32]) -> Reached {
        let mut reached = Reached::default();
        while let Some(node) = tree.get(reached.leaf as usize) {
            let right = x[usize::from(node.dimension)] > node.cut;
            reached = Reached {
                leaf: u32::from(node.children[usize::from(right)]),
                last: reached.leaf,
                depth: reached.depth + 1,
            };
        }
        reached
    }

    #[test]
    fn trees_end_together_where_each_does_alone() {
        let levels = [Avx2::detect(), Avx512::detect().map(|level| level.0)];
        let mut random = Random::new(1);
        for number_of_trees in 0..=TOGETHER {
            let dimensions = LENGTHS[number_of_trees % LENGTHS.len()];
            let trees: Vec<_> = (0..number_of_trees)
                .map(|_| tree(1 + random.below(60), dimensions, &mut random))
                .collect();
            let trunks: Vec<_> = trees.iter().map(|nodes| Trunk { nodes, root: 0 }).collect();
            for _ in 0..10 {
                // Integers, so that some are equal to a cut.
                let x: Vec<_> = (0..dimensions).map(|_| random.below(7) as f32).collect();
                for level in levels.into_iter().flatten() {
                    let mut ends = [Reached::default(); TOGETHER];
                    level.descents.descend(&trunks, &x, &mut ends);
                    for (tree, end) in trees.iter().zip(ends) {
                        assert_eq!(end, descend_alone(tree, &x), "{level:?}");
                    }
                }
            }
        }
    }
}
