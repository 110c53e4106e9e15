//! Records and times that cannot be read, and results as text.

use super::*;

#[test]
fn an_open_quote_and_an_endless_line_are_one_bad_record_each() {
    let folder = tempfile::tempdir().unwrap();
    let record = |n: u32| match n {
        101 => "101,\"x\n".to_owned(),
        150 => format!("{}\n", "9".repeat(11 << 20)),
        n => format!("{n},x\n"),
    };
    let text: String = std::iter::once("a,b\n".to_owned())
        .chain((1..=201).map(record))
        .collect();
    fs::write(folder.path().join("in.csv"), text).unwrap();
    let csv = [
        "run",
        "--source-kind=file",
        "--source-path=in.csv",
        "--input-format=csv",
        "--input-values=a",
        "--sink-path=out.jsonl",
        "--input-max-quoted-lines=20",
    ];
    let error = fail(folder.path(), 1, &csv);
    assert!(
        error.contains("a quote that opens on line 102 is not closed"),
        "{error}"
    );
    let letters = [
        "--input-on-bad-record=dead_letter",
        "--dead-letters-path=dead.jsonl",
    ];
    let said = run(folder.path(), &with(&csv, &letters));
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert!(stderr(&said).contains("open_quote"), "{}", stderr(&said));
    let expected: Vec<u32> = (1..=201).filter(|n| ![101, 150].contains(n)).collect();
    assert_eq!(values(&folder.path().join("out.jsonl")), expected);
    let dead = results(&folder.path().join("dead.jsonl"));
    let reasons: Vec<_> = dead.iter().map(|it| (&it["id"], &it["reason"])).collect();
    assert_eq!(
        reasons,
        [
            (&"in.csv/0/102".into(), &"open_quote".into()),
            (&"in.csv/0/151".into(), &"too_long".into())
        ]
    );
    let score = [
        "score",
        "in.csv",
        "--column=a",
        "--on-bad-record=skip",
        "-o",
        "scores.jsonl",
    ];
    let said = run(folder.path(), &score);
    assert!(
        stderr(&said).contains("line 102: a quote"),
        "{}",
        stderr(&said)
    );
    assert_eq!(lines(&folder.path().join("scores.jsonl")), 199);
}

/// Names, keys and times that a spreadsheet would read as formulas, in every CSV output.
#[test]
fn formulas_in_csv_are_guarded_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "x=1"];
    let lines = (0..400_usize).map(|n| {
        let line = serde_json::json!({"k": keys[n % 8], "t": "=t", "=v": n % 9});
        format!("{line}\n")
    });
    fs::write(folder.path().join("in.jsonl"), lines.collect::<String>()).unwrap();
    let run = [
        "run",
        "--source-kind=file",
        "--source-path=in.jsonl",
        "--input-values==v",
        "--input-key=k",
        "--input-timestamp=t",
        "--output-format=csv",
    ];
    let score = [
        "score",
        "in.jsonl",
        "--column==v",
        "--key=k",
        "--time=t",
        "--format=csv",
    ];
    for (command, flag) in [(&run[..], "--output-csv-safe=true"), (&score, "--csv-safe")] {
        let formulas = |text: &str| {
            let mut splitter = csv_fields(text);
            splitter.retain(|field| field.starts_with(['=', '+', '@', '\t', '\r', '\n']));
            splitter.len()
        };
        assert!(
            formulas(&succeed(folder.path(), command)) > 700,
            "{command:?}"
        );
        let guarded = succeed(folder.path(), &with(command, &[flag]));
        assert_eq!(formulas(&guarded), 0, "{command:?}");
        assert!(
            !csv_fields(&guarded).contains(&"-1".to_owned()),
            "{command:?}"
        );
        assert!(
            csv_fields(&guarded).contains(&"x=1".to_owned()),
            "{command:?}"
        );
    }
}

