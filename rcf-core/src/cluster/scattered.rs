//! Groups of objects with several representatives.
//!
//! A group has a *primary* representative, the one with the least sum of squared distances to all
//! of its members, and further ones that are scattered (each is furthest from those before), as in
//! CURE (Guha, Rastogi, Shim, *CURE: An efficient clustering algorithm for large databases*, 1998).
//! Objects cannot be moved towards a center, so distances are instead: the distance to a group is
//! `(1 − shrinkage) · nearest representative + shrinkage · primary`.
//!
//! Only seeds can be representatives. All distances that clustering looks at are those from a seed
//! to an object; they are measured once, when the seeds are chosen.

use super::{Group, furthest_first, merge, merge_overlapping};

/// The prior of a radius counts as this many objects of its group.
pub(crate) const GIVEN: f64 = 4.0;
/// An additional representative must be the nearest one for at least one in this many of the
/// members that it would have in an even split: a stray object represents no others.
const STRAY: f64 = 4.0;

/// What the groups of one clustering share.
pub(super) struct Space<'a> {
    weights: &'a [f64],
    /// The objects that were chosen, …
    seeds: Vec<usize>,
    /// … and from each of them the distance to all objects.
    distances: Vec<Vec<f64>>,
    representatives: usize,
    shrinkage: f64,
    overlap: f64,
}

/// The result for one group.
pub(crate) struct Found {
    /// Which objects represent it, the primary one first.
    pub(crate) representatives: Vec<usize>,
    pub(crate) weight: f64,
    /// The weighted sum of the squared distances of its members from it.
    pub(crate) squares: f64,
}

/// Clusters objects into at most `most` groups, the heaviest first.
pub(super) fn clusters(
    weights: &[f64],
    [most, seeds, representatives]: [usize; 3],
    [shrinkage, overlap]: [f64; 2],
    mut distance: impl FnMut(usize, usize) -> f64,
) -> Vec<Found> {
    if weights.is_empty() {
        return Vec::new();
    }
    let count = weights.len();
    // Half of the seeds are taken in order, since the middle of a group is among its many members;
    // the other half are far out.
    let first = (seeds / 2).clamp(1, count);
    let first = (0..first).map(|i| i * count / first).collect();
    let mut distances: Vec<Vec<f64>> = Vec::new();
    let (seeds, nearest) = furthest_first(first, count, seeds, |object, seed| {
        if object == 0 {
            distances.push(Vec::with_capacity(count));
        }
        let measured = distance(object, seed);
        distances.last_mut().expect("it begins at 0").push(measured);
        measured
    });
    let space = Space {
        weights,
        seeds,
        distances,
        representatives,
        shrinkage,
        overlap,
    };
    let mut groups: Vec<_> = (0..space.seeds.len())
        .map(|seed| Scattered::of(&space, seed))
        .collect();
    for (object, &seed) in nearest.iter().enumerate() {
        groups[seed].take(object);
    }
    // Seeds that equal another one.
    groups.retain(|group| group.weight > 0.0);
    let mut groups = merge_overlapping(merge(groups, most));
    groups.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    groups.into_iter().map(Scattered::found).collect()
}

#[derive(Clone)]
struct Scattered<'a> {
    space: &'a Space<'a>,
    /// Its seeds.
    candidates: Vec<usize>,
    members: Vec<usize>,
    /// Which of the seeds represent it, the primary one first.
    representatives: Vec<usize>,
    weight: f64,
    squares: f64,
}

impl<'a> Scattered<'a> {
    fn of(space: &'a Space<'a>, seed: usize) -> Self {
        Self {
            space,
            candidates: vec![seed],
            members: Vec::new(),
            representatives: vec![seed],
            weight: 0.0,
            squares: 0.0,
        }
    }

    /// Adds an object to a group that is represented by one seed.
    fn take(&mut self, object: usize) {
        let distance = self.space.distances[self.representatives[0]][object];
        let weight = self.space.weights[object];
        self.members.push(object);
        self.weight += weight;
        self.squares += weight * distance * distance;
    }

