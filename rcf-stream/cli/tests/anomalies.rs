//! `rcf score` and `rcf suggest`: the anomalies of a file, as users see them.

mod support;

use std::fs;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;
use serde_json::Value;
use support::{fail, rcf, run, stdout, succeed};

/// A daily rhythm of two alternating sensors; one has a spike, on line 1502 (after the header).
fn write_readings(folder: &Path) {
    let mut text = "at,sensor,heat,load\n".to_owned();
    for n in 0..2_000 {
        let (t, sensor) = (f64::from(n / 2), if n % 2 == 0 { "a" } else { "<b>" });
        let noise = f64::from(n * 7919 % 101) / 200.0;
        let spike = if n == 1_500 { 30.0 } else { 0.0 };
        let (heat, load) = (20.0 + 5.0 * (t / 12.0).sin() + noise + spike, 3.0 + noise);
        text += &format!(
            "2026-03-{:02}T{:02}:00,{sensor},{heat},{load}\n",
            1 + n / 48 % 28,
            n / 2 % 24
        );
    }
    fs::write(folder.join("readings.csv"), text).unwrap();
}

const INPUT: [&str; 7] = [
    "readings.csv",
    "--key",
    "sensor",
    "--time",
    "at",
    "--shingle-size",
    "2",
];

#[test]
fn only_anomalies_have_expected_values() {
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    let text = succeed(
        folder.path(),
        &[&["score", "--only-anomalies"], &INPUT[..]].concat(),
    );
    let anomalies: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let spike = anomalies
        .iter()
        .find(|it| it["sequence"] == "1502")
        .expect("the spike is found");
    assert!(anomalies.len() <= 4, "{text}");
    assert_eq!(
        (&spike["key"], &spike["anomaly"]),
        (&"a".into(), &true.into())
    );
    assert!(spike["grade"].as_f64().unwrap() > 0.0);
    assert!(spike["evidence"].as_f64() > Some(1.0));
    assert!(
        (spike["expected"][0].as_f64().unwrap() - 20.0).abs() < 8.0,
        "{spike}"
    );
    let shares = &spike["attribution"];
    assert!(
        shares["heat"]["high"].as_f64() > shares["load"]["high"].as_f64(),
        "{spike}"
    );
    let sentence = spike["explanation"].as_str().unwrap();
    assert!(
        sentence.starts_with("heat was ") && sentence.contains(", above the "),
        "{sentence}"
    );
}

#[test]
fn the_exit_status_reports_anomalies_if_requested() {
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    let arguments = [
        &["score", "--fail-on-anomaly", "--only-anomalies"],
        &INPUT[..],
    ]
    .concat();
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    let found = stdout(&output).lines().count();
    assert!(support::stderr(&output).contains(&format!("{found} anomalous records")));
    let quiet = [
        &["score", "--fail-on-anomaly", "--score-threshold", "1000"],
        &INPUT[..],
    ]
    .concat();
    assert_eq!(succeed(folder.path(), &quiet).lines().count(), 2_000);
}

/// The rules of a configuration, as flags that use the names of the columns.
#[test]
fn rules_suppress_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    let with = |rules: &[&str]| {
        let rules = rules.iter().flat_map(|rule| ["--rules", rule]);
        let flags: Vec<&str> = rules.chain(["--only-anomalies"]).collect();
        let output = run(folder.path(), &[&["score"], &INPUT[..], &flags].concat());
        (stdout(&output), support::stderr(&output), output.status)
    };
    let is_found = |text: &str| text.contains("\"sequence\":\"1502\"");
    assert!(is_found(&with(&[]).0));
    let (found, _, status) = with(&["heat within 2 below", "load when heat < 10"]);
    assert!(status.success() && is_found(&found), "{found}");
    let (found, said, status) = with(&["load within 1%", "heat within 200% above"]);
    assert!(status.success() && !is_found(&found), "{found}");
    assert!(said.contains(" ignored by a rule (--rules)"), "{said}");
    let (_, said, status) = with(&["hate within 5%"]);
    assert_eq!(status.code(), Some(78), "{said}");
    assert!(said.contains("the rule \"hate within 5%\""), "{said}");
}

