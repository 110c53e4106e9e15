//! Inputs and results of descents.

/// An internal node of a tree, in the layout that vectors of nodes are read in.
///
/// A reference below the number of the tree's nodes names a node, any other a leaf.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Node<I> {
    /// Points with `x[dimension] <= cut` are on the left.
    pub(crate) cut: f32,
    /// References to what is on the left and on the right.
    pub(crate) children: [I; 2],
    pub(crate) dimension: I,
    /// The number of the node above; `I::MAX` at the root.
    pub(crate) parent: I,
    /// Number of sampled points on the left, with multiplicity. The masses of all nodes follow
    /// from these.
    pub(crate) left_mass: I,
    /// The place of its box in the pool of the forest; `I::MAX` if it is a small subtree.
    pub(crate) place: I,
}

/// Log₂ of the size of a node: four to a cache line, none across two.
pub(super) const NODE_SHIFT: u32 = 4;
const _: () = assert!(size_of::<Node<u16>>() == 1 << NODE_SHIFT);

/// Most trees that descend together.
pub(crate) const TOGETHER: usize = 64;

/// A tree to descend.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(dead_code, reason = "only processors with vectors of nodes read it")
)]
pub(crate) struct Trunk<'a> {
    pub(crate) nodes: &'a [Node<u16>],
    /// A number of a node.
    pub(crate) root: u16,
}

/// Where a descent ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The leaf.
    pub(crate) leaf: u32,
    /// The last internal node passed; the number of no node if there was none.
    pub(crate) last: u32,
    /// Number of internal nodes passed.
    pub(crate) depth: u32,
}

/// Proof that the processor descends trees as vectors; only x86-64 processors have one here.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descents {}

#[cfg(not(target_arch = "x86_64"))]
impl Descents {
    pub(crate) fn descend(self, _: &[Trunk<'_>], _: &[f32], _: &mut [Reached; TOGETHER]) {
        match self {}
    }
}

/// The descents of a module, by groups of so many trees, a lane to each, compiled with these
/// features. The module has the type `Addresses`, a vector of 64 bits a lane, and what a `Group`
/// does.
#[cfg(target_arch = "x86_64")]
macro_rules! descents_in_groups {
    ($features:literal, $lanes:expr) => {
        /// Trees that descend together.
        #[derive(Clone, Copy)]
        struct Group {
            /// The address of each tree's nodes, …
            nodes: Addresses,
            /// … and of the node that is next. It is always one of the tree's.
            at: Addresses,
            /// Number of nodes of each tree: references from there on are leaves.
            lens: __m256i,
            leaf: __m256i,
            depth: __m256i,
        }

        #[target_feature(enable = $features)]
        fn descend_to<C: Coordinates>(x: C, trees: &[Trunk<'_>], ends: &mut [Reached; TOGETHER]) {
            let number_of_groups = trees.len().div_ceil($lanes);
            let mut groups = [Group::new(&[]); TOGETHER / $lanes];
            let groups = &mut groups[..number_of_groups];
            let (ends, _) = ends.as_chunks_mut::<{ $lanes }>();
            for number in 0..number_of_groups {
                groups[number] = Group::new(&trees[number * $lanes..]);
            }
            let mut moving = (1_u32 << number_of_groups) - 1;
            while moving != 0 {
                let mut rest = moving;
                while rest != 0 {
                    let number = rest.trailing_zeros();
                    rest &= rest - 1;
                    if groups[number as usize].step(x) == 0 {
                        moving &= !(1 << number);
                    }
                }
            }
            for number in 0..number_of_groups {
                groups[number].store(&mut ends[number]);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) use descents_in_groups;
