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

use super::{Gathers, HALF, Kernel, LANES, Simd};

/// Proof that the processor has AVX2, and the bit instructions that came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx2 {
    gathers: Option<Gathers>,
}

/// Proof of AVX-512 on top of AVX2. Kernels are those of AVX2, which registers of twice the width
/// make no faster; what it adds are descents by gathers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx512(Avx2);

impl Avx512 {
    pub(crate) fn detect() -> Option<Self> {
        let gathers = Gathers::detect()?;
        Avx2::detect()?;
        Some(Self(Avx2 {
            gathers: Some(gathers),
        }))
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        self.0.run(kernel)
    }
}

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        all.then_some(Self { gathers: None })
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
    fn gathers(self) -> Option<Gathers> {
        self.gathers
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
