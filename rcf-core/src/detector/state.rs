//! Format version 1 of a saved detector. Frozen: a change of these structs is a new version.

use serde::{Deserialize, Serialize};

use super::evidence::{Habit, Range, Scores, Tail};
use super::learning::Gate;
use super::missing::Known;
use super::statistics::Moments;
use super::suppression::{LastAlert, Stillness};
use super::transform::{Affine, InputState};
use super::window::{Block, Window};
use super::{
    AnomalyDetector, Buffers, Clock, DetectorConfig, Input, Learning, MissingPolicy, NearExpected,
    Threshold, Transform,
};
use crate::error::StateError;
use crate::forest::RandomCutForest;
use crate::shingle::MAX_MAGNITUDE;
use crate::state::v1::{ForestV1, inconsistent};

pub(crate) const VERSION: u16 = 1;

/// A detector.
#[derive(Serialize, Deserialize)]
pub(crate) struct DetectorV1 {
    config: ConfigV1,
    records: u64,
    inputs: Vec<InputV1>,
    /// Oldest first.
    window: Vec<BlockV1>,
    scores: ScoresV1,
    gate: GateV1,
    last_alert: LastAlertV1,
    /// Points held back from learning, one after the other.
    held: Vec<f64>,
    clock: ClockV1,
    forest: ForestV1,
    /// Only where records alone are judged by a forest of their own.
    point_forest: Option<ForestV1>,
}

#[derive(Serialize, Deserialize)]
struct ConfigV1 {
    input_dimensions: u64,
    shingle_size: u64,
    number_of_trees: u64,
    sample_size: u64,
    time_decay: f64,
    initial_accept_fraction: f64,
    seed: u64,
    warm_up: u64,
    transform: TransformV1,
    transform_decay: f64,
    weights: Vec<f64>,
    missing: MissingV1,
    time_gap_input: bool,
    learning: LearningV1,
    threshold: ThresholdV1,
    near_expected: [f64; 4],
    noise_floor: f64,
    silence: u32,
}

#[derive(Serialize, Deserialize)]
enum TransformV1 {
    None,
    SubtractMovingAverage,
    Normalize,
    Difference,
    NormalizedDifference,
}

#[derive(Serialize, Deserialize)]
enum MissingV1 {
    Zero,
    Fixed(Vec<f64>),
    Previous,
    Linear,
    Forest,
}

#[derive(Serialize, Deserialize)]
enum LearningV1 {
    Always,
    Frozen { after: u64 },
    Skip { patience: u32 },
    Delay { patience: u32 },
    DownWeight { one_in: u32, patience: u32 },
}

#[derive(Serialize, Deserialize)]
enum ThresholdV1 {
    Combined {
        margin: f64,
        height: f64,
        decades: f64,
    },
    ExtremeValue {
        decades: f64,
    },
    Deviations {
        factor: f64,
    },
    Fixed {
        score: f64,
    },
}

#[derive(Serialize, Deserialize)]
struct MomentsV1 {
    weight: f64,
    mean: f64,
    squares: f64,
}

#[derive(Serialize, Deserialize)]
struct InputV1 {
    last: Option<f64>,
    before: Option<f64>,
    age: u64,
    first: f64,
    values: MomentsV1,
    steps: MomentsV1,
    still: MomentsV1,
    range: RangeV1,
}

#[derive(Serialize, Deserialize)]
struct BlockV1 {
    values: Vec<f64>,
    transformed: Vec<f64>,
    expected: Option<Vec<f64>>,
    /// Base, offset, gain and limit of each value.
    maps: Vec<[f64; 4]>,
    imputed: u64,
}

#[derive(Serialize, Deserialize)]
struct RangeV1 {
    min: f64,
    max: f64,
    count: f64,
}

#[derive(Serialize, Deserialize)]
struct ScoresV1 {
    smoothed: f64,
    levels: RangeV1,
    value_habit: f64,
    level_habit: f64,
    alone: TailV1,
    tail: TailV1,
    moments: MomentsV1,
}

#[derive(Serialize, Deserialize)]
struct TailV1 {
    count: f64,
    quantile: f64,
    mean: f64,
    spread: f64,
    excesses: f64,
    excess: f64,
}

#[derive(Serialize, Deserialize)]
struct GateV1 {
    sum: f64,
    count: f64,
    usual: MomentsV1,
    closed: u32,
    worn: u32,
    accepted: bool,
}

#[derive(Serialize, Deserialize)]
struct LastAlertV1 {
    silence: u32,
    evidence: f64,
}

#[derive(Serialize, Deserialize)]
struct ClockV1 {
    last: Option<f64>,
    gaps: MomentsV1,
}

