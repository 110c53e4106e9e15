//! Decisions about the records of a file: a detector for each key, without stream or checkpoint.

mod band;
mod encode;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rcf_core::{AnomalyDetector, ConfigError, Detection, DetectorConfig, EvidenceKind, InputError};

pub(crate) use band::Band;
pub use encode::{Precision, RowEncoder};

use crate::sentence::{Finding, sentence};
use rcf_stream::categories::Categories;
use rcf_stream::decode::Decoder;
use rcf_stream::event::{Event, ModelPer};
use rcf_stream::operator::{ModelName, OperatorError, seed_for_key};
use rcf_stream::pipeline::BadRecord;
use rcf_stream::record::Record;
use rcf_stream::time::UnreadableTimes;

/// One record with its detection.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The record.
    pub event: Event,
    /// The detection.
    pub detection: Detection,
    /// The predicted value of each input, from its own past; NaN if unknown.
    pub predicted: Vec<f64>,
    /// How many records the detector of its key has seen, this one included.
    pub records: u64,
}

impl Row {
    /// What was unusual, in one sentence; `None` unless it is an anomaly.
    #[must_use]
    pub fn explanation(&self, names: &[String]) -> Option<String> {
        self.sentence(names).filter(|_| self.detection.is_anomaly())
    }

    /// What was unusual about a candidate, reported or suppressed, in one sentence.
    #[must_use]
    pub fn sentence(&self, names: &[String]) -> Option<String> {
        let candidate = self.detection.candidate.as_ref()?;
        Some(sentence(&Finding {
            names,
            values: &candidate.values,
            expected: Some(&candidate.expected),
            high: &candidate.attribution.high,
            low: &candidate.attribution.low,
            inputs: &candidate.inputs,
            is_still: candidate.kind == EvidenceKind::Stillness,
            records_ago: candidate.relative_index.unsigned_abs(),
        }))
    }
}

/// A detector for each key, all of one kind.
#[derive(Debug)]
pub struct Detectors {
    decoder: Decoder,
    template: DetectorConfig,
    models: HashMap<ModelName, Model>,
    with_time: bool,
    late: u64,
    unlearned: u64,
}

impl Detectors {
    /// Detectors of this kind, for records that are read in this way.
    ///
    /// # Errors
    /// The rule that the template breaks.
    pub fn new(decoder: Decoder, template: DetectorConfig) -> Result<Self, ConfigError> {
        AnomalyDetector::new(template.clone())?;
        Ok(Self {
            decoder,
            template,
            models: HashMap::new(),
            with_time: false,
            late: 0,
            unlearned: 0,
        })
    }

    /// Passes the times of the records to the detectors. A record whose time cannot be read is bad;
    /// a record whose time is not later than the previous one is judged without it, and
    /// [counted](Self::late).
    #[must_use]
    pub fn with_time(mut self) -> Self {
        self.require_time();
        self.with_time = true;
        self
    }

    /// A record whose time cannot be read is bad from now on.
    pub fn require_time(&mut self) {
        self.decoder.require_time();
    }

    /// How many records were judged without their time, which was not later than the previous one.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late
    }

    /// How many records of unusual stretches were not learned.
    #[must_use]
    pub fn unlearned(&self) -> u64 {
        self.unlearned
    }

    /// The times that could not be read; the records were judged without.
    #[must_use]
    pub fn unreadable_times(&self) -> &UnreadableTimes {
        self.decoder.unreadable_times()
    }

    /// The names of the values.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.decoder.names()
    }

    /// The names of the categories.
    #[must_use]
    pub fn categorical(&self) -> &[String] {
        self.decoder.categorical()
    }

    /// The kind of the detectors.
    #[must_use]
    pub fn template(&self) -> &DetectorConfig {
        &self.template
    }

    /// How many keys there are.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.models.len()
    }

    /// Decides about the lines of a record, one after the other. A bad line changes nothing.
    pub fn process(&mut self, record: &Record) -> Vec<Result<Row, BadRecord>> {
        match self.decoder.parts(&record.data) {
            Ok(parts) => parts
                .map(|(line, part)| self.part(record, line, &part))
                .collect(),
            Err(reason) => vec![Err(reason.into())],
        }
    }

    fn part(
        &mut self,
        record: &Record,
        line: Option<usize>,
        part: &[u8],
    ) -> Result<Row, BadRecord> {
        let mut event = Event::new(record, line, self.decoder.decode(part)?, ModelPer::Key);
        let time = event.time.filter(|_| self.with_time);
        let refused = |error| BadRecord::Operator(OperatorError::Input(error));
        let (detection, model) = match self.models.entry(event.model.clone()) {
            Entry::Occupied(known) => {
                let model = known.into_mut();
                let detection = model.judge(&mut event, time, &mut self.late);
                (detection.map_err(refused)?, model)
            }
            Entry::Vacant(new) => {
                let mut config = self.template.clone();
                config.seed = seed_for_key(config.seed, event.model.saved());
                let detector =
                    AnomalyDetector::new(config).expect("the template was accepted before");
                let categories = Categories::new(self.decoder.categorical().len());
                let mut model = Model {
                    detector,
                    categories,
                };
                let detection = model.judge(&mut event, time, &mut self.late);
                (detection.map_err(refused)?, new.insert(model))
            }
        };
        self.unlearned += u64::from(detection.unlearned);
        let predicted = |input| model.detector.predicted(input).unwrap_or(f64::NAN);
        Ok(Row {
            detection,
            predicted: (0..event.values.len()).map(predicted).collect(),
            records: model.detector.observations(),
            event,
        })
    }
}

/// The detector of a key, and the categories that it has seen.
#[derive(Debug)]
struct Model {
    detector: AnomalyDetector,
    categories: Categories,
}

impl Model {
    /// Decides about an event, whose values get the surprises of its categories.
    fn judge(
        &mut self,
        event: &mut Event,
        time: Option<f64>,
        late: &mut u64,
    ) -> Result<Detection, InputError> {
        self.categories.append(&event.categories, &mut event.values);
        let detection = judge(&mut self.detector, &event.values, time, late)?;
        self.categories.learn(&event.categories);
        Ok(detection)
    }
}

fn judge(
    detector: &mut AnomalyDetector,
    values: &[f64],
    time: Option<f64>,
    late: &mut u64,
) -> Result<Detection, InputError> {
    let Some(time) = time else {
        return detector.process_with_missing(values);
    };
    match detector.process_at_with_missing(time, values) {
        Err(InputError::Timestamp { .. }) => {
            let detection = detector.process_with_missing(values)?;
            *late += 1;
            Ok(detection)
        }
        detection => detection,
    }
}
