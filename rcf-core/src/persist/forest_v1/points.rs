//! The sampled points; of overlapping ones, only the new part.
//!
//! Consecutive shingles have all but one observation in common, and the samples hold most of the
//! recent ones. So points are linked into chains: each follows another one whose later observations
//! are its earlier ones, and only what is new in it is written. That depends on the values
//! alone: it needs no memory of which observation made which point.

use serde::{Deserialize, Serialize};

use super::inconsistent;
use crate::config::Config;
use crate::error::StateError;

#[derive(Serialize, Deserialize)]
pub(super) struct PointsV1 {
    /// For each point, how many of its observations, the last ones, are new; the others are the
    /// last ones of the point before. 0: it represents itself. Empty if all points do.
    fresh: Vec<u8>,
    /// The new observations.
    values: Vec<f32>,
    /// The blocks of the newest observations of each point, if shingles rotate.
    phases: Vec<u64>,
}

/// The most observations by which a point may be ahead of the one that it follows.
const MOST_FRESH: usize = 16;

/// The most points that follow a whole one, which bounds how much larger than its bytes a state is.
const MOST_FOLLOWERS: usize = 63;

impl PointsV1 {
    /// Saves points given in some order; returns their numbers, by their places in it.
    pub(super) fn save(config: &Config, points: &[&[f32]], phases: Vec<u64>) -> (Self, Vec<u32>) {
        let block = config.input_dimensions;
        let next = if config.shingle_size == 1 || config.shingle_rotation {
            Vec::new()
        } else {
            chains(block, config.shingle_size, points)
        };
        if next.iter().all(Option::is_none) {
            let values = points.concat();
            let numbers = (0..points.len() as u32).collect();
            let saved = Self {
                fresh: Vec::new(),
                values,
                phases,
            };
            return (saved, numbers);
        }
        let mut follows = vec![false; points.len()];
        next.iter()
            .flatten()
            .for_each(|link| follows[link.to] = true);
        let mut numbers = vec![0; points.len()];
        let (mut fresh, mut values) = (Vec::with_capacity(points.len()), Vec::new());
        for first in (0..points.len()).filter(|&point| !follows[point]) {
            let mut at = Some(Link {
                to: first,
                ahead: 0,
            });
            for followers in 0.. {
                let Some(Link { to, ahead }) = at else { break };
                let ahead = if followers % (MOST_FOLLOWERS + 1) == 0 {
                    0
                } else {
                    ahead
                };
                numbers[to] = fresh.len() as u32;
                fresh.push(ahead as u8);
                let known = match ahead {
                    0 => 0,
                    ahead => points[to].len() - ahead * block,
                };
                values.extend_from_slice(&points[to][known..]);
                at = next[to];
            }
        }
        let saved = Self {
            fresh,
            values,
            // Points are linked only if they slide.
            phases,
        };
        (saved, numbers)
    }

    /// The coordinates of all points, one after the other, and their phases if they rotate.
    pub(super) fn restore(mut self, config: &Config) -> Result<(Vec<f32>, Vec<u64>), StateError> {
        let phases = std::mem::take(&mut self.phases);
        let points = self.restore_coordinates(config)?;
        let expected = if config.shingle_rotation {
            points.len() / config.dimensions()
        } else {
            0
        };
        let unused = u64::MAX
            .checked_shl(config.shingle_size as u32)
            .unwrap_or(0);
        let valid = |&set: &u64| set != 0 && set & unused == 0;
        if phases.len() == expected && phases.iter().all(valid) {
            Ok((points, phases))
        } else {
            Err(inconsistent(
                "the newest observations of points are not in them",
            ))
        }
    }

