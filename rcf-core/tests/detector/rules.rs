//! Rules of the user and feedback: what they suppress, what they keep, and that they are saved.

use rcf_core::{
    AnomalyDetector, AnomalyDetectorBuilder, Comparison, Condition, ConfigError, Detection, Ignore,
    MarkError, NearExpected, NormalMark, Rule, Suppressed,
};

fn wave(t: u32) -> f64 {
    (f64::from(t) / 8.0).sin() * 10.0
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    let names = ["load", "speed"];
    let read = texts.iter().map(|text| Rule::parse(text, &names).unwrap());
    read.collect()
}

/// Two waves; the last value of `load` and of `speed` is shifted by these amounts.
fn last(rules: &[&str], load: f64, speed: f64) -> Detection {
    let builder = AnomalyDetector::builder(2).shingle_size(4).seed(6);
    let mut detector = builder.rules(self::rules(rules)).build().unwrap();
    for t in 0..900 {
        detector.process(&[wave(t), wave(t + 7)]).unwrap();
    }
    let values = [wave(900) + load, wave(907) + speed];
    let detection = detector.process(&values).unwrap();
    assert_eq!(
        detection.is_anomaly(),
        detection.candidate.is_some() && detection.suppressed.is_none()
    );
    detection
}

#[test]
fn each_input_has_a_distance_of_its_own_and_each_side() {
    let ignored = Some(Suppressed::Rule { rule: 0 });
    let cases: [(&[&str], f64, f64, Option<Suppressed>); 13] = [
        (&[], 30.0, 0.0, None),
        (&["load within 45"], 30.0, 0.0, ignored),
        (&["load within 45"], -30.0, 0.0, ignored),
        (&["load within 20"], 30.0, 0.0, None),
        (&["load within 45 above"], 30.0, 0.0, ignored),
        (&["load within 45 above"], -30.0, 0.0, None),
        (&["load within 45 below"], 30.0, 0.0, None),
        (&["load within 45 below"], -30.0, 0.0, ignored),
        // A rule for the other input does not apply, …
        (&["speed within 45"], 30.0, 0.0, None),
        (&["load within 45"], 30.0, 30.0, None),
        // … unless it is for all; the first rule that applies is named.
        (&["within 45"], 30.0, 30.0, ignored),
        (&["load within 45", "speed within 45"], 30.0, 30.0, ignored),
        // The expected value is about ±10, so a tenth of it is small and 50 times large.
        (&["load within 5000%"], 30.0, 0.0, ignored),
    ];
    for (rules, load, speed, suppressed) in cases {
        let detection = last(rules, load, speed);
        assert!(detection.candidate.is_some(), "{rules:?}");
        assert_eq!(detection.suppressed, suppressed, "{rules:?} {load} {speed}");
        assert_eq!(detection.severity > 0.5, suppressed.is_none(), "{rules:?}");
    }
    assert!(last(&["load within 10%"], 30.0, 0.0).is_anomaly());
}

#[test]
fn a_condition_on_another_input_suppresses_and_the_rule_is_named() {
    let rules = [
        "speed when load > 1e6",
        "load when speed < 50 and speed > -50",
    ];
    let detection = last(&rules, 30.0, 0.0);
    assert_eq!(detection.suppressed, Some(Suppressed::Rule { rule: 1 }));
    assert_eq!(detection.suppressed.and_then(Suppressed::number), Some(1));
    let said = detection.suppressed.unwrap();
    assert_eq!(
        (said.as_str(), said.to_string().as_str()),
        ("rule", "rule 1 ignores it")
    );
    assert!(last(&["load when speed >= 50"], 30.0, 0.0).is_anomaly());
    assert!(!last(&["when load != 0"], 30.0, 30.0).is_anomaly());
}

/// A rule affects candidates only: scores and evidence are the same without it.
#[test]
fn rules_change_only_reports() {
    let (with, without) = (last(&["within 45"], 30.0, 0.0), last(&[], 30.0, 0.0));
    assert_eq!(with.score, without.score);
    assert_eq!(with.evidence, without.evidence);
    assert_eq!(with.candidate, without.candidate);
}

