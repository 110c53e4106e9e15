//! The detector: an object in, a detection out.
//!
//! **Score.** The distance to the nearest cluster in units of its radius, so that about 1 is usual,
//! whatever the distance is and however wide each cluster. The radius of a small cluster rests on
//! few objects, so it is mixed with the radius of all clusters, which counts as [`GIVEN`] objects.
//! A cluster of fewer than one in [`RARE`] objects is ignored: an outlier that was sampled does not
//! make the next one usual.
//!
//! **Decision.** By the tail of the previous scores, as for a forest's scores: peaks over a running
//! quantile, with an exponential tail. Distances may have a heavier tail, which raises repeated
//! alarms: recent alarms count against the next one.
//!
//! **Learning.** Every object is offered to a sample that prefers recent ones. The sample is
//! clustered again each time a quarter of it has changed: what has left the sample is forgotten.

use std::sync::Arc;

use super::config::{DistanceDetectorBuilder, DistanceDetectorConfig};
use super::sample::StreamSample;
use crate::cluster::{Cluster, GIVEN, Measure, Summarizer, shrunk};
use crate::detector::evidence::{AlarmRate, Tail};
use crate::detector::severity::{grade, severity};
use crate::error::InputError;

/// Distance of two clusters, in sums of radii, up to which they are merged: half of that of a
/// summary. A distance may be bounded, as Jaccard's is; unrelated objects are then hardly further
/// apart than objects of one kind. Several clusters for one kind do no harm.
const OVERLAP: f64 = 1.0;
/// Clusters of fewer than one in this many objects are ignored, if there are larger ones.
const RARE: f64 = 64.0;
/// The largest score.
pub(crate) const HIGHEST: f64 = 1e3;
/// Clusters are found again when one in this many objects of the sample has been replaced.
const RENEWED: usize = 4;
/// The weight in the tail of an object that an open alert already covers.
const OF_AN_EVENT: f64 = 0.02;
/// How much a recent alarm reduces the evidence: a tail that raises repeated alarms is heavier than
/// it looks.
const REPEATED: f64 = 0.25;

/// Detects anomalies among objects of which only distances are known.
///
/// It judges an object, then learns it. The [module](super) has an example. Sign of all numbers:
/// higher is more anomalous.
#[derive(Debug)]
pub struct DistanceDetector<T> {
    pub(crate) config: DistanceDetectorConfig,
    pub(crate) updates: u64,
    pub(crate) sample: StreamSample<T>,
    /// Objects taken into the sample since the clusters were found.
    pub(crate) renewed: usize,
    /// The heaviest first; none before the end of warm-up.
    pub(crate) clusters: Vec<Cluster<T>>,
    pub(crate) tail: Tail,
    pub(crate) alarms: AlarmRate,
}

impl<T> Clone for DistanceDetector<T> {
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            sample: self.sample.clone(),
            clusters: self.clusters.clone(),
            ..*self
        }
    }
}

/// The result for one object.
#[derive(Debug)]
#[non_exhaustive]
pub struct DistanceDetection<T> {
    /// The distance to the nearest cluster, in units of its radius: about 1 is usual, at most
    /// 1,000; 0 in warm-up.
    pub score: f64,
    /// How far out in the tail of the scores before it, in units of the boundary: an anomaly if it
    /// is above 1. Alarms of the last thousand objects count against it, each by a quarter. 0 until
    /// 100 scores are known.
    pub evidence: f64,
    /// From 0 to 1: `evidence / (evidence + 1)`, an anomaly beyond 0.5.
    pub severity: f64,
    /// From 0 to 1: 0 unless it is an anomaly, then how far beyond the boundary.
    pub grade: f64,
    /// How often a calm stream shows such a score, according to the tail.
    pub p_value: f64,
    /// The nearest representative: the usual object in its place. `None` in warm-up.
    pub nearest: Option<Arc<T>>,
    /// The distance to the nearest cluster.
    pub distance: f64,
}

impl<T> DistanceDetection<T> {
    /// Whether the object is to be reported.
    #[must_use]
    pub fn is_anomaly(&self) -> bool {
        self.evidence > 1.0
    }
}

/// The position of an object relative to the clusters.
struct Judged<T> {
    score: f64,
    distance: f64,
    nearest: Option<Arc<T>>,
}

// On one type, so that it need not be named: the type of the objects follows from the first call.
impl DistanceDetector<()> {
    /// Sets the parameters of a detector of any type of objects.
    pub fn builder() -> DistanceDetectorBuilder {
        DistanceDetectorBuilder::default()
    }
}

impl<T> DistanceDetector<T> {
    pub(super) fn new(config: DistanceDetectorConfig) -> Self {
        Self {
            sample: StreamSample::new(&config),
            updates: 0,
            renewed: 0,
            clusters: Vec::new(),
            tail: Tail::default(),
            alarms: AlarmRate::default(),
            config,
        }
    }

    /// The parameters.
    #[must_use]
    pub fn config(&self) -> &DistanceDetectorConfig {
        &self.config
    }

