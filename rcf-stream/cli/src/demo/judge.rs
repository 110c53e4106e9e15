//! The check that the drops have the highest scores.

use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use super::{CYCLES_WITH_DROPS, ScoredPoint, SineDemo};
use crate::report::{Verdict, number};
use rcf_stream::connectors::sine::SineConfig;

/// Records before the drop of the original that the drop is compared with.
const NORMAL_RECORDS: u64 = 6_000;

/// Dropped points against the normal points near them.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The first and the last dropped record.
    pub drop: RangeInclusive<u64>,
    /// The number of dropped points.
    pub dropped: usize,
    /// How many of them score above every normal point.
    pub above: usize,
    /// The lowest score of a dropped point.
    pub lowest_dropped: f64,
    /// The number of normal points.
    pub normal: usize,
    /// The highest score of a normal point.
    pub highest_normal: f64,
}

/// All groups, and the verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// One group for each drop that counts, in order.
    pub groups: Vec<Group>,
    /// The scores of the dropped points compared with all others.
    pub verdict: Verdict,
}

impl Judgement {
    /// Judges the drops that matter: the last one of the original, or that of each cycle after the
    /// clean one.
    pub(super) fn of(demo: &SineDemo, points: &[ScoredPoint]) -> Self {
        let wave = demo.wave();
        let groups = if demo.every_cycle {
            of_cycles(&wave, points)
        } else {
            of_last(&wave, points)
        };
        let against = if demo.every_cycle {
            format!(
                "score above every normal point of their cycle (cycles {}…{})",
                CYCLES_WITH_DROPS.start(),
                CYCLES_WITH_DROPS.end()
            )
        } else {
            let drop = groups.first().map_or(0..=0, |group| group.drop.clone());
            format!(
                "(t = {}…{}) score above every normal point of the {} records before",
                number(*drop.start() as f64),
                number(*drop.end() as f64),
                number(NORMAL_RECORDS as f64)
            )
        };
        let dropped: usize = groups.iter().map(|group| group.dropped).sum();
        let above: usize = groups.iter().map(|group| group.above).sum();
        let expected_groups = if demo.every_cycle {
            CYCLES_WITH_DROPS.count()
        } else {
            1
        };
        let verdict = Verdict {
            passed: groups.len() == expected_groups && groups.iter().all(Group::scores_highest),
            text: format!("{above} of {dropped} dropped points {against}"),
        };
        Self { groups, verdict }
    }

    /// The highest normal score of all groups.
    pub(super) fn highest_normal(&self) -> f64 {
        self.groups
            .iter()
            .map(|group| group.highest_normal)
            .fold(0.0, f64::max)
    }

    /// The lowest dropped score of all groups.
    pub(super) fn lowest_dropped(&self) -> f64 {
        self.groups
            .iter()
            .map(|group| group.lowest_dropped)
            .fold(f64::INFINITY, f64::min)
    }
}

impl Group {
    /// `None` without dropped points.
    fn of<'a>(wave: &SineConfig, points: impl Iterator<Item = &'a ScoredPoint>) -> Option<Self> {
        let (dropped, normal): (Vec<&ScoredPoint>, Vec<_>) =
            points.partition(|point| wave.is_drop(point.t));
        let highest_normal = normal.iter().map(|point| point.score).fold(0.0, f64::max);
        Some(Self {
            drop: dropped.first()?.t..=dropped.last()?.t,
            above: dropped
                .iter()
                .filter(|point| point.score > highest_normal)
                .count(),
            lowest_dropped: dropped
                .iter()
                .map(|point| point.score)
                .fold(f64::INFINITY, f64::min),
            dropped: dropped.len(),
            normal: normal.len(),
            highest_normal,
        })
    }

    /// Every dropped point is above every normal point, and there are both.
    fn scores_highest(&self) -> bool {
        self.above == self.dropped && self.dropped > 0 && self.normal > 0
    }
}

/// The last drop with the records before it.
fn of_last(wave: &SineConfig, points: &[ScoredPoint]) -> Vec<Group> {
    let drop = drops(wave, points).pop();
    let group = drop.and_then(|drop| {
        let first = drop.start().saturating_sub(NORMAL_RECORDS);
        let near = points
            .iter()
            .filter(|point| (first..=*drop.end()).contains(&point.t));
        Group::of(wave, near)
    });
    group.into_iter().collect()
}

