//! How do I compute something of my own on the trees?
//!
//! With a visitor. The score is a mean over the trees, and a mean hides how far they disagree: a
//! value between two clusters is shallow in some trees and deep in others. Here is the quantile of
//! the depth at which a record arrives, over the trees: two of them say how sure the forest is.

use std::error::Error;
use std::ops::ControlFlow;
use std::process::ExitCode;

use rcf_core::RandomCutForest;
use rcf_core::visitor::{Ancestor, Leaf, Visitor};

/// The depth of the leaf at which a query arrives, in each tree.
#[derive(Debug, Default)]
pub struct LeafDepths(Vec<usize>);

impl Visitor for LeafDepths {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.0.push(leaf.depth());
        ControlFlow::Break(()) // The ancestors are not needed.
    }

    fn ancestor(&mut self, _: &impl Ancestor) {}
}

impl LeafDepths {
    /// The least depth that at least this fraction of the trees does not exceed; `None` without
    /// trees.
    pub fn quantile(mut self, fraction: f64) -> Option<usize> {
        let rank = (fraction * self.0.len() as f64).ceil() as usize;
        self.0.sort_unstable();
        self.0.get(rank.saturating_sub(1)).copied()
    }
}

/// Depth of a record as if it came next: lower is more anomalous. `None` until the forest is ready.
pub fn depth_quantile(
    forest: &RandomCutForest,
    record: &[f64],
    fraction: f64,
) -> Result<Option<usize>, Box<dyn Error>> {
    let mut depths = LeafDepths::default();
    forest.traverse(record, &mut depths)?;
    Ok(depths.quantile(fraction))
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let builder = RandomCutForest::builder(1).number_of_trees(200);
    let mut forest = builder.seed(7).build()?;
    for t in 0..5_000 {
        // Two clusters, around 5 and around 105.
        let near = f64::from(t * 37 % 100) / 10.0;
        forest.update(&[if t % 2 == 0 { near } else { 100.0 + near }])?;
    }
    println!("       value  lowest tenth  median  highest tenth");
    let mut medians = Vec::new();
    for value in [5.0, 50.0, 1_000.0] {
        let at = |fraction| depth_quantile(&forest, &[value], fraction);
        let (Some(low), Some(median), Some(high)) = (at(0.1)?, at(0.5)?, at(0.9)?) else {
            return Err("the forest is not ready".into());
        };
        println!("{value:>12}  {low:>12}  {median:>6}  {high:>13}");
        medians.push(median);
    }

    let below = (1..3).filter(|&i| medians[i] < medians[0]).count();
    let passed = below == 2;
    let verdict = if passed { "PASS" } else { "FAIL" };
    println!("{verdict}: the median depth of {below} of 2 outliers is below that of a usual value");
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
