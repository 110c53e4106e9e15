//! The model of one key: a bare forest, or a detector around one, with the state of its
//! categories.

use rcf_core::keyed::KeyedModel;
use rcf_core::{AnomalyDetector, InputError, RandomCutForest, StateError};

use super::{Asked, Scored};
use crate::categories::Categories;
use crate::time::OnLate;

/// The model that scores the records of a key.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(super) scorer: Scorer,
    pub(super) categories: Categories,
}

/// The scorer of rows of numbers.
#[derive(Debug, Clone)]
pub(crate) enum Scorer {
    /// Scores only.
    Forest(Box<RandomCutForest>),
    /// Scores and decisions.
    Detector(Box<AnomalyDetector>),
}

impl Model {
    pub(super) fn new(scorer: Scorer, categories: usize) -> Self {
        Self {
            scorer,
            categories: Categories::new(categories),
        }
    }

    /// Scores a record, then learns it. A detector accepts a time, and NaN for a missing value. A
    /// rejected record changes nothing.
    pub(super) fn score(
        &mut self,
        values: &[f64],
        categories: &[Option<String>],
        time: Option<f64>,
        asked: Asked,
    ) -> Result<Scored, InputError> {
        if self.categories.is_empty() {
            return self.scorer.score(values, time, asked);
        }
        let mut row = values.to_vec();
        self.categories.append(categories, &mut row);
        let mut scored = self.scorer.score(&row, time, asked)?;
        self.categories.learn(categories);
        scored.surprises = row.split_off(values.len());
        Ok(scored)
    }

    #[cfg(feature = "pipeline")]
    pub(super) fn updates(&self) -> u64 {
        match &self.scorer {
            Scorer::Forest(forest) => forest.updates(),
            Scorer::Detector(detector) => detector.observations(),
        }
    }

    /// Whether both have the same parameters.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        let is_alike = match (&self.scorer, &other.scorer) {
            (Scorer::Forest(a), Scorer::Forest(b)) => a.config() == b.config(),
            (Scorer::Detector(a), Scorer::Detector(b)) => a.config() == b.config(),
            _ => false,
        };
        is_alike && self.categories.len() == other.categories.len()
    }
}

impl Scorer {
    fn score(
        &mut self,
        values: &[f64],
        time: Option<f64>,
        asked: Asked,
    ) -> Result<Scored, InputError> {
        match self {
            Self::Forest(forest) => score(forest, values, asked.attribution),
            Self::Detector(detector) => {
                let timed = match time {
                    Some(time) => detector.process_at_with_missing(time, values),
                    None => detector.process_with_missing(values),
                };
                let (detection, late) = match timed {
                    Err(InputError::Timestamp { got, last })
                        if got == last || got < last && asked.on_late == OnLate::Judge =>
                    {
                        (detector.process_with_missing(values)?, got < last)
                    }
                    timed => (timed?, false),
                };
                Ok(Scored {
                    score: detection.score,
                    attribution: None,
                    updates: detector.observations(),
                    detection: Some(detection),
                    predicted: (0..values.len()).map(|it| detector.predicted(it)).collect(),
                    surprises: Vec::new(),
                    late,
                })
            }
        }
    }
}

fn score(
    forest: &mut RandomCutForest,
    values: &[f64],
    with_attribution: bool,
) -> Result<Scored, InputError> {
    let (score, attribution) = if with_attribution {
        // One traversal for both.
        let explained = forest.explain(values)?;
        forest.update(values)?;
        (explained.score, Some(explained.attribution))
    } else {
        (forest.process(values)?, None)
    };
    Ok(Scored {
        score,
        attribution,
        updates: forest.updates(),
        detection: None,
        predicted: Vec::new(),
        surprises: Vec::new(),
        late: false,
    })
}

impl KeyedModel for Model {
    type Output = Scored;

    fn process(&mut self, values: &[f64]) -> Result<Scored, InputError> {
        self.score(values, &[], None, Asked::default())
    }

    fn size_in_bytes(&self) -> usize {
        size_of::<Self>()
            + self.categories.size_in_bytes()
            + match &self.scorer {
                Scorer::Forest(forest) => forest.size_in_bytes(),
                Scorer::Detector(detector) => detector.size_in_bytes(),
            }
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.categories.seal(match &self.scorer {
            Scorer::Forest(forest) => forest.to_bytes(),
            Scorer::Detector(detector) => detector.to_bytes(),
        })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (categories, bytes) = Categories::open(bytes)?;
        let scorer = match <RandomCutForest as KeyedModel>::from_bytes(bytes) {
            Err(StateError::WrongKind { .. }) => {
                Scorer::Detector(Box::new(AnomalyDetector::from_bytes(bytes)?))
            }
            forest => Scorer::Forest(Box::new(forest?)),
        };
        Ok(Self { scorer, categories })
    }
}

/// The kind of a saved model, and how many records it has learned.
#[cfg(feature = "pipeline")]
pub(crate) fn describe_model(state: &[u8]) -> Result<(&'static str, u64), StateError> {
    let model = Model::from_bytes(state)?;
    let kind = match model.scorer {
        Scorer::Forest(_) => "forest",
        Scorer::Detector(_) => "detector",
    };
    Ok((kind, model.updates()))
}
