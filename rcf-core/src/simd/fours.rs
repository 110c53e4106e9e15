//! The descents of [`eights`](super::eights) by AVX2: four trees to a register, a tree to each of
//! its quarters.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _CMP_GT_OQ, _mm_castps_si128, _mm_loadu_si128, _mm256_add_epi64,
    _mm256_and_si256, _mm256_blendv_epi8, _mm256_blendv_ps, _mm256_castps_si256,
    _mm256_castsi128_si256, _mm256_castsi256_pd, _mm256_castsi256_ps, _mm256_cmp_ps,
    _mm256_cmpeq_epi32, _mm256_cmpgt_epi64, _mm256_cvtepu32_epi64, _mm256_i64gather_ps,
    _mm256_inserti128_si256, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_movemask_pd,
    _mm256_permutevar8x32_ps, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_shuffle_epi32,
    _mm256_slli_epi64, _mm256_srli_epi64, _mm256_storeu_si256, _mm256_sub_epi64,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};

use super::LANES;
use super::descent::{NODE_SHIFT, Node, Reached, TOGETHER, Trunk, descents_in_groups};

/// Trees in a register.
const FOUR: usize = 4;

/// Descends trees, at most [`TOGETHER`] of them, to the leaves of `x`, which is not empty.
#[target_feature(enable = "avx2")]
pub(super) fn descend(trees: &[Trunk<'_>], x: &[f32], ends: &mut [Reached; TOGETHER]) {
    match x.len() {
        ..=8 => descend_to(Registers::<1>::new(x), trees, ends),
        9..=16 => descend_to(Registers::<2>::new(x), trees, ends),
        17..=32 => descend_to(Registers::<4>::new(x), trees, ends),
        _ => descend_to(Row(x), trees, ends),
    }
}

/// A row of coordinates that four trees read.
trait Coordinates: Copy {
    /// In the low half of each quarter the coordinate of the dimension there; any, where there is
    /// none.
    ///
    /// # Safety
    /// The processor has AVX2.
    unsafe fn at(self, dimensions: __m256i) -> __m256;
}

/// A row in registers.
#[derive(Clone, Copy)]
struct Registers<const N: usize>([__m256; N]);

impl<const N: usize> Registers<N> {
    #[target_feature(enable = "avx2")]
    fn new(x: &[f32]) -> Self {
        let mut padded = [[0.0_f32; LANES]; N];
        padded.as_flattened_mut()[..x.len()].copy_from_slice(x);
        // SAFETY: eight floats are read from each array of as many.
        Self(padded.map(|lanes| unsafe { _mm256_loadu_ps(lanes.as_ptr()) }))
    }
}

impl<const N: usize> Coordinates for Registers<N> {
    #[inline(always)]
    unsafe fn at(self, dimensions: __m256i) -> __m256 {
        let Self(registers) = self;
        // SAFETY: AVX2 is there by contract.
        unsafe {
            let mut x = _mm256_permutevar8x32_ps(registers[0], dimensions);
            if N > 1 {
                let number = _mm256_srli_epi64::<3>(dimensions);
                let mut i = 1;
                while i < N {
                    let here = _mm256_cmpeq_epi32(number, _mm256_set1_epi32(i as i32));
                    let there = _mm256_permutevar8x32_ps(registers[i], dimensions);
                    x = _mm256_blendv_ps(x, there, _mm256_castsi256_ps(here));
                    i += 1;
                }
            }
            x
        }
    }
}

/// Any number of coordinates but none.
#[derive(Clone, Copy)]
struct Row<'a>(&'a [f32]);

impl Coordinates for Row<'_> {
    #[inline(always)]
    unsafe fn at(self, dimensions: __m256i) -> __m256 {
        let Self(x) = self;
        // SAFETY: AVX2 is there by contract, and the row has more coordinates than the largest of
        // these numbers.
        unsafe {
            let most = _mm256_set1_epi64x((x.len() - 1) as i64);
            let is_less = _mm256_cmpgt_epi64(most, dimensions);
            let dimensions = _mm256_blendv_epi8(most, dimensions, is_less);
            let x = _mm256_i64gather_ps::<4>(x.as_ptr(), dimensions);
            _mm256_castsi256_ps(_mm256_cvtepu32_epi64(_mm_castps_si128(x)))
        }
    }
}

/// Four addresses.
type Addresses = __m256i;

descents_in_groups!("avx2", FOUR);

