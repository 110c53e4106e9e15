//! The sine wave with drops, the traditional demonstration of this operator.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::record::{Headers, Positions, Record};
use crate::source::{Batch, Source, SourceError};

/// The value of a drop, far below the wave, which stays within 0 and 20.
pub const DROP_VALUE: f64 = -17.0;

/// Which records drop to [`DROP_VALUE`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drops {
    /// Those of the original formula, where `(t / 100) mod 360` lies between 2.4 and 2.6. It takes
    /// radians for degrees, so that the drop comes at t = 241…259 and then every 36,000 records.
    #[default]
    Original,
    /// A drop in each cycle of the wave, where `(t / 100) mod 2π` lies between 2.4 and 2.6.
    EveryCycle,
    /// As [`EveryCycle`](Self::EveryCycle), but only in these cycles, counted from 0.
    Cycles(Vec<u64>),
    /// No drop.
    None,
}

/// `10 · sin(t / 100) + 10` for t = 0, 1, 2, …, with drops and optional noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SineConfig {
    /// How many records to generate; `None` never ends.
    pub count: Option<u64>,
    /// Which records drop.
    pub drops: Drops,
    /// The standard deviation of Gaussian noise on every record.
    pub noise: f64,
    /// The seed of the noise.
    pub seed: u64,
    /// Records per second; `None` goes as fast as they are taken.
    pub rate: Option<f64>,
    /// The partition key of the records.
    pub partition_key: String,
}

impl Default for SineConfig {
    fn default() -> Self {
        Self {
            count: None,
            drops: Drops::Original,
            noise: 0.0,
            seed: 0,
            rate: None,
            partition_key: "sine".to_owned(),
        }
    }
}

impl SineConfig {
    /// Whether record `t` drops.
    #[must_use]
    pub fn is_drop(&self, t: u64) -> bool {
        let x = t as f64 / 100.0;
        let within = |phase: f64| phase > 2.4 && phase < 2.6;
        match &self.drops {
            Drops::Original => within(x % 360.0),
            Drops::EveryCycle => within(x % TAU),
            Drops::Cycles(cycles) => within(x % TAU) && cycles.contains(&((x / TAU) as u64)),
            Drops::None => false,
        }
    }

    /// The value of record `t`. It depends on nothing else, so a replay repeats it.
    #[must_use]
    pub fn value(&self, t: u64) -> f64 {
        let value = match self.is_drop(t) {
            true => DROP_VALUE,
            false => 10.0 * (t as f64 / 100.0).sin() + 10.0,
        };
        if self.noise > 0.0 {
            value + self.noise * gaussian(self.seed, t)
        } else {
            value
        }
    }
}

/// A standard normal number for record `t`, by the method of Box and Muller.
fn gaussian(seed: u64, t: u64) -> f64 {
    let key = mix(seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(t.wrapping_mul(2));
    let u = 1.0 - unit(mix(key)); // in (0, 1], so that the logarithm is finite
    let v = unit(mix(key.wrapping_add(1)));
    (-2.0 * u.ln()).sqrt() * (TAU * v).cos()
}

/// The upper 53 bits as a number in [0, 1).
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The finalizer of SplitMix64 over its increment: a random function of a counter.
fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Generates the records of a [`SineConfig`]. The sequence number of a record is its t.
#[derive(Debug)]
pub struct SineSource {
    config: SineConfig,
    stream: Arc<str>,
    shard: Arc<str>,
    next: u64,
    pace: Option<Pace>,
}

/// When the records generated so far were due, so that waiting times never add up.
#[derive(Debug)]
struct Pace {
    rate: f64,
    start: Instant,
    first: u64,
}

impl SineSource {
    /// How many records form a batch without a rate.
    const BATCH: u64 = 512;

    /// Starts after the position.
    ///
    /// # Errors
    /// [`SourceError::Position`] where the position is not that of a generator.
    pub fn open(config: SineConfig, positions: &Positions) -> Result<Self, SourceError> {
        let shard: Arc<str> = crate::source::ONLY_SHARD.into();
        let next = match positions
            .get(&shard)
            .and_then(|position| position.sequence.as_deref())
        {
            None => 0,
            Some(sequence) => crate::source::number_in_position(&shard, sequence)? + 1,
        };
        let pace = config.rate.map(|rate| Pace {
            rate,
            start: Instant::now(),
            first: next,
        });
        Ok(Self {
            config,
            stream: "sine".into(),
            shard,
            next,
            pace,
        })
    }

    fn record(&self, t: u64) -> Record {
        Record {
            stream: Arc::clone(&self.stream),
            shard: Arc::clone(&self.shard),
            sequence: t.to_string(),
            sub_sequence: None,
            partition_key: self.config.partition_key.clone(),
            timestamp: None,
            headers: Headers::default(),
            data: Bytes::from(self.config.value(t).to_string()),
        }
    }
}

#[async_trait]
impl Source for SineSource {
    /// The only await is before anything changes, so dropping the future loses nothing.
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        let left = self
            .config
            .count
            .map_or(u64::MAX, |count| count.saturating_sub(self.next));
        if left == 0 {
            return Ok(None);
        }
        let due = match &self.pace {
            None => Self::BATCH,
            Some(pace) => pace.wait_for(self.next).await,
        };
        let end = self.next + due.min(left).min(Self::BATCH);
        let records = (self.next..end).map(|t| self.record(t)).collect();
        self.next = end;
        Ok(Some(Batch {
            records,
            ..Batch::default()
        }))
    }
}