    /// Objects learned so far.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Whether there are clusters, so that scores mean something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.clusters.is_empty()
    }

    /// The current clusters, the heaviest first; none in warm-up. They are those of the sample when
    /// a quarter of it had last changed.
    #[must_use]
    pub fn clusters(&self) -> &[Cluster<T>] {
        &self.clusters
    }

    /// The sampled objects, in no order.
    pub fn sample(&self) -> impl ExactSizeIterator<Item = &T> {
        self.sample.objects().iter().map(|object| &**object)
    }

    /// Scores an object without learning it; 0 in warm-up.
    ///
    /// # Errors
    /// [`InputError::Distance`] for an invalid distance.
    pub fn score(
        &self,
        object: &T,
        distance: impl FnMut(&T, &T) -> f64,
    ) -> Result<f64, InputError> {
        let mut measure = Measure::new(distance);
        Ok(self.judge(object, &mut measure)?.score)
    }

    /// Judges an object by what came before it, then learns it.
    ///
    /// Calls the distance for the representatives of all clusters and, when a quarter of the sample
    /// has changed, between some of the sample (4 for each cluster, at least 64) and all of it.
    ///
    /// # Errors
    /// [`InputError::Distance`] for an invalid distance. The detector is exactly as it was
    /// before the call.
    pub fn process(
        &mut self,
        object: T,
        distance: impl FnMut(&T, &T) -> f64,
    ) -> Result<DistanceDetection<T>, InputError> {
        let mut measure = Measure::new(distance);
        let judged = self.judge(&object, &mut measure)?;
        let surprise = self.tail.surprise(judged.score);
        let alone = surprise / -libm::log10(self.config.false_alarm_rate);
        let evidence = self.alarms.discount(alone, REPEATED);
        // Only clustering can fail from here on.
        let before = self.may_cluster().then(|| self.clone());
        self.alarms.push(alone > 1.0);
        self.learn(object, judged.score, alone > 1.0);
        if let Some(before) = before
            && let Err(error) = self.cluster(&mut measure)
        {
            *self = before;
            return Err(error);
        }
        let severity = severity(evidence, false);
        Ok(DistanceDetection {
            score: judged.score,
            evidence,
            severity,
            grade: grade(severity),
            p_value: libm::pow(10.0, -surprise),
            nearest: judged.nearest,
            distance: judged.distance,
        })
    }

    fn judge<F: FnMut(&T, &T) -> f64>(
        &self,
        object: &T,
        measure: &mut Measure<F>,
    ) -> Result<Judged<T>, InputError> {
        let pooled: f64 = self
            .clusters
            .iter()
            .map(|c| c.weight * c.radius * c.radius)
            .sum();
        let total = self.sample.objects().len() as f64;
        let mut best = Judged {
            score: f64::INFINITY,
            distance: f64::INFINITY,
            nearest: None,
        };
        for (at, cluster) in self.clusters.iter().enumerate() {
            // The heaviest cluster comes first, so at least one counts.
            if at > 0 && cluster.weight * RARE < 1.0 {
                break;
            }
            let mut nearest = (0, f64::INFINITY);
            let distances = cluster.representatives.iter().enumerate();
            let distances = distances.map(|(at, representative)| {
                let distance = measure.between(&**representative, object);
                if distance < nearest.1 {
                    nearest = (at, distance);
                }
                distance
            });
            let distance = shrunk(distances, self.config.shrinkage);
            let members = cluster.weight * total;
            let squares = members * cluster.radius * cluster.radius + GIVEN * pooled;
            let score = score(distance, (squares / (members + GIVEN)).sqrt());
            if score < best.score || best.nearest.is_none() {
                let nearest = Some(Arc::clone(&cluster.representatives[nearest.0]));
                best = Judged {
                    score,
                    distance,
                    nearest,
                };
            }
        }
        measure.check()?;
        if best.nearest.is_none() {
            (best.score, best.distance) = (0.0, 0.0);
        }
        Ok(best)
    }

    fn learn(&mut self, object: T, score: f64, of_event: bool) {
        if self.is_ready() {
            let keep = 1.0 - self.config.time_decay;
            let weight = if of_event { OF_AN_EVENT } else { 1.0 };
            self.tail.push(score, keep, weight);
        }
        self.updates += 1;
        if self.sample.offer(Arc::new(object)) {
            self.renewed += 1;
        }
    }

    /// Whether the next object may be the one after which clusters are found again.
    fn may_cluster(&self) -> bool {
        let sampled = self.sample.objects().len();
        self.updates + 1 >= self.config.warm_up as u64
            && (!self.is_ready() || (self.renewed + 1) * RENEWED >= sampled)
    }

    fn cluster<F: FnMut(&T, &T) -> f64>(
        &mut self,
        measure: &mut Measure<F>,
    ) -> Result<(), InputError> {
        let objects = self.sample.objects();
        if self.is_ready() && self.renewed * RENEWED < objects.len() {
            return Ok(());
        }
        let summarizer = Summarizer::new(self.config.clusters)
            .representatives(self.config.representatives)
            .shrinkage(self.config.shrinkage);
        let found = summarizer.found(objects, &vec![1.0; objects.len()], OVERLAP, measure)?;
        let total = objects.len() as f64;
        self.clusters = found
            .iter()
            .map(|found| Cluster::new(found, objects, total))
            .collect();
        self.renewed = 0;
        Ok(())
    }
}

/// A distance in radii. If all objects were equal, any other object has the largest score.
fn score(distance: f64, radius: f64) -> f64 {
    if distance == 0.0 {
        0.0
    } else {
        (distance / radius).min(HIGHEST)
    }
}