impl DetectorV1 {
    pub(crate) fn save(detector: &AnomalyDetector) -> Self {
        let AnomalyDetector {
            config,
            forest,
            records,
            inputs,
            window,
            scores,
            gate,
            last_alert,
            held,
            clock,
            point_forest,
            buffers: _,
        } = detector;
        Self {
            config: ConfigV1::save(config),
            records: *records,
            inputs: inputs.iter().map(InputV1::save).collect(),
            window: window.blocks.iter().map(BlockV1::save).collect(),
            scores: ScoresV1::save(scores),
            gate: GateV1 {
                sum: gate.sum,
                count: gate.count,
                usual: MomentsV1::save(&gate.usual),
                closed: gate.closed,
                worn: gate.worn,
                accepted: gate.accepted,
            },
            last_alert: LastAlertV1 {
                silence: last_alert.silence,
                evidence: last_alert.evidence,
            },
            held: held.clone(),
            clock: ClockV1 {
                last: clock.last,
                gaps: MomentsV1::save(&clock.gaps),
            },
            forest: ForestV1::save(forest),
            point_forest: point_forest.as_ref().map(ForestV1::save),
        }
    }

    pub(crate) fn restore(self) -> Result<AnomalyDetector, StateError> {
        let config = self.config.restore()?;
        let forest = self.forest.restore()?;
        let point_forest = self.point_forest.map(ForestV1::restore).transpose()?;
        if *forest.config() != config.forest()?
            || point_forest.as_ref().map(RandomCutForest::config) != config.point_forest()?.as_ref()
        {
            return Err(inconsistent("a forest is not one of this detector"));
        }
        if self.inputs.len() != config.input_dimensions {
            return Err(inconsistent("the inputs do not match the parameters"));
        }
        let inputs = self.inputs.into_iter().map(InputV1::restore);
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        if self.window.len() > config.shingle_size {
            return Err(inconsistent("the window is larger than the shingle"));
        }
        let mut window = Window::new(config.shingle_size);
        for block in self.window {
            window
                .blocks
                .push_back(block.restore(config.forest_inputs())?);
        }
        let dimensions = forest.dimensions();
        let patience = config.learning.patience().unwrap_or(0) as usize;
        if !self.held.len().is_multiple_of(dimensions)
            || self.held.len() / dimensions > patience
            || !are_values(&self.held)
        {
            return Err(inconsistent(
                "the points held back are not of this detector",
            ));
        }
        let GateV1 {
            sum,
            count,
            usual,
            closed,
            worn,
            accepted,
        } = self.gate;
        let LastAlertV1 { silence, evidence } = self.last_alert;
        if ![sum, count, evidence]
            .iter()
            .all(|part| *part >= 0.0 && part.is_finite())
        {
            return Err(inconsistent("the gate or the last alert is broken"));
        }
        let last = self.clock.last;
        if last.is_some_and(|last| !are_values(&[last])) {
            return Err(inconsistent("the last timestamp is out of range"));
        }
        Ok(AnomalyDetector {
            forest,
            point_forest,
            records: self.records,
            inputs,
            window,
            scores: self.scores.restore()?,
            gate: Gate {
                sum,
                count,
                usual: usual.restore()?,
                closed,
                worn,
                accepted,
            },
            last_alert: LastAlert { silence, evidence },
            held: self.held,
            clock: Clock {
                last,
                gaps: self.clock.gaps.restore()?,
            },
            buffers: Buffers::default(),
            config,
        })
    }
}

/// Whether these can be values of records, or their transforms.
fn are_values(values: &[f64]) -> bool {
    values.iter().all(|value| value.abs() <= MAX_MAGNITUDE)
}