impl Pace {
    /// Waits until record `next` is due, and returns how many are due then, at least one.
    async fn wait_for(&self, next: u64) -> u64 {
        let made = next - self.first;
        let wait = Duration::try_from_secs_f64(made as f64 / self.rate).unwrap_or(Duration::MAX);
        match self.start.checked_add(wait) {
            Some(moment) => tokio::time::sleep_until(moment).await,
            None => std::future::pending().await, // so slow a rate is never due
        }
        let due = (self.start.elapsed().as_secs_f64() * self.rate) as u64 + 1;
        due.saturating_sub(made).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drops(config: &SineConfig, range: std::ops::Range<u64>) -> Vec<u64> {
        range.filter(|&t| config.value(t) == DROP_VALUE).collect()
    }

    #[test]
    fn the_original_drops_every_36_000_records() {
        let config = SineConfig::default();
        let expected: Vec<u64> = (241..=259).chain(36_241..=36_259).collect();
        assert_eq!(drops(&config, 0..72_000), expected);
        assert_eq!(config.value(0), 10.0);
        assert_eq!(config.value(157), 10.0 * 1.57_f64.sin() + 10.0);
    }

    #[test]
    fn drops_in_chosen_cycles() {
        let every = SineConfig {
            drops: Drops::EveryCycle,
            ..SineConfig::default()
        };
        let starts: Vec<u64> = drops(&every, 0..2_000)
            .into_iter()
            .filter(|&t| !every.is_drop(t - 1))
            .collect();
        assert_eq!(starts, [241, 869, 1497]); // one cycle has 2π · 100 ≈ 628.3 records
        let chosen = SineConfig {
            drops: Drops::Cycles(vec![1]),
            ..SineConfig::default()
        };
        let expected: Vec<u64> = (869..=888).collect();
        assert_eq!(drops(&chosen, 0..2_000), expected);
        let none = SineConfig {
            drops: Drops::None,
            ..SineConfig::default()
        };
        assert!(drops(&none, 0..2_000).is_empty());
    }

    #[test]
    fn noise_is_seeded_and_gaussian() {
        let config = SineConfig {
            noise: 0.5,
            seed: 3,
            drops: Drops::None,
            ..SineConfig::default()
        };
        let clean = SineConfig {
            noise: 0.0,
            ..config.clone()
        };
        let noise: Vec<f64> = (0..10_000)
            .map(|t| config.value(t) - clean.value(t))
            .collect();
        let mean = noise.iter().sum::<f64>() / 10_000.0;
        let variance = noise.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0;
        let outside = noise.iter().filter(|x| x.abs() > 0.98).count(); // 1.96 deviations: 5 %
        // Four standard errors each.
        assert!(mean.abs() < 4.0 * 0.5 / 100.0, "{mean}");
        assert!(
            (variance / 0.25 - 1.0).abs() < 4.0 * (2.0_f64 / 10_000.0).sqrt(),
            "{variance}"
        );
        assert!((outside as f64 - 500.0).abs() < 4.0 * 21.8, "{outside}");
        assert_eq!(config.value(17), config.clone().value(17));
        assert_ne!(
            config.value(17),
            SineConfig {
                seed: 4,
                ..config.clone()
            }
            .value(17)
        );
    }

    #[tokio::test]
    async fn counts_and_resumes_after_the_position() {
        let config = SineConfig {
            count: Some(1_000),
            ..SineConfig::default()
        };
        let mut source = SineSource::open(config.clone(), &Positions::default()).unwrap();
        let mut all = Vec::new();
        while let Some(batch) = source.next_batch().await.unwrap() {
            all.extend(batch.records);
        }
        assert_eq!(all.len(), 1_000);
        assert_eq!(all[250].sequence, "250");
        assert_eq!(all[250].data, "-17");

        let mut positions = Positions::default();
        positions.advance(&all[700]);
        let mut resumed = SineSource::open(config, &positions).unwrap();
        let batch = resumed.next_batch().await.unwrap().unwrap();
        assert_eq!(batch.records, all[701..]);
        assert!(resumed.next_batch().await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_spreads_records_over_time() {
        let config = SineConfig {
            count: Some(30),
            rate: Some(10.0),
            ..SineConfig::default()
        };
        let start = Instant::now();
        let mut source = SineSource::open(config, &Positions::default()).unwrap();
        let mut records = 0;
        while let Some(batch) = source.next_batch().await.unwrap() {
            records += batch.records.len();
        }
        assert_eq!(records, 30);
        assert_eq!(start.elapsed().as_millis(), 2_900); // the first is due at once
    }
}