/// Each cycle that has a drop.
fn of_cycles(wave: &SineConfig, points: &[ScoredPoint]) -> Vec<Group> {
    let cycle = |t: u64| (t as f64 / 100.0 / TAU) as u64;
    CYCLES_WITH_DROPS
        .filter_map(|k| Group::of(wave, points.iter().filter(|point| cycle(point.t) == k)))
        .collect()
}

/// Unbroken runs of dropped records.
pub(super) fn drops(wave: &SineConfig, points: &[ScoredPoint]) -> Vec<RangeInclusive<u64>> {
    let dropped: Vec<u64> = points
        .iter()
        .map(|point| point.t)
        .filter(|&t| wave.is_drop(t))
        .collect();
    dropped
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| run[0]..=run[run.len() - 1])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of 0.9 for normal and 3.0 for dropped points.
    fn points(demo: &SineDemo) -> Vec<ScoredPoint> {
        let wave = demo.wave();
        let point = |t| ScoredPoint {
            t,
            value: wave.value(t),
            score: if wave.is_drop(t) { 3.0 } else { 0.9 },
        };
        (0..wave.count.unwrap()).map(point).collect()
    }

    const ORIGINAL: SineDemo = SineDemo {
        seed: 0,
        every_cycle: false,
        noise: 0.0,
    };
    const EVERY_CYCLE: SineDemo = SineDemo {
        seed: 0,
        every_cycle: true,
        noise: 0.0,
    };

    #[test]
    fn the_last_drop_is_compared_with_the_6000_records_before() {
        let judgement = Judgement::of(&ORIGINAL, &points(&ORIGINAL));
        assert_eq!(
            judgement.groups,
            [Group {
                drop: 36_241..=36_259,
                dropped: 19,
                above: 19,
                lowest_dropped: 3.0,
                normal: 6_000,
                highest_normal: 0.9,
            }]
        );
        assert_eq!(
            judgement.verdict.to_string(),
            "PASS: 19 of 19 dropped points (t = 36,241…36,259) score above every normal point \
             of the 6,000 records before"
        );
    }

    #[test]
    fn one_low_dropped_point_or_one_high_normal_point_fails() {
        let mut low = points(&ORIGINAL);
        low[36_250].score = 0.9; // as high as a normal point, not above
        let judgement = Judgement::of(&ORIGINAL, &low);
        assert!(!judgement.verdict.passed);
        assert!(
            judgement
                .verdict
                .to_string()
                .starts_with("FAIL: 18 of 19 dropped points")
        );

        for (t, above) in [
            (30_241, 0),
            (36_240, 0),
            (30_240, 19),
            (36_260, 19),
            (250, 19),
        ] {
            let mut high = points(&ORIGINAL);
            high[t].score = 3.5;
            let judgement = Judgement::of(&ORIGINAL, &high);
            assert_eq!(judgement.groups[0].above, above, "t = {t}");
            assert_eq!(judgement.verdict.passed, above == 19, "t = {t}");
        }
    }

    #[test]
    fn scores_of_an_idle_forest_fail() {
        let mut idle = points(&ORIGINAL);
        idle.iter_mut().for_each(|point| point.score = 0.0);
        assert!(!Judgement::of(&ORIGINAL, &idle).verdict.passed);
        assert!(
            !Judgement::of(&ORIGINAL, &idle[..1_000]).verdict.passed,
            "all is above nothing"
        );
        assert!(!Judgement::of(&ORIGINAL, &[]).verdict.passed);
    }

    #[test]
    fn each_cycle_is_judged_by_itself() {
        let all = points(&EVERY_CYCLE);
        let judgement = Judgement::of(&EVERY_CYCLE, &all);
        assert!(judgement.verdict.passed, "{}", judgement.verdict);
        assert_eq!(judgement.groups.len(), 6);
        let records: usize = judgement.groups.iter().map(|g| g.dropped + g.normal).sum();
        assert_eq!(
            records,
            all.iter().filter(|p| p.t >= 629).count(),
            "cycles 1 to 6 are whole"
        );

        let mut high = all.clone();
        high[100].score = 9.0; // in the clean cycle, which is not judged
        assert!(Judgement::of(&EVERY_CYCLE, &high).verdict.passed);
        high[4_000].score = 9.0;
        let verdict = Judgement::of(&EVERY_CYCLE, &high).verdict;
        assert!(
            !verdict.passed && verdict.text.contains("cycles 1…6"),
            "{verdict}"
        );

        let short = &all[..3_000]; // the last cycles are missing
        assert!(!Judgement::of(&EVERY_CYCLE, short).verdict.passed);
    }
}