#[test]
fn rules_that_cannot_work_are_refused() {
    let near = |absolute_above| {
        Ignore::Near(NearExpected {
            absolute_above,
            ..NearExpected::default()
        })
    };
    let when = |input, value| {
        Ignore::When(vec![Condition {
            input,
            comparison: Comparison::Equal,
            value,
        }])
    };
    for (input, ignore, reason) in [
        (Some(2), near(1.0), "there are 2"),
        (None, near(0.0), "has no effect"),
        (None, near(-1.0), "at least 0"),
        (None, near(f64::NAN), "finite"),
        (None, when(2, 1.0), "there are 2"),
        (None, when(0, f64::INFINITY), "finite"),
        (None, Ignore::When(Vec::new()), "no condition"),
    ] {
        let rule = Rule { input, ignore };
        let error = AnomalyDetector::builder(2).rules(vec![rule]).build();
        let Err(ConfigError::Rule { reason: said, .. }) = error else {
            panic!("{error:?}")
        };
        assert!(said.contains(reason), "{said}");
    }
    let many = vec![rules(&["within 1"])[0].clone(); 1025];
    assert!(AnomalyDetector::builder(2).rules(many).build().is_err());
}

/// A wave with a spike of this height every 450 records.
fn spiky(t: u32, height: f64) -> f64 {
    wave(t) + if t % 450 == 449 { height } else { 0.0 }
}

fn single(builder: AnomalyDetectorBuilder) -> AnomalyDetector {
    builder.seed(6).build().unwrap()
}

/// The results from 20 records after a spike, or the beginning, to 20 after the next spike.
fn run(detector: &mut AnomalyDetector, round: u32, height: f64) -> Vec<Detection> {
    let from = round * 450 + if round > 0 { 20 } else { 0 };
    let records = (from..round * 450 + 470).map(|t| [spiky(t, height)]);
    records
        .map(|record| detector.process(&record).unwrap())
        .collect()
}

/// The detections of the spike and of the record after it.
fn spike(said: &[Detection]) -> [&Detection; 2] {
    [&said[said.len() - 21], &said[said.len() - 20]]
}

#[test]
fn events_marked_as_normal_are_suppressed_until_unmarked() {
    let mut detector = single(AnomalyDetector::builder(1));
    let mut unmarked = detector.clone();
    let said = run(&mut detector, 0, 30.0);
    assert_eq!(said, run(&mut unmarked, 0, 30.0));
    let [first, after] = spike(&said);
    assert!(first.is_anomaly());
    // The last values of the predictors include the spike.
    assert_eq!(after.suppressed, Some(Suppressed::AlreadyAlerted));
    let mark = detector.mark_normal(first).unwrap();
    let marked = Some(Suppressed::MarkedNormal { mark });
    for round in 1..4 {
        let said = run(&mut detector, round, 30.0);
        assert!(
            said.iter().all(|detection| !detection.is_anomaly()),
            "{round}"
        );
        assert_eq!(spike(&said).map(|it| it.suppressed), [marked, marked]);
        assert!(
            spike(&run(&mut unmarked, round, 30.0))[0].is_anomaly(),
            "{round}"
        );
    }
    // A clearly stronger one, or one on the other side, is not similar.
    assert!(spike(&run(&mut detector.clone(), 4, 300.0))[0].is_anomaly());
    assert!(spike(&run(&mut detector.clone(), 4, -30.0))[0].is_anomaly());
    assert_eq!(detector.normal_marks().len(), 1);
    assert_eq!(detector.unmark_normal(mark).unwrap().number, mark);
    assert_eq!(detector.unmark_normal(mark), None);
    assert!(spike(&run(&mut detector, 4, 30.0))[0].is_anomaly());
}

/// Consequences of a spike that a condition ignores are ignored as well; a stronger one is
/// not.
#[test]
fn consequences_of_ignored_candidates_are_ignored() {
    let build = |text: &str| single(AnomalyDetector::builder(1).rules(rules(&[text])));
    let mut detector = build("when load > 15");
    let said = run(&mut detector, 0, 30.0);
    let by_rule = Some(Suppressed::Rule { rule: 0 });
    assert_eq!(spike(&said).map(|it| it.suppressed), [by_rule, by_rule]);
    assert!(said.iter().all(|detection| !detection.is_anomaly()));
    let next = detector.process(&[-300.0]).unwrap();
    assert!(next.is_anomaly(), "{next:?}");
    // A distance alone is not an event.
    let mut near = build("load within 45 above");
    let said = run(&mut near, 0, 30.0);
    let [first, after] = spike(&said);
    assert_eq!(first.suppressed, by_rule);
    assert!(after.is_anomaly());
}

