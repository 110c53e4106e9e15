//! Candidates that were not reported, by reason.

use std::collections::BTreeMap;

use rcf_core::Detection;

/// How many candidates were suppressed, by [reason](rcf_core::Suppressed::as_str).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppressions(BTreeMap<&'static str, u64>);

impl Suppressions {
    /// Counts a detection, if it is a suppressed candidate.
    pub fn count(&mut self, detection: &Detection) {
        if let Some(reason) = detection.suppressed {
            *self.0.entry(reason.as_str()).or_default() += 1;
        }
    }

    /// The number for this reason.
    #[must_use]
    pub fn of(&self, reason: &str) -> u64 {
        self.0.get(reason).copied().unwrap_or_default()
    }

    /// The total number.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// `2 too frequent (--false-alarm-rate), 1 of an event already reported (--silence)`, with the
    /// names that `option` gives to parameters; `None` if no candidate was suppressed.
    #[must_use]
    pub fn text(&self, option: impl Fn(&str) -> String) -> Option<String> {
        let mut reasons: Vec<_> = self.0.iter().collect();
        reasons.sort_by_key(|&(reason, &count)| (u64::MAX - count, *reason));
        let reasons = reasons.into_iter().map(|(&reason, count)| {
            let (words, parameter) = in_words(reason);
            let remedy = parameter.map(|name| format!(" ({})", option(name)));
            format!("{count} {words}{}", remedy.unwrap_or_default())
        });
        let reasons: Vec<String> = reasons.collect();
        (!reasons.is_empty()).then(|| reasons.join(", "))
    }
}

/// A reason in words, and the parameter that controls it.
fn in_words(reason: &'static str) -> (&'static str, Option<&'static str>) {
    match reason {
        "warm_up" => ("in warm-up", Some("warm_up")),
        "near_expected" => ("near the expected value", Some("ignore_absolute")),
        "noise_floor" => ("within the noise floor", Some("noise_floor")),
        "imputed" => ("with imputed values", Some("imputation")),
        "explained" => ("explained by an earlier record", None),
        "already_alerted" => ("of an event already reported", Some("silence")),
        "frequent" => ("too frequent", Some("false_alarm_rate")),
        "drift" => ("of a new level just accepted", Some("patience")),
        "rule" => ("ignored by a rule", Some("rules")),
        "marked_normal" => ("marked as normal", None),
        other => (other, None),
    }
}

#[cfg(test)]
mod tests {
    use rcf_core::Suppressed;

    use super::*;

    #[test]
    fn reasons_are_counted_and_have_their_remedy() {
        let mut counted = Suppressions::default();
        assert_eq!(counted.text(str::to_owned), None);
        for (reason, count) in [
            (Suppressed::AlreadyAlerted, 1),
            (Suppressed::Rule { rule: 0 }, 1),
            (Suppressed::Rule { rule: 7 }, 1),
            (Suppressed::Explained, 1),
        ] {
            *counted.0.entry(reason.as_str()).or_default() += count;
        }
        assert_eq!((counted.total(), counted.of("rule")), (4, 2));
        assert_eq!(
            counted.text(|name| format!("detector.{name}")).unwrap(),
            "2 ignored by a rule (detector.rules), 1 of an event already reported \
             (detector.silence), 1 explained by an earlier record"
        );
    }

    #[test]
    fn every_reason_has_words() {
        for reason in [
            Suppressed::WarmUp,
            Suppressed::NearExpected,
            Suppressed::NoiseFloor,
            Suppressed::Imputed,
            Suppressed::Explained,
            Suppressed::AlreadyAlerted,
            Suppressed::Frequent,
            Suppressed::Drift,
            Suppressed::Rule { rule: 0 },
            Suppressed::MarkedNormal { mark: 0 },
        ] {
            let (words, _) = in_words(reason.as_str());
            assert!(words.contains(' '), "{}", reason.as_str());
        }
    }
}
