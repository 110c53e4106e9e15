//! The clock that all reservoirs of a forest share.

use super::arrival::GREATEST_WEIGHT;

/// Cumulated weight of the points offered so far, `C = Σ w exp(A)`, where `A` is the decay from a
/// base up to the point's time: λ times the time that has passed, piece by piece where λ was
/// changed.
///
/// The base moves along with the stream, so that nothing here, keys included, depends on how long
/// the stream has run, nor on where its times begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DecayClock {
    /// λ.
    time_decay: f64,
    /// The newest time seen.
    newest: Option<i64>,
    /// The decay is `settled` at the time `anchor`, and grows by λ from there.
    anchor: i64,
    settled: f64,
    /// Points offered since the base.
    ticks: u64,
    /// `C` before the current point.
    before: f64,
    /// `C` with the current point.
    now: f64,
    /// `A + ln w` of the current point.
    log_weight: f64,
}

/// The base moves once the newest point weighs more than `exp(REBASE_DECAY)` relative to it, …
const REBASE_DECAY: f64 = 8.0;
/// … and, for a λ near 0, after this many points.
const REBASE_TICKS: u64 = 1 << 20;

/// The largest decay from the base that counts. Anything older weighs e⁻⁶⁴ = 10⁻²⁸ of the current
/// point, which is negligible: a smaller weight would only reduce the precision of keys.
const MAX_DECAY: f64 = REBASE_DECAY + 64.0;
/// Likewise for observations that come late.
const MIN_DECAY: f64 = -64.0;

/// The effect of a move of the base on keys and targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rebase {
    /// Added to every key.
    pub(super) key_shift: f64,
    /// The reading of the clock before the move.
    pub(super) elapsed: f64,
}

/// What a saved clock consists of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockParts {
    pub(crate) newest: Option<i64>,
    pub(crate) anchor: i64,
    pub(crate) settled: f64,
    pub(crate) ticks: u64,
    pub(crate) now: f64,
}

impl DecayClock {
    pub(crate) fn new(time_decay: f64) -> Self {
        Self {
            time_decay,
            newest: None,
            anchor: 0,
            settled: 0.0,
            ticks: 0,
            before: 0.0,
            now: 0.0,
            log_weight: 0.0,
        }
    }

    pub(crate) fn parts(&self) -> ClockParts {
        ClockParts {
            newest: self.newest,
            anchor: self.anchor,
            settled: self.settled,
            ticks: self.ticks,
            now: self.now,
        }
    }

    /// Restores a saved clock; `None` if the parts, which may come from a damaged file, are
    /// invalid.
    pub(crate) fn restore(time_decay: f64, parts: ClockParts) -> Option<Self> {
        let ClockParts {
            newest,
            anchor,
            settled,
            ticks,
            now,
        } = parts;
        let most = ticks as f64 * GREATEST_WEIGHT * libm::exp(REBASE_DECAY);
        let valid = newest.map_or(anchor == 0 && ticks == 0, |newest| anchor <= newest)
            && (0.0..=MAX_DECAY).contains(&settled)
            && ticks <= REBASE_TICKS
            && (0.0..=most).contains(&now);
        valid.then_some(Self {
            newest,
            anchor,
            settled,
            ticks,
            now,
            ..Self::new(time_decay)
        })
    }

    /// The newest time seen.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// `C` before the current point.
    pub(super) fn before(&self) -> f64 {
        self.before
    }

    /// `C` with the current point.
    pub(super) fn now(&self) -> f64 {
        self.now
    }

    /// `A + ln w` of the current point.
    pub(super) fn log_weight(&self) -> f64 {
        self.log_weight
    }

    /// Continues with another λ.
    pub(crate) fn set_time_decay(&mut self, time_decay: f64) {
        self.settle(self.newest_decay());
        self.time_decay = time_decay;
    }

    /// Registers an observation, offered or not; returns its time.
    #[inline]
    pub(crate) fn see(&mut self, time: Option<i64>) -> i64 {
        let Some(newest) = self.newest else {
            let first = time.unwrap_or(0);
            (self.newest, self.anchor) = (Some(first), first);
            return first;
        };
        let time = time.unwrap_or(newest.saturating_add(1));
        self.newest = Some(newest.max(time));
        time
    }

    /// Makes the point of this registered time and this weight the current one. If a [`Rebase`] is
    /// returned, it must be applied to every sampler first.
    #[must_use]
    #[inline]
    pub(crate) fn offer(&mut self, time: i64, weight: f64) -> Option<Rebase> {
        let newest = self.newest_decay();
        let due = self.ticks >= REBASE_TICKS || newest >= REBASE_DECAY;
        let rebase = due.then(|| {
            let rebase = Rebase {
                key_shift: newest,
                elapsed: self.now,
            };
            self.settle(0.0);
            (self.ticks, self.now) = (0, 0.0);
            rebase
        });
        self.ticks += 1;
        let decay = self.decay_at(time).max(MIN_DECAY);
        self.before = self.now;
        self.now += weight * libm::exp(decay);
        self.log_weight = if weight == 1.0 {
            decay
        } else {
            decay + libm::log(weight)
        };
        rebase
    }

    /// Sets the decay of the newest time.
    fn settle(&mut self, decay: f64) {
        self.settled = decay;
        self.anchor = self.newest.unwrap_or(0);
    }

    fn newest_decay(&self) -> f64 {
        self.newest
            .map_or(0.0, |newest| self.decay_at(newest).min(MAX_DECAY))
    }

    /// The decay from the base to this time.
    fn decay_at(&self, time: i64) -> f64 {
        let distance = time.abs_diff(self.anchor) as f64;
        let elapsed = if time < self.anchor {
            -distance
        } else {
            distance
        };
        self.settled + self.time_decay * elapsed
    }
}