impl ConfigV1 {
    fn save(config: &DetectorConfig) -> Self {
        let near = &config.near_expected;
        Self {
            input_dimensions: config.input_dimensions as u64,
            shingle_size: config.shingle_size as u64,
            number_of_trees: config.number_of_trees as u64,
            sample_size: config.sample_size as u64,
            time_decay: config.time_decay,
            initial_accept_fraction: config.initial_accept_fraction,
            seed: config.seed,
            warm_up: config.warm_up as u64,
            transform: match config.transform {
                Transform::None => TransformV1::None,
                Transform::SubtractMovingAverage => TransformV1::SubtractMovingAverage,
                Transform::Normalize => TransformV1::Normalize,
                Transform::Difference => TransformV1::Difference,
                Transform::NormalizedDifference => TransformV1::NormalizedDifference,
            },
            transform_decay: config.transform_decay,
            weights: config.weights.clone(),
            missing: match &config.missing {
                MissingPolicy::Zero => MissingV1::Zero,
                MissingPolicy::Fixed(values) => MissingV1::Fixed(values.clone()),
                MissingPolicy::Previous => MissingV1::Previous,
                MissingPolicy::Linear => MissingV1::Linear,
                MissingPolicy::Forest => MissingV1::Forest,
            },
            time_gap_input: config.time_gap_input,
            learning: match config.learning {
                Learning::Always => LearningV1::Always,
                Learning::Frozen { after } => LearningV1::Frozen { after },
                Learning::Skip { patience } => LearningV1::Skip { patience },
                Learning::Delay { patience } => LearningV1::Delay { patience },
                Learning::DownWeight { one_in, patience } => {
                    LearningV1::DownWeight { one_in, patience }
                }
            },
            threshold: match config.threshold {
                Threshold::Combined {
                    margin,
                    height,
                    decades,
                } => ThresholdV1::Combined {
                    margin,
                    height,
                    decades,
                },
                Threshold::ExtremeValue { decades } => ThresholdV1::ExtremeValue { decades },
                Threshold::Deviations { factor } => ThresholdV1::Deviations { factor },
                Threshold::Fixed { score } => ThresholdV1::Fixed { score },
            },
            near_expected: [
                near.absolute_above,
                near.absolute_below,
                near.relative_above,
                near.relative_below,
            ],
            noise_floor: config.noise_floor,
            silence: config.silence,
        }
    }

    fn restore(self) -> Result<DetectorConfig, StateError> {
        // What does not fit becomes too large a number, which the check refuses.
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let [
            absolute_above,
            absolute_below,
            relative_above,
            relative_below,
        ] = self.near_expected;
        let config = DetectorConfig {
            input_dimensions: size(self.input_dimensions),
            shingle_size: size(self.shingle_size),
            number_of_trees: size(self.number_of_trees),
            sample_size: size(self.sample_size),
            time_decay: self.time_decay,
            initial_accept_fraction: self.initial_accept_fraction,
            seed: self.seed,
            warm_up: size(self.warm_up),
            transform: match self.transform {
                TransformV1::None => Transform::None,
                TransformV1::SubtractMovingAverage => Transform::SubtractMovingAverage,
                TransformV1::Normalize => Transform::Normalize,
                TransformV1::Difference => Transform::Difference,
                TransformV1::NormalizedDifference => Transform::NormalizedDifference,
            },
            transform_decay: self.transform_decay,
            weights: self.weights,
            missing: match self.missing {
                MissingV1::Zero => MissingPolicy::Zero,
                MissingV1::Fixed(values) => MissingPolicy::Fixed(values),
                MissingV1::Previous => MissingPolicy::Previous,
                MissingV1::Linear => MissingPolicy::Linear,
                MissingV1::Forest => MissingPolicy::Forest,
            },
            time_gap_input: self.time_gap_input,
            learning: match self.learning {
                LearningV1::Always => Learning::Always,
                LearningV1::Frozen { after } => Learning::Frozen { after },
                LearningV1::Skip { patience } => Learning::Skip { patience },
                LearningV1::Delay { patience } => Learning::Delay { patience },
                LearningV1::DownWeight { one_in, patience } => {
                    Learning::DownWeight { one_in, patience }
                }
            },
            threshold: match self.threshold {
                ThresholdV1::Combined {
                    margin,
                    height,
                    decades,
                } => Threshold::Combined {
                    margin,
                    height,
                    decades,
                },
                ThresholdV1::ExtremeValue { decades } => Threshold::ExtremeValue { decades },
                ThresholdV1::Deviations { factor } => Threshold::Deviations { factor },
                ThresholdV1::Fixed { score } => Threshold::Fixed { score },
            },
            near_expected: NearExpected {
                absolute_above,
                absolute_below,
                relative_above,
                relative_below,
            },
            noise_floor: self.noise_floor,
            silence: self.silence,
        };
        config.check()?;
        Ok(config)
    }
}

impl MomentsV1 {
    fn save(moments: &Moments) -> Self {
        let Moments {
            weight,
            mean,
            squares,
        } = *moments;
        Self {
            weight,
            mean,
            squares,
        }
    }

    fn restore(self) -> Result<Moments, StateError> {
        let Self {
            weight,
            mean,
            squares,
        } = self;
        let moments = Moments {
            weight,
            mean,
            squares,
        };
        if moments.is_valid() {
            Ok(moments)
        } else {
            Err(inconsistent("a mean or deviation is out of range"))
        }
    }
}

impl InputV1 {
    fn save(input: &Input) -> Self {
        Self {
            last: input.known.last,
            before: input.known.before,
            age: input.known.age,
            first: input.transform.first,
            values: MomentsV1::save(&input.transform.values),
            steps: MomentsV1::save(&input.transform.steps),
            still: MomentsV1::save(&input.still.share),
            range: RangeV1::save(&input.range),
        }
    }

