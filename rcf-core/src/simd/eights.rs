//! Descents by AVX-512: eight trees to a register, no branch but at the end.
//!
//! A node is loaded whole, as a quarter of a register, and two registers of nodes are shuffled into
//! one for each field: on an AMD EPYC twice as fast as gathers.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, __m512, __m512i, _CMP_GT_OQ, _mm_loadu_si128, _mm256_and_si256,
    _mm256_castsi256_ps, _mm256_cmp_ps_mask, _mm256_cmplt_epu32_mask, _mm256_i32gather_ps,
    _mm256_loadu_si256, _mm256_mask_add_epi32, _mm256_mask_srli_epi32, _mm256_min_epu32,
    _mm256_permutevar8x32_ps, _mm256_set1_epi32, _mm256_storeu_si256, _mm512_add_epi64,
    _mm512_castps512_ps256, _mm512_castsi128_si512, _mm512_castsi256_si512, _mm512_cvtepi64_epi32,
    _mm512_cvtepu32_epi64, _mm512_inserti32x4, _mm512_loadu_si512, _mm512_mask_add_epi64,
    _mm512_maskz_loadu_ps, _mm512_permutex2var_ps, _mm512_slli_epi64, _mm512_srli_epi64,
    _mm512_storeu_si512, _mm512_sub_epi64, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::LANES;
use super::descent::{NODE_SHIFT, Reached, TOGETHER, Trunk, descents_in_groups};

