//! Scores of many queries: each node is looked at once for all queries that pass it.
//!
//! On the way down, the queries are partitioned by the cuts. On the way up, those that no box has
//! contained yet, the *active* ones, are measured against each box in turn; the box of a small
//! subtree, which is computed from its points, is computed once for all of them.

use super::rebuild::partition;
use crate::arena::PointStore;
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::tree::boxed::BoxedTree;
use crate::tree::boxed::node::NodeRef;
use crate::visitor::score::{seen, step, unseen};

/// Queries, and their scores on the trees so far.
pub(crate) struct Batch<'a, G: Geometry, I> {
    rows: Rows<'a, G>,
    sums: Vec<f64>,
    /// The numbers of all queries; those below one node are contiguous.
    order: Vec<u32>,
    /// The queries that no box has contained yet; those below the current node are at the end.
    active: Vec<u32>,
    /// For each query its score on the present tree, …
    scores: Vec<f64>,
    /// … and where it lies outside of the last box.
    outside: Vec<G::Parts>,
    pending: Vec<Task<I>>,
    /// The bounding box of a small subtree.
    scratch: Vec<f32>,
}

/// The points of all queries, row after row.
#[derive(Clone, Copy)]
struct Rows<'a, G> {
    geometry: G,
    rows: &'a [f32],
}

impl<'a, G: Geometry> Rows<'a, G> {
    #[inline(always)]
    fn get(self, query: u32) -> &'a [f32] {
        let len = self.geometry.row_len();
        let start = query as usize * len;
        &self.rows[start..start + len]
    }
}

/// The work that is left on a tree.
enum Task<I> {
    /// Descend with the queries of this stretch of the order.
    Descend {
        reference: NodeRef<I>,
        mass: usize,
        depth: usize,
        first: usize,
        end: usize,
    },
    /// Measure the active queries from this one on against the box of a node.
    WalkUp {
        node: NodeRef<I>,
        depth: usize,
        first_active: usize,
    },
}

impl<'a, G: Geometry, I: Index> Batch<'a, G, I> {
    pub(crate) fn new(geometry: G, rows: &'a [f32]) -> Self {
        let count = rows.len() / geometry.row_len();
        Self {
            rows: Rows { geometry, rows },
            sums: vec![0.0; count],
            order: (0..count as u32).collect(),
            active: Vec::with_capacity(count),
            scores: vec![0.0; count],
            outside: vec![geometry.everywhere(); count],
            pending: Vec::new(),
            scratch: vec![0.0; geometry.box_len()],
        }
    }

    /// The sums of what was added, in the order of the queries.
    pub(crate) fn into_sums(self) -> Vec<f64> {
        self.sums
    }

    /// Adds the scores on a tree, which is not empty, each times `normalizer`.
    #[inline(always)]
    pub(crate) fn add_scores(&mut self, tree: &BoxedTree<I>, points: &PointStore, normalizer: f64) {
        self.pending.push(Task::Descend {
            reference: tree.root(),
            mass: tree.mass(),
            depth: 0,
            first: 0,
            end: self.order.len(),
        });
        while let Some(task) = self.pending.pop() {
            match task {
                Task::Descend {
                    reference,
                    mass,
                    depth,
                    first,
                    end,
                } => match tree.node(reference) {
                    Some(node) => {
                        self.pending.push(Task::WalkUp {
                            node: reference,
                            depth,
                            first_active: self.active.len(),
                        });
                        let middle = first + self.part(first, end, |x| node.is_left(x));
                        let sides = [(node.right(), middle, end), (node.left(), first, middle)];
                        for (reference, first, end) in sides {
                            if first < end {
                                self.pending.push(Task::Descend {
                                    reference,
                                    mass: BoxedTree::child_mass(node, mass, reference),
                                    depth: depth + 1,
                                    first,
                                    end,
                                });
                            }
                        }
                    }
                    None => self.reach(
                        points.row(self.rows.geometry, tree.point(reference)),
                        depth,
                        seen_at(depth, mass, tree.mass()),
                        first,
                        end,
                    ),
                },
                Task::WalkUp {
                    node,
                    depth,
                    first_active,
                } => {
                    if first_active < self.active.len() {
                        self.pass(tree, points, node, depth, first_active);
                    }
                }
            }
        }
        for (sum, score) in self.sums.iter_mut().zip(&self.scores) {
            *sum += normalizer * score;
        }
        self.active.clear();
    }

    /// Reorders a stretch so that those to the left of a cut come first; returns their number.
    #[inline(always)]
    fn part(&mut self, first: usize, end: usize, is_left: impl Fn(&[f32]) -> bool) -> usize {
        let rows = self.rows;
        partition(&mut self.order[first..end], |&query| {
            is_left(rows.get(query))
        })
    }

    /// A stretch of queries has reached a leaf.
    #[inline(always)]
    fn reach(
        &mut self,
        row: &[f32],
        depth: usize,
        seen: impl Fn() -> f64,
        first: usize,
        end: usize,
    ) {
        let unseen = unseen(depth);
        for &query in &self.order[first..end] {
            let i = query as usize;
            if self.rows.get(query) == row {
                self.scores[i] = seen();
            } else {
                self.scores[i] = unseen;
                self.outside[i] = self.rows.geometry.everywhere();
                self.active.push(query);
            }
        }
    }

    /// Measures the active queries against the box of a node; those inside it are finished.
    #[inline(always)]
    fn pass(
        &mut self,
        tree: &BoxedTree<I>,
        points: &PointStore,
        node: NodeRef<I>,
        depth: usize,
        first_active: usize,
    ) {
        let rows = self.rows;
        let geometry = rows.geometry;
        let bounds = tree.bounds(geometry, points, node.get(), &mut self.scratch);
        let corners = geometry.corners(bounds.record());
        let range = f64::from(bounds.range());
        let unseen = unseen(depth);
        let active = &mut self.active[first_active..];
        let mut left = 0;
        for i in 0..active.len() {
            let query = active[i];
            let q = query as usize;
            if let Some(gap) = geometry.gap(&mut self.outside[q], corners, rows.get(query)) {
                self.scores[q] = step(self.scores[q], unseen, f64::from(gap), range);
                active[left] = query;
                left += 1;
            }
        }
        self.active.truncate(first_active + left);
    }
}

/// The score of queries that are in the tree, computed only if there are any.
fn seen_at(depth: usize, mass: usize, tree_mass: usize) -> impl Fn() -> f64 {
    move || seen(depth, mass, tree_mass)
}