#[test]
fn suggestions_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let wave: String = (0..600)
        .map(|t| format!("{}\n", (f64::from(t) / 20.0 * std::f64::consts::TAU).sin()))
        .collect();
    fs::write(folder.path().join("wave.csv"), format!("level\n{wave}")).unwrap();
    let suggested = succeed(folder.path(), &["suggest", "wave.csv"]);
    assert!(suggested.contains("every 20 records"), "{suggested}");

    let flags = suggested
        .lines()
        .find_map(|line| line.strip_prefix("# rcf "))
        .expect("a command");
    let scored = succeed(folder.path(), &flags.split(' ').collect::<Vec<_>>());
    assert_eq!(scored.lines().count(), 600);

    let config = format!("{suggested}[source]\nkind = \"sine\"\n");
    fs::write(folder.path().join("rcf.toml"), config).unwrap();
    succeed(folder.path(), &["run", "--check", "--config", "rcf.toml"]);

    let short = &["suggest", "short.csv"];
    fs::write(folder.path().join("short.csv"), "level\n1\n2\n").unwrap();
    let error = fail(folder.path(), 1, short);
    assert!(
        error.contains("short.csv: ") && error.contains('2'),
        "{error}"
    );
}

#[test]
fn errors_have_line_column_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.csv"), "t,v\n1,2\n2,x\n3,4\n").unwrap();
    let error = fail(folder.path(), 1, &["score", "in.csv", "--column", "v"]);
    assert!(
        error.contains(
            "in.csv, line 3: field v is not a number: \"x\"; correct it, or leave such records out \
                        with --on-bad-record skip"
        ),
        "{error}"
    );
    fs::write(folder.path().join("far.csv"), "t,v\n1,2\n2,1e300\n3,4\n").unwrap();
    let error = fail(folder.path(), 1, &["score", "far.csv", "--column", "v"]);
    assert!(
        error.contains("line 3: field v is out of range: 1e300 is beyond"),
        "{error}"
    );
    let cases: [(&[&str], &str); 3] = [
        (
            &["report", "in.csv", "--html", "in.csv"],
            "is the file of both",
        ),
        (
            &[
                "report",
                "in.csv",
                "--column",
                "t",
                "--html",
                "p",
                "--show-key",
                "x",
            ],
            "no record has the key \"x\"",
        ),
        (
            &["score", "in.csv", "--column", "t", "--score-threshold=-1"],
            "-1",
        ),
    ];
    for (arguments, expected) in cases {
        let error = fail(folder.path(), 78, arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn an_outage_of_counts_is_found_with_times() {
    let folder = tempfile::tempdir().unwrap();
    // Half an hour is absent; the counts move a little around 100, without any rhythm.
    let mut random = SplitMix64::seed_from_u64(1);
    let counts: String = (0..800)
        .filter(|t| !(500..530).contains(t))
        .map(|t| {
            format!(
                "{},{}\n",
                1_700_000_000 + 60 * t,
                random.random_range(100..113)
            )
        })
        .collect();
    fs::write(
        folder.path().join("counts.csv"),
        format!("time,count\n{counts}"),
    )
    .unwrap();
    let flags = [
        "score",
        "counts.csv",
        "--imputation",
        "zero",
        "--only-anomalies",
    ];
    let blind = succeed(folder.path(), &flags);
    assert!(!blind.contains("1700031800"), "{blind}");
    let told = succeed(folder.path(), &[&flags[..], &["--use-time"]].concat());
    assert!(told.contains("1700031800"), "{told}");
    // A required time that cannot be read makes its record bad; a repeated one is
    // counted.
    let edited = counts.replacen("1700006000,", "yesterday,", 1);
    let edited = edited.replacen("1700012060,", "1700012000,", 1);
    let odd = format!("time,count\n{edited}");
    fs::write(folder.path().join("odd.csv"), odd).unwrap();
    let odd = ["score", "odd.csv", "--use-time", "--time-format", "s"];
    let error = fail(folder.path(), 1, &odd);
    assert!(
        error.contains("line 102") && error.contains("yesterday"),
        "{error}"
    );
    let skip = [&odd[..], &["--on-bad-record", "skip"]].concat();
    let output = rcf().current_dir(&folder).args(&skip).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("1 bad record (1 unreadable_time);")
            && said.contains("1 record was judged without a time"),
        "{said}"
    );
    fs::write(folder.path().join("bare.csv"), "count\n1\n2\n").unwrap();
    let error = fail(folder.path(), 78, &["score", "bare.csv", "--use-time"]);
    assert!(error.contains("--time"), "{error}");
}

#[test]
fn a_suggestion_says_where_it_caps_and_names_what_it_refuses() {
    let folder = tempfile::tempdir().unwrap();
    // Old records of another rhythm do not count.
    let value = |n: u32| f64::from(if n < 4_000 { n % 7 } else { n % 20 });
    let rows = |bad: &str| -> String {
        (0..24_000_u32)
            .map(|n| match n {
                20_123 if !bad.is_empty() => format!("{n},{bad}\n"),
                _ => format!("{n},{}\n", value(n)),
            })
            .collect()
    };
    let write = |name: &str, bad: &str| {
        fs::write(
            folder.path().join(name),
            format!("time,heat\n{}", rows(bad)),
        )
        .unwrap();
    };
    write("long.csv", "");
    let suggested = succeed(folder.path(), &["suggest", "long.csv"]);
    assert!(
        suggested.starts_with("# analysed the newest 20000 of 24000 records\n"),
        "{suggested}"
    );
    assert!(suggested.contains("every 20 records"), "{suggested}");
    for (bad, said) in [
        (
            "inf",
            "bad.csv, line 20125: field heat is not finite: inf; correct it",
        ),
        (
            "-1e31",
            "bad.csv, line 20125: field heat is out of range: -1e31 is beyond ±1e30",
        ),
    ] {
        write("bad.csv", bad);
        let error = fail(folder.path(), 1, &["suggest", "bad.csv"]);
        assert!(error.contains(said), "{error}");
        let skip = ["suggest", "bad.csv", "--on-bad-record", "skip"];
        let suggested = succeed(folder.path(), &skip);
        assert!(
            suggested.contains("# skipped 1 records that cannot be read"),
            "{suggested}"
        );
    }
}

#[test]
fn records_that_were_not_learned_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut values = support::units(3);
    let mut text = "heat,load\n".to_owned();
    for n in 0..2_500 {
        let level = if (2_000..2_300).contains(&n) {
            4.0
        } else {
            0.0
        };
        let mut value = || level + values.next().unwrap() + values.next().unwrap();
        text += &format!("{},{}\n", value(), value());
    }
    fs::write(folder.path().join("shift.csv"), text).unwrap();
    let scored = run(folder.path(), &["score", "shift.csv"]);
    let said = support::stderr(&scored);
    let count = said.split_once(" unusual records were not learned: --learning");
    let count = count.expect(&said).0.rsplit(' ').next().unwrap();
    assert!((200..350).contains(&count.parse().unwrap()), "{said}");
    let output = [
        "--sink-path=out.jsonl",
        "--source-kind=file",
        "--source-path=shift.csv",
    ];
    let ran = support::stderr(&run(folder.path(), &[&["run"], &output[..]].concat()));
    assert!(ran.contains(&format!("unlearned={count}")), "{ran}");
    let always = run(
        folder.path(),
        &["score", "shift.csv", "--learning", "always"],
    );
    assert!(!support::stderr(&always).contains("not learned"));
}
