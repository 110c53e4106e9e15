//! The results as a table for the terminal.

use std::fmt::Write;

use super::Outcome;
use crate::report::number;

/// Records shown before and after the drop, and at each of its ends.
const AROUND: u64 = 3;

pub(super) fn table(outcome: &Outcome) -> String {
    let Outcome {
        demo,
        points,
        judgement,
        elapsed,
        forest,
    } = outcome;
    let mut out = String::new();
    _ = writeln!(
        out,
        "{} records of 10·sin(t/100) + 10, with drops to −17, scored in {:.1} s\n\
         ({} trees, sample size {}, shingle size {}, seed {})\n",
        number(points.len() as f64),
        elapsed.as_secs_f64(),
        forest.number_of_trees,
        forest.sample_size,
        forest.shingle_size,
        demo.seed
    );
    if let Some(group) = judgement.groups.last() {
        let (first, last) = (*group.drop.start(), *group.drop.end());
        _ = writeln!(out, "{:>8}  {:>8}  {:>7}", "t", "value", "score");
        let mut gap = false;
        for point in points
            .iter()
            .filter(|p| p.t + AROUND >= first && p.t <= last + AROUND)
        {
            if point.t >= first + AROUND && point.t + AROUND <= last {
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                _ = writeln!(out, "{:>8}", "…");
            }
            let note = if group.drop.contains(&point.t) {
                "  drop"
            } else {
                ""
            };
            _ = writeln!(
                out,
                "{:>8}  {:>8.3}  {:>7.3}{note}",
                number(point.t as f64),
                point.value,
                point.score
            );
        }
        out.push('\n');
    }
    _ = writeln!(
        out,
        "normal points score up to {:.3}",
        judgement.highest_normal()
    );
    _ = writeln!(
        out,
        "dropped points score at least {:.3}",
        judgement.lowest_dropped()
    );
    _ = writeln!(out, "{}", judgement.verdict);
    out
}