    /// The distance from the group to an object.
    fn distance_to(&self, object: usize) -> f64 {
        let from = |&seed: &usize| self.space.distances[seed][object];
        let nearest = self.representatives.iter().map(from);
        shrunk(nearest, self.space.shrinkage)
    }

    fn distance(&self, other: &Self) -> f64 {
        let to = |object: usize| self.representatives.iter().map(move |&seed| (seed, object));
        let of_other = other.representatives.iter();
        let pairs = of_other.flat_map(|&seed| to(self.space.seeds[seed]));
        let distances = pairs.map(|(seed, object)| self.space.distances[seed][object]);
        shrunk(distances, self.space.shrinkage)
    }

    fn radius(&self) -> f64 {
        (self.squares / self.weight).sqrt()
    }

    /// The radius, or, if larger, its likely value in view of another group: with few objects it is
    /// hardly known.
    fn radius_without(&self, other: &Self) -> f64 {
        let squares = self.squares + GIVEN * other.squares / other.weight;
        self.radius().max((squares / (self.weight + GIVEN)).sqrt())
    }

    /// Chooses representatives among the seeds.
    fn represent(&mut self) {
        let Space {
            weights,
            seeds,
            distances,
            ..
        } = self.space;
        let squares = |&seed: &usize| -> f64 {
            let squared = |&object: &usize| weights[object] * distances[seed][object].powi(2);
            self.members.iter().map(squared).sum()
        };
        let sums = self.candidates.iter().map(|seed| (*seed, squares(seed)));
        let Some((primary, _)) = sums.min_by(|a, b| a.1.total_cmp(&b.1)) else {
            return;
        };
        let mut chosen = vec![primary];
        let mut others = self.candidates.clone();
        // How far each member is from those chosen.
        let mut nearest = distances[primary].clone();
        let least = self.weight / (STRAY * self.space.representatives as f64);
        while chosen.len() < self.space.representatives {
            let furthest = (0..others.len())
                .max_by(|&a, &b| nearest[seeds[others[a]]].total_cmp(&nearest[seeds[others[b]]]));
            let Some(at) = furthest.filter(|&at| nearest[seeds[others[at]]] > 0.0) else {
                break;
            };
            let seed = others.swap_remove(at);
            let gains = |&&object: &&usize| distances[seed][object] < nearest[object];
            let gained = self.members.iter().filter(gains);
            if gained.map(|&object| weights[object]).sum::<f64>() < least {
                continue;
            }
            for &object in &self.members {
                nearest[object] = nearest[object].min(distances[seed][object]);
            }
            chosen.push(seed);
        }
        self.representatives = chosen;
        let squared = |&object: &usize| weights[object] * self.distance_to(object).powi(2);
        self.squares = self.members.iter().map(squared).sum();
    }

    fn found(self) -> Found {
        let seeds = &self.space.seeds;
        Found {
            representatives: self.representatives.iter().map(|&s| seeds[s]).collect(),
            weight: self.weight,
            squares: self.squares,
        }
    }
}

impl Group for Scattered<'_> {
    /// Ward's cost, with the distance of the groups.
    fn cost(&self, other: &Self) -> f64 {
        let weight = self.weight * other.weight / (self.weight + other.weight);
        weight * self.distance(other).powi(2)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.distance(other)
            <= self.space.overlap * (self.radius_without(other) + other.radius_without(self))
    }

    fn absorb(&mut self, other: &Self) {
        self.candidates.extend(&other.candidates);
        self.members.extend(&other.members);
        self.weight += other.weight;
        self.represent();
    }
}

/// The distance to a group, from the distances to its representatives, the primary one first.
pub(crate) fn shrunk(distances: impl Iterator<Item = f64>, shrinkage: f64) -> f64 {
    let mut primary = None;
    let nearest = distances.fold(f64::INFINITY, |nearest, distance| {
        primary.get_or_insert(distance);
        nearest.min(distance)
    });
    let primary = primary.unwrap_or(nearest);
    nearest + shrinkage * (primary - nearest)
}