    fn restore_coordinates(self, config: &Config) -> Result<Vec<f32>, StateError> {
        let (dimensions, block) = (config.dimensions(), config.input_dimensions);
        let Self { fresh, values, .. } = self;
        let most = config.number_of_trees * config.sample_size;
        if fresh.is_empty() {
            return if !values.len().is_multiple_of(dimensions) {
                Err(inconsistent(
                    "the points are not of the forest's dimensions",
                ))
            } else if values.len() / dimensions > most {
                Err(inconsistent(
                    "there are more points than the samples can hold",
                ))
            } else {
                Ok(values)
            };
        }
        if fresh.len() > most {
            return Err(inconsistent(
                "there are more points than the samples can hold",
            ));
        }
        let mut values = values.as_slice();
        let mut points: Vec<f32> = Vec::new();
        let mut followers = MOST_FOLLOWERS;
        for ahead in fresh {
            let new = if ahead == 0 {
                followers = 0;
                dimensions
            } else {
                followers += 1;
                usize::from(ahead) * block
            };
            if followers > MOST_FOLLOWERS {
                return Err(inconsistent("too many points follow a whole one"));
            }
            let known = dimensions.checked_sub(new);
            let (Some(known), Some((new, rest))) = (known, values.split_at_checked(new)) else {
                return Err(inconsistent(
                    "a point has the wrong number of new observations",
                ));
            };
            points.extend_from_within(points.len() - known..);
            points.extend_from_slice(new);
            values = rest;
        }
        if values.is_empty() {
            Ok(points)
        } else {
            Err(inconsistent("there are more observations than points need"))
        }
    }
}

/// The point that follows another one, and by how many observations it is ahead.
#[derive(Debug, Clone, Copy)]
struct Link {
    to: usize,
    ahead: usize,
}

/// Which point follows each, near ones first; no point follows itself, even indirectly.
fn chains(block: usize, shingle_size: usize, points: &[&[f32]]) -> Vec<Option<Link>> {
    let mut next = vec![None; points.len()];
    // The last point of each chain by its first one, and the first by the last.
    let mut last_of: Vec<usize> = (0..points.len()).collect();
    let mut first_of = last_of.clone();
    let mut firsts = last_of.clone();
    for ahead in 1..shingle_size.min(MOST_FRESH + 1) {
        let mut lasts = Buckets::new(points.len());
        for &first in firsts.iter().rev() {
            let last = last_of[first];
            lasts.push(hash(&points[last][ahead * block..]), last);
        }
        firsts.retain(|&first| {
            let head = &points[first][..(shingle_size - ahead) * block];
            let fits = |last: usize| {
                last != last_of[first] && same_bits(&points[last][ahead * block..], head)
            };
            let Some(last) = lasts.take(hash(head), fits) else {
                return true;
            };
            next[last] = Some(Link { to: first, ahead });
            let (start, end) = (first_of[last], last_of[first]);
            (last_of[start], first_of[end]) = (end, start);
            false
        });
    }
    next
}

/// Numbers by their hashes, those of one bucket chained from the last one put in.
struct Buckets {
    heads: Vec<Option<u32>>,
    below: Vec<Option<u32>>,
}

impl Buckets {
    /// For the numbers below `count`.
    fn new(count: usize) -> Self {
        Self {
            heads: vec![None; count.next_power_of_two()],
            below: vec![None; count],
        }
    }

    fn push(&mut self, hash: u64, number: usize) {
        let bucket = self.bucket(hash);
        self.below[number] = self.heads[bucket].replace(number as u32);
    }

    /// Takes out the last one put in that fits, of those with this hash and maybe others.
    fn take(&mut self, hash: u64, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let bucket = self.bucket(hash);
        let mut above = None;
        let mut number = self.heads[bucket]? as usize;
        while !fits(number) {
            above = Some(number);
            number = self.below[number]? as usize;
        }
        let next = self.below[number];
        match above {
            Some(above) => self.below[above] = next,
            None => self.heads[bucket] = next,
        }
        Some(number)
    }

    fn bucket(&self, hash: u64) -> usize {
        // The upper half depends on all of the values.
        (hash >> 32) as usize & (self.heads.len() - 1)
    }
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.iter()
        .map(|x| x.to_bits())
        .eq(b.iter().map(|x| x.to_bits()))
}

fn hash(values: &[f32]) -> u64 {
    // FNV-1a, by words.
    values.iter().fold(0xcbf2_9ce4_8422_2325, |hash, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3)
    })
}
