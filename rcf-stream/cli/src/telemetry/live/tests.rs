use super::key::STRETCHES;
use super::*;

fn seen<'a>(key: &'a str, score: f64, values: &'a [f64]) -> Seen<'a> {
    Seen {
        key,
        time: None,
        millis: None,
        values,
        predicted: &[],
        score,
        grade: 0.0,
        is_anomaly: false,
        finding: Finding {
            values,
            ..Finding::default()
        },
    }
}

#[test]
fn the_worst_keys_come_first() {
    let live = Live::new(Arc::default());
    live.ready(&["x".to_owned()]);
    live.seen(&seen("mild", 1.0, &[1.0]));
    live.seen(&seen("odd", 4.0, &[2.0]));
    live.seen(&Seen {
        grade: 0.1,
        is_anomaly: true,
        ..seen("anomalous", 2.0, &[9.0])
    });
    live.seen(&seen("odd", 0.5, &[-2.0]));
    let view = live.view("", 10);
    let keys: Vec<_> = view.keys.iter().map(|key| key.key.as_str()).collect();
    assert_eq!(keys, ["anomalous", "odd", "mild"]);
    assert_eq!(view.keys[1].low, [[2.0, -2.0]]);
    assert_eq!(view.anomalies[0].sentence, "x was 9.");
    assert_eq!(live.view("mil", 10).keys.len(), 1);
    assert_eq!(live.view("", 1).keys.len(), 1);
}

#[test]
fn memory_is_bounded_and_bad_keys_still_get_in() {
    let live = Live::new(Arc::default());
    live.ready(&["x".to_owned()]);
    let long = "k".repeat(10_000);
    for n in 0..5_000 {
        let key = format!("{n}{long}");
        live.seen(&Seen {
            is_anomaly: true,
            ..seen(&key, 1.0, &[0.0; 50])
        });
    }
    live.seen(&seen("worst", 9.0, &[1.0]));
    let view = live.view("", usize::MAX);
    assert_eq!((view.kept_keys, view.anomalies.len()), (KEYS, ANOMALIES));
    assert_eq!(view.keys[0].key, "worst");
    assert!(
        view.keys
            .iter()
            .all(|key| key.key.chars().count() <= NAME + 1)
    );
    assert!(serde_json::to_string(&view).unwrap().len() < 200_000);
}

#[test]
fn many_records_are_summarised_and_no_peak_is_lost() {
    let live = Live::new(Arc::default());
    live.ready(&["x".to_owned()]);
    for n in 0..10_000 {
        live.seen(&seen("k", if n == 77 { 8.0 } else { 1.0 }, &[f64::from(n)]));
    }
    let view = live.view("", 1);
    let (low, high) = (&view.keys[0].low[0], &view.keys[0].high[0]);
    assert!(
        (STRETCHES / 2..=STRETCHES).contains(&low.len()),
        "{}",
        low.len()
    );
    assert_eq!((low[0], high[high.len() - 1]), (0.0, 9_999.0));
    assert_eq!(view.keys[0].worst_score, 8.0);
    let first = &view.keys[0].first;
    assert!(first[0] == 1 && first.is_sorted(), "{first:?}");
}

#[test]
fn times_are_those_of_the_first_and_the_last_record() {
    let live = Live::new(Arc::default());
    live.ready(&["x".to_owned()]);
    for n in 0..1_000 {
        let (text, millis) = (format!("minute {n}"), f64::from(n) * 6e4);
        live.seen(&Seen {
            time: Some(&text),
            millis: Some(millis),
            ..seen("k", 1.0, &[1.0])
        });
    }
    let json = serde_json::to_value(live.view("", 1)).unwrap();
    let key = &json["keys"][0];
    assert_eq!(key["from"], 0.0);
    assert_eq!(
        (&key["to"], &key["time"]),
        (&(999.0 * 6e4).into(), &"minute 999".into())
    );
    assert_eq!(
        json["deciding"],
        serde_json::Value::Null,
        "no record was scored"
    );
}

/// Two columns of different sizes and noises: each has its own range, and the odd value is
/// outside.
#[test]
fn every_column_has_the_range_in_which_it_was_expected() {
    let live = Live::new(Arc::default());
    live.ready(&["x".to_owned(), "y".to_owned()]);
    let noise = |n: u32| f64::from(n.wrapping_mul(2_654_435_769) >> 8) / f64::from(1 << 24) - 0.5;
    for n in 0..150 {
        let odd = if n == 140 { 9.0 } else { 0.0 };
        live.seen(&Seen {
            predicted: &[Some(10.0), Some(-5_000.0)],
            ..seen(
                "k",
                1.0,
                &[10.0 + noise(n) + odd, -5_000.0 + 100.0 * noise(n + 7)],
            )
        });
    }
    let view = live.view("", 1);
    let key = &view.keys[0];
    let ranges = |column: usize| {
        let edges = key.expected_low[column]
            .iter()
            .zip(&key.expected_high[column]);
        edges.map(|(low, high)| (*low, *high)).collect::<Vec<_>>()
    };
    assert_eq!(ranges(0).len(), key.low[0].len());
    assert!(ranges(0)[0].0.is_infinite(), "nothing is known at first");
    for (column, expected, width) in [(0, 10.0, 1.0), (1, -5_000.0, 100.0)] {
        for (low, high) in ranges(column).into_iter().skip(60) {
            let around = low < expected && expected < high;
            assert!(
                around && high - low < width,
                "column {column}: {low} {high}"
            );
        }
    }
    let is_outside =
        |(high, range): (&f64, (f64, f64))| range.1.is_finite() && *high > range.1 + 5.0;
    let outside = key.high[0]
        .iter()
        .zip(ranges(0))
        .filter(|it| is_outside(*it));
    assert_eq!(outside.count(), 1, "{:?}", key.high[0]);
}

#[test]
fn values_that_are_missing_are_null() {
    let live = Live::new(Arc::default());
    live.ready(&["x".to_owned()]);
    live.seen(&seen("k", 1.0, &[f64::NAN]));
    let json = serde_json::to_value(live.view("", 1)).unwrap();
    assert_eq!(json["keys"][0]["low"], serde_json::json!([[null]]));
}
