//! The sentences of the page about all findings.

use rcf_core::DetectorConfig;

use super::Findings;
use super::found::MOST;
use super::page::SUPPRESSED;
use crate::report::number;

impl Findings {
    /// The result, in one sentence or two.
    pub(super) fn summary(&self, config: &DetectorConfig) -> String {
        let judged = self.records - self.undecided;
        let count = |count: u64, one: &str, many: &str| {
            format!(
                "{} {}",
                number(count as f64),
                if count == 1 { one } else { many }
            )
        };
        let mut text = match (judged, self.anomalies.seen) {
            (0, _) => {
                let first = number((config.warm_up + 1) as f64);
                return format!(
                    "No record was judged: all {} were learned. Decisions begin with record \
                     {first} of a key, or sooner with --warm-up.",
                    count(self.records, "record", "records")
                );
            }
            (_, 0) => format!(
                "No anomaly among {}",
                count(judged, "judged record", "judged records")
            ),
            (_, found) => format!(
                "{} among {}",
                count(found, "anomaly", "anomalies"),
                count(judged, "judged record", "judged records")
            ),
        };
        if self.keys.len() > 1 {
            let with = self.keys.iter().filter(|key| key.anomalies > 0).count();
            text += &match with {
                0 => format!(" of {} keys", number(self.keys.len() as f64)),
                _ => format!(
                    ", in {} of {} keys",
                    number(with as f64),
                    number(self.keys.len() as f64)
                ),
            };
        }
        if let Some((first, last)) = &self.span {
            text += &format!(", from {first} to {last}");
        }
        text += ".";
        if self.anomalies.seen == 0 {
            text += &format!(
                " The most unusual record had {:.2} of the evidence that an anomaly needs.",
                self.highest_evidence
            );
        }
        if self.undecided > 0 {
            let first = if self.keys.len() > 1 {
                "of each key "
            } else {
                ""
            };
            text += &match first {
                "" => format!(
                    " The first {} learned, not judged.",
                    count(self.undecided, "record was", "were")
                ),
                _ => format!(
                    " {} at the start of the keys were learned, not judged.",
                    count(self.undecided, "record", "records")
                ),
            };
        }
        text
    }

    /// What is not on the page, and what was corrected.
    pub(super) fn notes(&self, calm_keys: usize) -> Vec<String> {
        let mut notes = Vec::new();
        let number = |count: u64| number(count as f64);
        if self.anomalies.seen > MOST as u64 {
            notes.push(format!(
                "The list shows the {MOST} most severe of {} anomalies.",
                number(self.anomalies.seen)
            ));
        }
        if self.suppressed.seen > SUPPRESSED as u64 {
            notes.push(format!(
                "Of {} suppressed candidates, the {SUPPRESSED} most severe are shown.",
                number(self.suppressed.seen)
            ));
        }
        if calm_keys > 0 {
            notes.push(format!(
                "{} keys without an anomaly are not shown.",
                number(calm_keys as u64)
            ));
        }
        if self.misplaced > 0 && self.is_timed() {
            notes.push(format!(
                "{} records have no time, or a time before the previous record; they are drawn \
                 at the time of that record.",
                number(self.misplaced)
            ));
        }
        notes
    }
}