#[test]
fn detections_that_cannot_be_marked_are_refused() {
    let mut detector = single(AnomalyDetector::builder(1));
    let before = detector.to_bytes();
    let calm = detector.process(&[1.0]).unwrap();
    assert_eq!(detector.mark_normal(&calm), Err(MarkError::NoCandidate));
    let of_another = last(&[], 30.0, 30.0);
    assert!(of_another.candidate.as_ref().unwrap().inputs.contains(&1));
    let error = detector.mark_normal(&of_another).unwrap_err();
    assert_eq!(error, MarkError::OtherInputs { inputs: 1 });
    let kind = of_another.candidate.unwrap().kind;
    let mark = |evidence, by| NormalMark::new(kind, evidence, vec![(0, by)]);
    for (evidence, by) in [
        (1.0, 1.0),
        (f64::INFINITY, 1.0),
        (f64::NAN, 1.0),
        (2.0, f64::NAN),
    ] {
        assert!(detector.add_mark(mark(evidence, by)).is_err(), "{evidence}");
    }
    for number in 0..1024 {
        assert_eq!(detector.add_mark(mark(2.0, 1.0)), Ok(number));
    }
    let error = detector.add_mark(mark(2.0, 1.0)).unwrap_err();
    assert_eq!(error, MarkError::TooMany { max: 1024 });
    // A number is never assigned twice.
    detector.unmark_normal(1023).unwrap();
    assert_eq!(detector.add_mark(mark(2.0, 1.0)), Ok(1024));
    assert_ne!(before, detector.to_bytes());
}

#[test]
fn rules_and_marks_are_saved_to_the_bit() {
    let texts = [
        "load within 0.5 above or 7%",
        "speed when load >= 0.1 and speed != 3",
    ];
    let mut detector = single(
        AnomalyDetector::builder(2)
            .rules(rules(&texts))
            .max_time_jump(9.0),
    );
    let next = |detector: &mut AnomalyDetector, t: u32| {
        let values = [spiky(t, 30.0), wave(t + 7)];
        detector.process_at(f64::from(t), &values).unwrap()
    };
    for t in 0..455 {
        let detection = next(&mut detector, t);
        if detection.is_anomaly() {
            detector.mark_normal(&detection).unwrap();
        }
    }
    assert!(!detector.normal_marks().is_empty());
    let saved = detector.to_bytes();
    let mut restored = AnomalyDetector::from_bytes(&saved).unwrap();
    assert_eq!(restored.to_bytes(), saved);
    assert_eq!(restored.config(), detector.config());
    assert_eq!(restored.normal_marks(), detector.normal_marks());
    let mut marked = 0;
    for t in 455..950 {
        let detection = next(&mut detector, t);
        assert_eq!(next(&mut restored, t), detection);
        marked += usize::from(matches!(
            detection.suppressed,
            Some(Suppressed::MarkedNormal { .. })
        ));
    }
    assert!(marked > 0);
    assert_eq!(restored.to_bytes(), detector.to_bytes());
    // The number of a removed mark is remembered.
    let mark = detector.normal_marks()[0].number;
    while let Some(mark) = detector.normal_marks().first() {
        detector.unmark_normal(mark.number);
    }
    let mut restored = AnomalyDetector::from_bytes(&detector.to_bytes()).unwrap();
    let again = NormalMark::new(rcf_core::EvidenceKind::Range, 2.0, vec![(0, 1.0)]);
    assert!(restored.add_mark(again).unwrap() > mark);
}

/// The memory of rules and marks is counted.
#[test]
fn rules_and_marks_take_memory() {
    let plain = single(AnomalyDetector::builder(2));
    let mut detector = single(AnomalyDetector::builder(2).rules(rules(&["when load < 1"])));
    assert!(detector.size_in_bytes() > plain.size_in_bytes());
    let before = detector.size_in_bytes();
    let mark = NormalMark::new(rcf_core::EvidenceKind::Range, 2.0, vec![(0, 1.0)]);
    detector.add_mark(mark).unwrap();
    assert!(detector.size_in_bytes() > before);
}
