//! What the detector learns from an observation that has been judged.

use super::evidence::{Pair, Sign};
use super::learning::{LATE, Learning, UpdateAction};
use super::{AnomalyDetector, Buffers, FORGETTING};

impl AnomalyDetector {
    /// Learns the newest record and its scores, as the policy has it. Returns whether the policy
    /// lets the forest of the shingles learn it, at once or late.
    pub(super) fn learn(
        &mut self,
        scores: Pair,
        signs: &[Sign],
        is_candidate: bool,
        silent: bool,
    ) -> bool {
        let keep = 1.0 - FORGETTING * self.config.time_decay;
        let learning = self.config.learning;
        if scores.shingle > 0.0 && scores.alone > 0.0 {
            let was_suspended = self.monitor.suspended_for > 0;
            let decay = self.config.time_decay;
            if self.monitor.push(scores, is_candidate, decay, learning) {
                self.accept_regime();
            } else if was_suspended && self.monitor.suspended_for == 0 {
                // The stretch has ended: what it held back is dropped.
                self.held.clear();
            }
            let (threshold, excess) = (self.config.threshold, self.excess());
            let outside = self.channels.outside(excess, signs);
            self.scores.push(threshold, scores, outside, silent);
            self.channels.note(outside.beyond(threshold), silent);
            if self.monitor.suspended_for == 0 {
                let score = scores.shingle;
                let is_beyond = score > self.scores.boundary(threshold);
                self.recent.push_back((score, is_beyond));
            }
            if self.recent.len() > self.config.shingle_size
                && let Some((score, is_beyond)) = self.recent.pop_front()
            {
                let of_event = is_beyond && self.event.is_open();
                self.scores.push_shingle(threshold, score, keep, of_event);
            }
        }
        let by_policy = learning.update_action(self.records, self.monitor.suspended_for);
        let mut action = by_policy;
        if self.window.real_share() < 0.5 {
            action = UpdateAction::Skip;
        }
        let Buffers {
            transformed, late, ..
        } = &mut self.buffers;
        if let Some(forest) = &mut self.point_forest {
            let is_frozen = matches!(learning, Learning::Frozen { .. });
            if action == UpdateAction::Update || self.monitor.suspended_for > 0 && !is_frozen {
                forest.update_checked(transformed);
            } else {
                forest.pass(transformed);
            }
        }
        match action {
            UpdateAction::Update if learning.is_late(&self.monitor) => {
                let dimensions = self.forest.dimensions();
                if self.held.len() >= LATE * dimensions {
                    late.clear();
                    late.extend(self.held.drain(..dimensions));
                    self.forest.learn_point(late);
                }
                self.hold();
            }
            UpdateAction::Update => self.forest.update_checked(transformed),
            UpdateAction::Defer => self.hold(),
            UpdateAction::Skip => {
                if self.monitor.suspended_for > 0 {
                    self.held.clear();
                }
                self.forest.pass(transformed);
            }
        }
        by_policy == UpdateAction::Update
    }

    /// Holds back what the newest record makes of the shingle.
    fn hold(&mut self) {
        if self.window.is_full() {
            self.held.extend(self.window.coordinates());
        }
        self.forest.pass(&self.buffers.transformed);
    }

    /// What was held back is the new normal.
    fn accept_regime(&mut self) {
        self.window.accept();
        let mut points = std::mem::take(&mut self.held);
        for point in points
            .make_contiguous()
            .chunks_exact(self.forest.dimensions())
        {
            self.forest.learn_point(point);
        }
    }

    /// Brings the statistics of each input up to date.
    pub(super) fn note(&mut self, values: &[f64]) {
        // What the forest does not learn must not become the mean that is taken away either.
        let action = self
            .config
            .learning
            .update_action(self.records, self.monitor.suspended_for);
        let learns = action == UpdateAction::Update;
        let keep = self.keep_of_transform();
        for (i, &value) in values.iter().enumerate() {
            if value.is_nan() {
                self.inputs[i].known.skip();
                continue;
            }
            let input = &mut self.inputs[i];
            let previous = input.known.last;
            if input.transform.is_ready(self.config.transform) {
                input
                    .range
                    .push(input.watched(self.config.transform, value));
            }
            if learns || !input.transform.is_ready(self.config.transform) {
                input.transform.push(value, previous, keep);
            }
            if let Some(previous) = previous {
                input.still.push(value, previous, keep);
            }
            input.known.push(value);
        }
    }
}
