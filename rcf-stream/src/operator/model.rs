//! The model of one key: a bare forest, or a detector around one.

use rcf_core::keyed::KeyedModel;
use rcf_core::{AnomalyDetector, InputError, RandomCutForest, StateError};

use super::{Asked, Scored};
use crate::time::OnLate;

/// What scores the records of a key.
#[derive(Debug, Clone)]
pub(crate) enum Model {
    /// Scores only.
    Forest(Box<RandomCutForest>),
    /// Scores and decisions.
    Detector(Box<AnomalyDetector>),
}

impl Model {
    /// Scores a record, then learns it. A detector takes a time, and NaN for a missing value.
    pub(super) fn score(
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
                    updates: detector.records(),
                    detection: Some(detection),
                    predicted: (0..values.len()).map(|it| detector.predicted(it)).collect(),
                    late,
                })
            }
        }
    }

    #[cfg(feature = "pipeline")]
    pub(super) fn updates(&self) -> u64 {
        match self {
            Self::Forest(forest) => forest.updates(),
            Self::Detector(detector) => detector.records(),
        }
    }

    /// Whether both have the same parameters.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Forest(a), Self::Forest(b)) => a.config() == b.config(),
            (Self::Detector(a), Self::Detector(b)) => a.config() == b.config(),
            _ => false,
        }
    }
}

fn score(
    forest: &mut RandomCutForest,
    values: &[f64],
    with_attribution: bool,
) -> Result<Scored, InputError> {
    let (score, attribution) = if with_attribution {
        // One walk for both.
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
        late: false,
    })
}

impl KeyedModel for Model {
    type Output = Scored;

    fn process(&mut self, values: &[f64]) -> Result<Scored, InputError> {
        self.score(values, None, Asked::default())
    }

    fn size_in_bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Forest(forest) => forest.size_in_bytes(),
                Self::Detector(detector) => detector.size_in_bytes(),
            }
    }

    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Forest(forest) => forest.to_bytes(),
            Self::Detector(detector) => detector.to_bytes(),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        match <RandomCutForest as KeyedModel>::from_bytes(bytes) {
            Err(StateError::WrongKind { .. }) => {
                let detector = AnomalyDetector::from_bytes(bytes)?;
                Ok(Self::Detector(Box::new(detector)))
            }
            forest => forest.map(|forest| Self::Forest(Box::new(forest))),
        }
    }
}

/// What a saved model is, and how many records it has learned.
#[cfg(feature = "pipeline")]
pub(crate) fn describe_model(state: &[u8]) -> Result<(&'static str, u64), StateError> {
    let model = Model::from_bytes(state)?;
    let kind = match model {
        Model::Forest(_) => "forest",
        Model::Detector(_) => "detector",
    };
    Ok((kind, model.updates()))
}