    fn restore(self) -> Result<Input, StateError> {
        let known = [self.last, self.before, Some(self.first)]
            .into_iter()
            .flatten();
        if !are_values(&known.collect::<Vec<_>>()) {
            return Err(inconsistent("the last value of an input is out of range"));
        }
        Ok(Input {
            known: Known {
                last: self.last,
                before: self.before,
                age: self.age,
            },
            transform: InputState {
                first: self.first,
                values: self.values.restore()?,
                steps: self.steps.restore()?,
            },
            still: Stillness {
                share: self.still.restore()?,
            },
            range: self.range.restore()?,
        })
    }
}

impl RangeV1 {
    fn save(range: &Range) -> Self {
        let Range { min, max, count } = *range;
        Self { min, max, count }
    }

    fn restore(self) -> Result<Range, StateError> {
        let Self { min, max, count } = self;
        let is_range = min <= max && min.is_finite() && max.is_finite();
        let is_empty = count == 0.0 && min == f64::INFINITY && max == f64::NEG_INFINITY;
        if count >= 0.0 && count.is_finite() && (is_range || is_empty) {
            Ok(Range { min, max, count })
        } else {
            Err(inconsistent("a range is broken"))
        }
    }
}

impl ScoresV1 {
    fn save(scores: &Scores) -> Self {
        Self {
            smoothed: scores.smoothed,
            levels: RangeV1::save(&scores.levels),
            value_habit: scores.value_habit.times,
            level_habit: scores.level_habit.times,
            alone: TailV1::save(&scores.alone),
            tail: TailV1::save(&scores.tail),
            moments: MomentsV1::save(&scores.moments),
        }
    }

    fn restore(self) -> Result<Scores, StateError> {
        let habits = [self.value_habit, self.level_habit];
        let sane = habits
            .iter()
            .all(|times| *times >= 0.0 && times.is_finite());
        if !sane || !self.smoothed.is_finite() {
            return Err(inconsistent("the statistics of the scores are broken"));
        }
        let [value_habit, level_habit] = habits.map(|times| Habit { times });
        Ok(Scores {
            smoothed: self.smoothed,
            levels: self.levels.restore()?,
            value_habit,
            level_habit,
            alone: self.alone.restore()?,
            tail: self.tail.restore()?,
            moments: self.moments.restore()?,
        })
    }
}

impl TailV1 {
    fn save(tail: &Tail) -> Self {
        let Tail {
            count,
            quantile,
            mean,
            spread,
            excesses,
            excess,
        } = *tail;
        Self {
            count,
            quantile,
            mean,
            spread,
            excesses,
            excess,
        }
    }

    fn restore(self) -> Result<Tail, StateError> {
        let Self {
            count,
            quantile,
            mean,
            spread,
            excesses,
            excess,
        } = self;
        let parts = [count, spread, excesses, excess];
        let sane = parts.iter().all(|part| *part >= 0.0 && part.is_finite());
        if !(sane && quantile.is_finite() && mean.is_finite()) {
            return Err(inconsistent("the tail of the scores is broken"));
        }
        Ok(Tail {
            count,
            quantile,
            mean,
            spread,
            excesses,
            excess,
        })
    }
}

impl BlockV1 {
    fn save(block: &Block) -> Self {
        let map = |map: &Affine| [map.base, map.offset, map.gain, map.clip];
        Self {
            values: block.values.clone(),
            transformed: block.transformed.clone(),
            expected: block.expected.clone(),
            maps: block.maps.iter().map(map).collect(),
            imputed: block.imputed as u64,
        }
    }

    fn restore(self, width: usize) -> Result<Block, StateError> {
        let map = |&[base, offset, gain, clip]: &[f64; 4]| Affine {
            base,
            offset,
            gain,
            clip,
        };
        let maps: Vec<Affine> = self.maps.iter().map(map).collect();
        let lists = [
            Some(&self.values),
            Some(&self.transformed),
            self.expected.as_ref(),
        ];
        let lists_fit = lists
            .into_iter()
            .flatten()
            .all(|values| values.len() == width && are_values(values));
        let maps_fit = maps.len() == width
            && maps.iter().all(|map| {
                map.base.is_finite() && map.offset.is_finite() && map.gain > 0.0 && map.clip > 0.0
            });
        if !lists_fit || !maps_fit || self.imputed > width as u64 {
            return Err(inconsistent("a record of the window is broken"));
        }
        Ok(Block {
            values: self.values,
            transformed: self.transformed,
            expected: self.expected,
            maps,
            imputed: self.imputed as usize,
        })
    }
}