impl Group {
    /// Before the first step, with the first of these trees. Lanes without a tree do what the first
    /// one does.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(trees: &[Trunk<'_>]) -> Self {
        let (mut nodes, mut lens, mut roots) = ([0_u64; FOUR], [0_u64; FOUR], [0_u64; FOUR]);
        for lane in 0..FOUR {
            let Some(tree) = trees.get(lane).or(trees.first()) else {
                break;
            };
            assert!(usize::from(tree.root) < tree.nodes.len());
            nodes[lane] = tree.nodes.as_ptr().expose_provenance() as u64;
            lens[lane] = tree.nodes.len() as u64;
            roots[lane] = u64::from(tree.root);
        }
        let (nodes, roots) = (load(nodes), load(roots));
        Self {
            nodes,
            at: _mm256_add_epi64(
                nodes,
                _mm256_slli_epi64::<{ NODE_SHIFT.cast_signed() }>(roots),
            ),
            lens: load(lens),
            leaf: roots,
            depth: _mm256_set1_epi64x(1),
        }
    }

    /// Takes all lanes one level down, those that have ended to the same leaf again. Returns the
    /// set of those that continue.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn step<C: Coordinates>(&mut self, x: C) -> i32 {
        let at = store(self.at);
        // SAFETY: `at` are addresses of nodes, each of sixteen bytes.
        let (even, odd) = unsafe { (load_nodes(at[0], at[2]), load_nodes(at[1], at[3])) };
        let cuts_and_children = _mm256_unpacklo_epi64(even, odd);
        let dimensions_and_rest = _mm256_unpackhi_epi64(even, odd);
        let number = _mm256_set1_epi64x(0xffff);
        // SAFETY: this function has AVX2.
        let x = unsafe { x.at(_mm256_and_si256(dimensions_and_rest, number)) };
        let right = _mm256_cmp_ps::<_CMP_GT_OQ>(x, _mm256_castsi256_ps(cuts_and_children));
        // The answer is in the low half, the children are in the high one.
        let right = _mm256_shuffle_epi32::<0b10_10_00_00>(_mm256_castps_si256(right));
        let left_child = _mm256_srli_epi64::<32>(cuts_and_children);
        let right_child = _mm256_srli_epi64::<48>(cuts_and_children);
        let child = _mm256_blendv_epi8(left_child, right_child, right);
        let child = _mm256_and_si256(child, number);
        // Only numbers of nodes become addresses.
        let goes_on = _mm256_cmpgt_epi64(self.lens, child);
        let offsets = _mm256_slli_epi64::<{ NODE_SHIFT.cast_signed() }>(child);
        self.at = _mm256_blendv_epi8(self.at, _mm256_add_epi64(self.nodes, offsets), goes_on);
        self.depth = _mm256_sub_epi64(self.depth, goes_on);
        self.leaf = child;
        _mm256_movemask_pd(_mm256_castsi256_pd(goes_on))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(&self, ends: &mut [Reached; FOUR]) {
        let offsets = _mm256_sub_epi64(self.at, self.nodes);
        let last = store(_mm256_srli_epi64::<{ NODE_SHIFT.cast_signed() }>(offsets));
        let (leaf, depth) = (store(self.leaf), store(self.depth));
        for lane in 0..FOUR {
            ends[lane] = Reached {
                leaf: leaf[lane] as u32,
                last: last[lane] as u32,
                depth: depth[lane] as u32,
            };
        }
    }
}

/// Two nodes.
///
/// # Safety
/// There are nodes at these addresses.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_nodes(first: u64, second: u64) -> __m256i {
    const { assert!(size_of::<Node<u16>>() == size_of::<__m128i>()) };
    let first = std::ptr::with_exposed_provenance::<__m128i>(first as usize);
    let second = std::ptr::with_exposed_provenance::<__m128i>(second as usize);
    // SAFETY: a node has the sixteen bytes that are read.
    unsafe {
        let first = _mm256_castsi128_si256(_mm_loadu_si128(first));
        _mm256_inserti128_si256::<1>(first, _mm_loadu_si128(second))
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(lanes: [u64; FOUR]) -> __m256i {
    // SAFETY: four numbers of 64 bits are read from an array of as many.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(vector: __m256i) -> [u64; FOUR] {
    let mut lanes = [0; FOUR];
    // SAFETY: four numbers of 64 bits are written to an array of as many.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), vector) };
    lanes
}