/// All fields of a text in CSV.
fn csv_fields(text: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

#[test]
fn unreadable_times_are_counted_with_their_formats() {
    let folder = tempfile::tempdir().unwrap();
    let time = |second: u64| match second {
        40 | 50 => format!("14.11.2023 22:13:{second}"),
        60 => "noon".to_owned(),
        _ => format!("2023-11-14T22:{:02}:{:02}Z", second / 60, second % 60),
    };
    let record = |second| format!("{{\"t\":\"{}\",\"v\":{}}}\n", time(second), second % 7);
    let text: String = (0..400).map(record).collect();
    fs::write(folder.path().join("in.jsonl"), text).unwrap();
    let counted =
        "3 (2 of the time format \"%d.%m.%Y %H:%M:%S%.f\", 1 of no known time format)".to_owned();
    let read = ["in.jsonl", "--column=v", "--time=t"];
    // A detected column of times is optional; a requested one is the axis.
    let page = ["report", "in.jsonl", "--column=v", "--html=page.html"];
    let asked = [&page[..], &["--time=t"]].concat();
    let error = fail(folder.path(), 1, &asked);
    assert!(error.contains("line 41: field t is not a time"), "{error}");
    let said = run(folder.path(), &with(&asked, &["--on-bad-record=skip"]));
    assert!(said.status.success(), "{}", stderr(&said));
    let bad = "3 bad records (3 unreadable_time);";
    assert!(stderr(&said).contains(bad), "{}", stderr(&said));
    let remedy = format!(
        "unreadable times, handed on as they are: {counted}; name the format with --time-format"
    );
    for command in [&[&["score"], &read[..]].concat()[..], &page] {
        let said = run(folder.path(), command);
        assert!(said.status.success(), "{}", stderr(&said));
        let last = stderr(&said).lines().last().unwrap_or_default().to_owned();
        assert!(last.ends_with(&remedy), "{command:?}: {last}");
    }
    let suggested = succeed(folder.path(), &[&["suggest"], &read[..]].concat());
    assert!(suggested.contains(&format!("# {remedy}\n")), "{suggested}");
    let settings = [
        "run",
        "--source-kind=file",
        "--source-path=in.jsonl",
        "--sink-path=out.jsonl",
        "--input-values=v",
        "--input-timestamp=t",
    ];
    let said = run(folder.path(), &settings);
    assert!(said.status.success(), "{}", stderr(&said));
    let counted = format!("unreadable_times={counted}");
    assert!(stderr(&said).contains(&counted), "{}", stderr(&said));
}

#[test]
fn a_held_record_is_part_of_the_checkpoint() {
    let record = |n: u32| {
        let time = match n {
            100 => 4_294_967_295_000,
            n => 1_700_000_000_000 + 60_000 * u64::from(n),
        };
        format!("{{\"t\":{time},\"v\":{n}}}\n")
    };
    let arguments = |output: &'static str, state: &'static str| {
        [
            "run",
            "--source-kind=file",
            "--source-path=in.jsonl",
            "--input-values=v",
            "--input-timestamp=t",
            "--input-on-bad-record=skip",
            "--detector-enabled=true",
            "--detector-use-time=true",
            output,
            state,
        ]
    };
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl");
    let text = |range: std::ops::Range<u32>| range.map(record).collect::<String>();
    let pieces = arguments("--sink-path=pieces", "--checkpoint-directory=a");
    fs::write(&input, "").unwrap();
    for (range, held) in [(0..101, 1), (101..102, 1), (102..103, 0), (103..300, 0)] {
        append(&input, &text(range));
        let said = run(folder.path(), &pieces);
        assert!(said.status.success(), "{}", stderr(&said));
        assert!(
            stderr(&said).contains(&format!("held={held}")),
            "{}",
            stderr(&said)
        );
    }
    succeed(
        folder.path(),
        &arguments("--sink-path=whole", "--checkpoint-directory=b"),
    );
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("whole").lines().count(), 299);
    assert!(read("pieces") == read("whole"));
}

#[test]
fn an_input_that_is_cut_short_is_not_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = numbers(0..3_000);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let array: Vec<_> = (0..3_000).map(|n| format!("{{\"v\":{n}}}")).collect();
    let array = array.join(",\n");
    let inputs = [
        ("in.gz", packed[..packed.len() / 2].to_vec(), "incomplete"),
        ("more.gz", [&*packed, b"\x1f\x8b"].concat(), "end of file"),
        ("in.json", format!("[{array}").into_bytes(), "is not closed"),
        ("comma.json", format!("[{array},").into(), "is not closed"),
        (
            "within.json",
            format!("[{array},{{\"v\"").into(),
            "valid JSON",
        ),
    ];
    for (name, bytes, expected) in inputs {
        fs::write(path(name), bytes).unwrap();
        for command in [
            &["score", name][..],
            &["report", name, "--html=x.html"],
            &["suggest", name],
        ] {
            let said = run(folder.path(), command);
            let error = stderr(&said);
            assert_eq!(said.status.code(), Some(1), "{command:?}: {error}");
            assert!(error.contains(expected), "{command:?}: {error}");
            assert!(
                !path("x.html").exists(),
                "a page of a part would look whole"
            );
        }
    }
    fs::write(path("whole.json"), format!("[{array}]")).unwrap();
    succeed(folder.path(), &["score", "whole.json", "-o", "out.jsonl"]);
    // Values after one that is too long are read, as with lines.
    let long = format!(
        "[{array},{{\"v\":\"{}\"}},{{\"v\":7}}]",
        "[}".repeat(6 << 20)
    );
    fs::write(path("long.json"), long).unwrap();
    let skip = [
        "score",
        "long.json",
        "--on-bad-record=skip",
        "-o",
        "out.jsonl",
    ];
    let said = run(folder.path(), &skip);
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert!(stderr(&said).contains("too_long"), "{}", stderr(&said));
    assert_eq!(values(&path("out.jsonl")).last(), Some(&7));
}
