//! Alarms of one kind: the more often there were some, the less the next one says.

use super::bursts::Bursts;

/// By which fraction the number of recent alarms fades with each record.
const FADING: f64 = 1.0 / 1000.0;

/// How often there was an alarm of late.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct AlarmRate {
    pub(crate) times: f64,
}

impl AlarmRate {
    /// What evidence is worth: less, the more often there was some. Each recent alarm counts by
    /// `weight`.
    pub(crate) fn discount(self, evidence: f64, weight: f64) -> f64 {
        evidence / (1.0 + weight * self.times * (1.0 - FADING))
    }

    pub(crate) fn push(&mut self, is_alarm: bool) {
        self.times *= 1.0 - FADING;
        if is_alarm {
            self.times += 1.0;
        }
    }
}

/// The alarms of the sign of a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Alarms {
    pub(crate) rate: AlarmRate,
    /// Where many inputs have a burst now and then, most stretches have one of some input.
    pub(crate) bursts: Bursts,
}

/// What a recent alarm of a channel takes off its signs, relative to one of a range. More would
/// lose frequent events, which no tail tells from one that is heavy.
const REPEATED: f64 = 0.05;

impl Alarms {
    /// What a sign of so many decades is worth, with this boundary for them.
    pub(crate) fn discount(self, decades: f64, boundary: f64) -> f64 {
        let usual = self.bursts.surprise((decades - boundary).max(0.0), false);
        let decades = usual.map_or(decades, |usual| usual.min(decades));
        self.rate.discount(decades, REPEATED)
    }

    /// Takes note of a record whose sign lay so many decades beyond its boundary, or 0. `silent`:
    /// an alert still speaks for the record.
    pub(crate) fn push(&mut self, beyond: f64, silent: bool) {
        self.rate.push(beyond > 0.0 && !silent);
        self.bursts.push(beyond);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recent_alarms_of_a_kind_count_against_it_and_fade() {
        let mut alarms = AlarmRate::default();
        assert_eq!(alarms.discount(1.5, 1.0), 1.5);
        (0..40).for_each(|_| alarms.push(true));
        let [range, channel] = [1.0, 0.05].map(|weight| alarms.discount(1.5, weight));
        assert!(
            range < 0.1 && 0.4 < channel && channel < 0.6,
            "{range} {channel}"
        );
        (0..10_000).for_each(|_| alarms.push(false));
        assert!(alarms.discount(1.5, 1.0) > 1.49);
    }

    #[test]
    fn alarms_in_most_stretches_are_usual_and_larger_ones_are_not() {
        let mut alarms = Alarms::default();
        for t in 0..10_000 {
            let beyond = if t % 61 == 0 {
                f64::from(t % 7) / 4.0
            } else {
                0.0
            };
            alarms.push(beyond, true);
        }
        assert!(alarms.discount(4.3, 3.3) < 3.3 && alarms.discount(12.0, 3.3) > 3.3);
        assert_eq!(alarms.discount(1.0, 3.3), 1.0);
        let mut rare = Alarms::default();
        (0..10_000).for_each(|t| {
            rare.push(if t % 250 == 0 { f64::from(t % 3) } else { 0.0 }, true);
        });
        assert_eq!(rare.discount(4.3, 3.3), 4.3);
    }
}