/// Descends trees, at most [`TOGETHER`] of them, to the leaves of `x`, which is not empty.
#[target_feature(enable = "avx2,avx512f,avx512vl")]
pub(super) fn descend(trees: &[Trunk<'_>], x: &[f32], ends: &mut [Reached; TOGETHER]) {
    match x.len() {
        ..=8 => descend_to(OneRegister::new(x), trees, ends),
        9..=32 => descend_to(TwoRegisters::new(x), trees, ends),
        _ => descend_to(Row(x), trees, ends),
    }
}

/// A row of coordinates that eight lanes read.
trait Coordinates: Copy {
    /// The coordinate of each dimension; any, where there is none.
    ///
    /// # Safety
    /// The processor has the features of [`descend`].
    unsafe fn at(self, dimensions: __m256i) -> __m256;
}

/// Up to eight coordinates.
#[derive(Clone, Copy)]
struct OneRegister(__m512);

impl OneRegister {
    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    fn new(x: &[f32]) -> Self {
        Self(load_some(x))
    }
}

impl Coordinates for OneRegister {
    #[inline(always)]
    unsafe fn at(self, dimensions: __m256i) -> __m256 {
        // SAFETY: the features are there by contract.
        unsafe { _mm256_permutevar8x32_ps(_mm512_castps512_ps256(self.0), dimensions) }
    }
}

/// Up to thirty-two coordinates.
#[derive(Clone, Copy)]
struct TwoRegisters([__m512; 2]);

impl TwoRegisters {
    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    fn new(x: &[f32]) -> Self {
        let (first, rest) = x.split_at(x.len().min(WIDE));
        Self([load_some(first), load_some(rest)])
    }
}

impl Coordinates for TwoRegisters {
    #[inline(always)]
    unsafe fn at(self, dimensions: __m256i) -> __m256 {
        let [first, second] = self.0;
        // SAFETY: the features are there by contract.
        unsafe {
            let dimensions = _mm512_castsi256_si512(dimensions);
            _mm512_castps512_ps256(_mm512_permutex2var_ps(first, dimensions, second))
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
        // SAFETY: the features are there by contract, and the row has more coordinates than the
        // largest of these numbers.
        unsafe {
            let most = _mm256_set1_epi32((x.len() - 1) as i32);
            _mm256_i32gather_ps::<4>(x.as_ptr(), _mm256_min_epu32(dimensions, most))
        }
    }
}

/// Floats in a register.
const WIDE: usize = 2 * LANES;

/// At most sixteen floats, then zeros.
#[target_feature(enable = "avx2,avx512f,avx512vl")]
fn load_some(x: &[f32]) -> __m512 {
    debug_assert!(x.len() <= WIDE);
    let lanes = ((1_u32 << x.len().min(WIDE)) - 1) as u16;
    // SAFETY: no float is read but those of the slice.
    unsafe { _mm512_maskz_loadu_ps(lanes, x.as_ptr()) }
}

/// Eight addresses.
type Addresses = __m512i;

descents_in_groups!("avx2,avx512f,avx512vl", LANES);

impl Group {
    /// Before the first step, with the first of these trees. Lanes without a tree do what the first
    /// one does.
    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    fn new(trees: &[Trunk<'_>]) -> Self {
        let (mut nodes, mut lens, mut roots) = ([0_u64; LANES], [0_u32; LANES], [0_u32; LANES]);
        for lane in 0..LANES {
            let Some(tree) = trees.get(lane).or(trees.first()) else {
                break;
            };
            assert!(usize::from(tree.root) < tree.nodes.len());
            nodes[lane] = tree.nodes.as_ptr().expose_provenance() as u64;
            lens[lane] = tree.nodes.len() as u32;
            roots[lane] = u32::from(tree.root);
        }
        let (lens, roots) = (load(lens), load(roots));
        let nodes = load_addresses(nodes);
        let offsets = _mm512_slli_epi64::<NODE_SHIFT>(_mm512_cvtepu32_epi64(roots));
        Self {
            nodes,
            at: _mm512_add_epi64(nodes, offsets),
            lens,
            leaf: roots,
            depth: _mm256_set1_epi32(1),
        }
    }

    /// Takes all lanes one level down, those that have ended to the same leaf again. Returns the
    /// set of those that continue.
    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    fn step<C: Coordinates>(&mut self, x: C) -> u8 {
        let at = addresses(self.at);
        // SAFETY: `at` are addresses of nodes, each of sixteen bytes.
        let (even, odd) = unsafe { (load_nodes(at, 0), load_nodes(at, 1)) };
        let cuts_and_children = _mm512_unpacklo_epi64(even, odd);
        let dimensions_and_rest = _mm512_unpackhi_epi64(even, odd);
        let low_half = _mm256_set1_epi32(0xffff);
        let dimensions = _mm256_and_si256(_mm512_cvtepi64_epi32(dimensions_and_rest), low_half);
        // SAFETY: this function has the features.
        let x = unsafe { x.at(dimensions) };
        let cuts = _mm256_castsi256_ps(_mm512_cvtepi64_epi32(cuts_and_children));
        let children = _mm512_cvtepi64_epi32(_mm512_srli_epi64::<32>(cuts_and_children));
        let right = _mm256_cmp_ps_mask::<_CMP_GT_OQ>(x, cuts);
        let child = _mm256_mask_srli_epi32::<16>(children, right, children);
        let child = _mm256_and_si256(child, low_half);
        // Only numbers of nodes become addresses.
        let goes_on = _mm256_cmplt_epu32_mask(child, self.lens);
        let offsets = _mm512_slli_epi64::<NODE_SHIFT>(_mm512_cvtepu32_epi64(child));
        self.at = _mm512_mask_add_epi64(self.at, goes_on, self.nodes, offsets);
        self.depth = _mm256_mask_add_epi32(self.depth, goes_on, self.depth, _mm256_set1_epi32(1));
        self.leaf = child;
        goes_on
    }

    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    fn store(&self, ends: &mut [Reached; LANES]) {
        let offsets = _mm512_sub_epi64(self.at, self.nodes);
        let last = _mm512_cvtepi64_epi32(_mm512_srli_epi64::<NODE_SHIFT>(offsets));
        let (leaf, last, depth) = (lanes(self.leaf), lanes(last), lanes(self.depth));
        for lane in 0..LANES {
            ends[lane] = Reached {
                leaf: leaf[lane],
                last: last[lane],
                depth: depth[lane],
            };
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_addresses(addresses: [u64; LANES]) -> __m512i {
    // SAFETY: eight numbers of 64 bits are read from an array of as many.
    unsafe { _mm512_loadu_si512(addresses.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn addresses(at: __m512i) -> [u64; LANES] {
    let mut addresses = [0; LANES];
    // SAFETY: eight numbers of 64 bits are written to an array of as many.
    unsafe { _mm512_storeu_si512(addresses.as_mut_ptr().cast(), at) };
    addresses
}

/// Every other one of the nodes at these addresses, from the lane `first` on.
///
/// # Safety
/// There are nodes.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load_nodes(at: [u64; LANES], first: usize) -> __m512i {
    let node = |lane: usize| {
        let address = std::ptr::with_exposed_provenance::<__m128i>(at[lane] as usize);
        // SAFETY: a node has sixteen bytes.
        unsafe { _mm_loadu_si128(address) }
    };
    let nodes = _mm512_castsi128_si512(node(first));
    let nodes = _mm512_inserti32x4::<1>(nodes, node(first + 2));
    let nodes = _mm512_inserti32x4::<2>(nodes, node(first + 4));
    _mm512_inserti32x4::<3>(nodes, node(first + 6))
}

#[inline]
#[target_feature(enable = "avx2")]
fn lanes(vector: __m256i) -> [u32; LANES] {
    let mut lanes = [0; LANES];
    // SAFETY: eight numbers of 32 bits are written to an array of as many.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), vector) };
    lanes
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(lanes: [u32; LANES]) -> __m256i {
    // SAFETY: eight numbers of 32 bits are read from an array of as many.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}
