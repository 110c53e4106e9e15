//! Agglomerative clustering: a few points gather the others, then the cheapest pairs merge. The
//! kind of group is open: a forest has its own, and [`scattered`] groups work for any objects with
//! a distance.
//!
//! Merging takes time and memory quadratic in the number of groups. So if there are many points,
//! [`furthest_first`] chooses some that gather the others: each is the furthest from all chosen
//! before (Gonzalez, *Clustering to minimize the maximum intercluster distance*, 1985), so that
//! every tight group, however small, gets one.

mod measure;
mod scattered;
mod summary;

pub use summary::{Cluster, Summarizer};

pub(crate) use measure::Measure;
pub(crate) use scattered::{GIVEN, shrunk};

/// A group that can be merged with others of its type.
pub(crate) trait Group {
    /// The cost of merging the two groups.
    fn cost(&self, other: &Self) -> f64;
    /// Whether the two groups overlap.
    fn overlaps(&self, other: &Self) -> bool;
    /// Merges the other group into this one.
    fn absorb(&mut self, other: &Self);
}

/// Adds at least one of `count` points to `seeds`, up to `most` in total. Returns all seeds and,
/// for each point, the position of its nearest seed among them. `distance` may be any function that
/// increases with the distance and is 0 for equal points.
pub(crate) fn furthest_first(
    mut seeds: Vec<usize>,
    count: usize,
    most: usize,
    mut distance: impl FnMut(usize, usize) -> f64,
) -> (Vec<usize>, Vec<usize>) {
    // The nearest seed of each point, and how far it is.
    let mut nearest: Vec<(usize, f64)> = vec![(0, f64::INFINITY); count];
    let mut next = 0;
    loop {
        while next < seeds.len() {
            for (point, nearest) in nearest.iter_mut().enumerate() {
                let distance = distance(point, seeds[next]);
                if distance < nearest.1 {
                    *nearest = (next, distance);
                }
            }
            next += 1;
        }
        let furthest = (0..count).max_by(|&a, &b| nearest[a].1.total_cmp(&nearest[b].1));
        match furthest {
            Some(furthest) if nearest[furthest].1 > 0.0 && seeds.len() < most => {
                seeds.push(furthest);
            }
            _ => break,
        }
    }
    (seeds, nearest.into_iter().map(|(seed, _)| seed).collect())
}

/// Merges the cheapest pair until there are at most this many groups.
pub(crate) fn merge<G: Group>(mut groups: Vec<G>, most: usize) -> Vec<G> {
    // For each group, the cheapest partner among those after it.
    let cheapest = |groups: &[G], a: usize| {
        let partners = (a + 1..groups.len()).map(|b| (b, groups[a].cost(&groups[b])));
        partners.min_by(|x, y| x.1.total_cmp(&y.1))
    };
    let mut partners: Vec<_> = (0..groups.len()).map(|a| cheapest(&groups, a)).collect();
    while groups.len() > most {
        let pairs = partners.iter().enumerate();
        let pairs = pairs.filter_map(|(a, partner)| partner.map(|(b, cost)| (a, b, cost)));
        let Some((a, b, _)) = pairs.min_by(|x, y| x.2.total_cmp(&y.2)) else {
            break;
        };
        let other = groups.swap_remove(b);
        partners.swap_remove(b);
        groups[a].absorb(&other);
        // Groups whose partner was one of the two, or the one that took the free place, search
        // again.
        let moved = groups.len();
        for i in 0..groups.len() {
            let stale = partners[i].is_none_or(|(partner, _)| [a, b, moved].contains(&partner));
            if i == a || i == b || stale {
                partners[i] = cheapest(&groups, i);
            } else if i < a {
                let cost = groups[i].cost(&groups[a]);
                if partners[i].is_some_and(|(_, best)| cost < best) {
                    partners[i] = Some((a, cost));
                }
            }
        }
    }
    groups
}

/// Merges the cheapest pair of those that overlap until none do.
pub(crate) fn merge_overlapping<G: Group>(mut groups: Vec<G>) -> Vec<G> {
    loop {
        let pairs = (0..groups.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let overlapping = pairs.filter(|&(a, b)| groups[a].overlaps(&groups[b]));
        let cost = |&(a, b): &(usize, usize)| groups[a].cost(&groups[b]);
        let Some((a, b)) = overlapping.min_by(|x, y| cost(x).total_cmp(&cost(y))) else {
            return groups;
        };
        let other = groups.swap_remove(b);
        groups[a].absorb(&other);
    }
}
