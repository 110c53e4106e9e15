//! Files that are replaced, rotated, cut and shared; bad records; and what the exit status says.

#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{fail, rcf, run, stderr, succeed, units};

const RUN: [&str; 9] = [
    "run",
    "--source-kind=file",
    "--source-path=in.txt",
    "--input-format=raw",
    "--sink-path=out.jsonl",
    "--forest-sample-size=32",
    "--checkpoint-directory=state",
    "--checkpoint-every-records=100",
    "--input-on-bad-record=skip",
];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [base, more].concat()
}

fn numbers(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("{n}\n")).collect()
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn results(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The values that were judged; their ids must all differ.
fn values(path: &Path) -> Vec<u32> {
    let results = results(path);
    let ids: BTreeSet<_> = results.iter().map(|it| it["id"].to_string()).collect();
    assert_eq!(ids.len(), results.len(), "ids are unique");
    let value = |it: &serde_json::Value| it["value"][0].as_f64().unwrap() as u32;
    results.iter().map(value).collect()
}

/// A child that does not outlive its test, also if that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, arguments: &[&str]) -> Running {
    let mut command = rcf();
    command.current_dir(folder).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    Running(command.spawn().unwrap())
}

fn signal(child: &Running, name: &str) {
    let id = child.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .unwrap()
            .success()
    );
}

/// The status and the messages of a child that ends by itself.
#[track_caller]
fn end(mut child: Running) -> (Option<i32>, String) {
    // A pipe holds more than what it says.
    wait_until(|| child.0.try_wait().unwrap().is_some());
    let mut messages = String::new();
    let mut said = child.0.stderr.take().unwrap();
    said.read_to_string(&mut messages).unwrap();
    (child.0.wait().unwrap().code(), messages)
}

#[track_caller]
fn wait_until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "waited for too long"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn lines(path: &Path) -> usize {
    fs::read(path).map_or(0, |text| text.iter().filter(|&&byte| byte == b'\n').count())
}

#[test]
fn another_file_of_the_same_name_is_refused_or_read_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.txt"),
        folder.path().join("out.jsonl"),
    );
    fs::write(&input, numbers(0..500)).unwrap();
    succeed(folder.path(), &RUN);
    // More of the same file, also when it was copied meanwhile.
    append(&input, &numbers(500..600));
    succeed(folder.path(), &RUN);
    let text = fs::read(&input).unwrap();
    fs::remove_file(&input).unwrap();
    fs::write(&input, text).unwrap();
    append(&input, &numbers(600..700));
    succeed(folder.path(), &RUN);
    assert_eq!(values(&output), (0..700).collect::<Vec<_>>());

    for (text, reason) in [
        (numbers(1_000..2_000), "first 2690 bytes are others"),
        (numbers(1_000..1_001), "fewer than 2690 bytes"),
    ] {
        fs::write(&input, text).unwrap();
        let error = fail(folder.path(), 1, &RUN);
        assert!(
            error.contains("in.txt is not the file that the checkpoint"),
            "{error}"
        );
        assert!(error.contains("line 700 was read last"), "{error}");
        assert!(
            error.contains(reason) && error.contains("source.on_replaced"),
            "{error}"
        );
    }
    fs::write(&input, numbers(1_000..2_000)).unwrap();
    succeed(
        folder.path(),
        &with(&RUN, &["--source-on-replaced=restart"]),
    );
    assert_eq!(
        values(&output),
        (0..700).chain(1_000..2_000).collect::<Vec<_>>()
    );
}

#[test]
fn a_pipe_is_read_on_with_the_models_and_without_the_position() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = RUN;
    arguments[2] = "--source-path=-";
    for range in [0..300, 300..600] {
        let mut command = rcf();
        command.current_dir(folder.path()).args(arguments);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let mut input = child.0.stdin.take().unwrap();
        input.write_all(numbers(range.clone()).as_bytes()).unwrap();
        drop(input);
        let (status, messages) = end(child);
        assert_eq!(status, Some(0), "{messages}");
        assert_eq!(
            messages.contains("- is a pipe"),
            range.start > 0,
            "{messages}"
        );
    }
    let output = folder.path().join("out.jsonl");
    assert_eq!(values(&output), (0..600).collect::<Vec<_>>());
    let last = results(&output).pop().unwrap();
    assert_eq!(
        (&last["sequence"], &last["model"]["updates"]),
        (&"600".into(), &600.into())
    );
}

#[test]
fn an_unterminated_line_waits_for_its_line_feed() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.txt"),
        folder.path().join("out.jsonl"),
    );
    fs::write(&input, numbers(0..50) + "12").unwrap();
    let said = run(folder.path(), &RUN);
    assert!(
        stderr(&said).contains("line 51 has no line feed yet"),
        "{}",
        stderr(&said)
    );
    assert_eq!(values(&output).len(), 50);
    append(&input, "3456\n7");
    succeed(folder.path(), &RUN);
    assert_eq!(values(&output)[50..], [123_456]);
    // Without a checkpoint there is no later run.
    succeed(folder.path(), &RUN[..6]);
    assert_eq!(values(&output)[50..], [123_456, 7]);
}

/// As `tail -F`: through renames and cuts, while it runs and while it does not, also after kills.
#[test]
fn a_followed_file_may_be_rotated_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.txt");
    let output = folder.path().join("out.jsonl");
    let follow = with(
        &RUN,
        &["--source-follow=true", "--checkpoint-every-seconds=0.05"],
    );
    fs::write(&input, "").unwrap();
    let mut next = 0;
    let mut write = |count: u32| {
        append(&input, &numbers(next..next + count));
        next += count;
        next
    };
    // Rotated files are told apart by their ages; these are younger than any in practice.
    let pause = || std::thread::sleep(Duration::from_millis(20));
    let rename = |n: u32| {
        pause();
        fs::rename(&input, folder.path().join(format!("in.txt.{n}"))).unwrap();
    };
    let copy_and_cut = |n: u32| {
        pause();
        fs::copy(&input, folder.path().join(format!("in.txt.{n}"))).unwrap();
        OpenOptions::new()
            .write(true)
            .open(&input)
            .unwrap()
            .set_len(0)
            .unwrap();
    };
    let seen = |count: u32| lines(&output) == count as usize;
    for round in 0..6_u32 {
        let child = start(folder.path(), &follow);
        let count = write(250);
        wait_until(|| seen(count));
        // Without any checkpoint a run begins at the file that has the name.
        let position = folder.path().join("state/rcf/in.txt/position.json");
        let committed = "\"manifest\": \"";
        wait_until(|| fs::read_to_string(&position).is_ok_and(|text| text.contains(committed)));
        // While it runs, first with everything read, then with something left in the old file.
        write(round * 40);
        if round % 2 == 0 {
            rename(4 * round);
        } else {
            copy_and_cut(4 * round);
        }
        let count = write(130);
        wait_until(|| seen(count));
        if round % 3 == 2 {
            signal(&child, "TERM");
            let (status, messages) = end(child);
            assert_eq!(status, Some(0), "{messages}");
        } else {
            signal(&child, "KILL");
            end(child);
        }
        // While it does not run.
        write(70);
        if round % 2 == 1 {
            rename(4 * round + 1);
        } else {
            copy_and_cut(4 * round + 1);
        }
        write(60);
        if round == 3 {
            rename(4 * round + 2); // twice
            write(10);
        }
    }
    let count = write(1);
    let child = start(folder.path(), &follow);
    wait_until(|| seen(count));
    signal(&child, "TERM");
    assert_eq!(end(child).0, Some(0));
    assert_eq!(values(&output), (0..count).collect::<Vec<_>>());
}

#[test]
fn files_that_are_rotated_between_two_looks_are_all_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (input, output) = (path("in.txt"), path("out.jsonl"));
    fs::write(&input, numbers(0..200)).unwrap();
    let child = start(folder.path(), &with(&RUN, &["--source-follow=true"]));
    wait_until(|| lines(&output) == 200);
    // Stopped, it sees none of these until all are there.
    signal(&child, "STOP");
    for number in 0..4 {
        std::thread::sleep(Duration::from_millis(20)); // files are told apart by their ages
        append(&input, &numbers(200 + number * 50..230 + number * 50));
        fs::rename(&input, path(&format!("in.txt.{number}"))).unwrap();
        append(&input, &numbers(230 + number * 50..250 + number * 50));
    }
    signal(&child, "CONT");
    wait_until(|| lines(&output) == 400);
    signal(&child, "TERM");
    assert_eq!(end(child).0, Some(0));
    assert_eq!(values(&output), (0..400).collect::<Vec<_>>());
}

/// Kills at random moments while the followed file is rotated by both ways, and while another file
/// has its name. `RCF_TEST_KILLS=100` for the long form (`just kills-files`).
#[test]
fn killed_while_files_are_rotated_and_replaced_nothing_is_missing() {
    let kills = std::env::var("RCF_TEST_KILLS").map_or(8, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.txt"),
        folder.path().join("out.jsonl"),
    );
    let follow = with(
        &RUN,
        &["--source-follow=true", "--checkpoint-every-seconds=0.03"],
    );
    let mut random = units(7);
    let mut unit = move || random.next().unwrap_or_default();
    let mut count = 0;
    let mut write = |more: u32| {
        append(&input, &numbers(count..count + more));
        count += more;
        count
    };
    let mut rotations = 0;
    let mut rotate = |unit: f64| {
        rotations += 1;
        let name = folder.path().join(format!("in.txt.{rotations}"));
        // Files are told apart by their ages, and a copy is as old as what is written at once
        // after.
        let pause = || std::thread::sleep(Duration::from_millis(20));
        pause();
        if unit < 0.5 {
            fs::rename(&input, name).unwrap();
        } else {
            fs::copy(&input, name).unwrap();
            let file = OpenOptions::new().write(true).open(&input).unwrap();
            file.set_len(0).unwrap();
            pause();
        }
    };
    fs::write(&input, "").unwrap();
    // Without any checkpoint a run begins at the file that has the name.
    let mut child = start(folder.path(), &follow);
    let expected = write(200);
    let position = folder.path().join("state/rcf/in.txt/position.json");
    let is_committed = || {
        let text = fs::read_to_string(&position).unwrap_or_default();
        text.contains("\"manifest\": \"") && !text.contains("\"records\": 0,")
    };
    wait_until(|| lines(&output) == expected as usize && is_committed());
    let mut replaced = 0;
    for kill in 0..kills {
        write((unit() * 300.0) as u32);
        std::thread::sleep(Duration::from_secs_f64(0.05 * unit()));
        if unit() < 0.6 {
            rotate(unit());
            write(1 + (unit() * 200.0) as u32);
        }
        std::thread::sleep(Duration::from_secs_f64(0.1 * unit()));
        signal(&child, if kill % 9 == 8 { "TERM" } else { "KILL" });
        end(child);
        write(1 + (unit() * 50.0) as u32);
        if unit() < 0.4 {
            rotate(unit());
            write(1 + (unit() * 50.0) as u32);
        }
        if kill % 4 == 3 {
            // Another file has the name, and what was read is nowhere near.
            replaced += 1;
            let away = |path: &Path| elsewhere.path().join(path.file_name().unwrap());
            let there: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
            let inputs = there.iter().map(fs::DirEntry::path);
            let inputs: Vec<_> = inputs
                .filter(|path| path.to_string_lossy().contains("in.txt"))
                .collect();
            for path in &inputs {
                fs::rename(path, away(path)).unwrap();
            }
            fs::write(&input, "-1\n".repeat(10_000)).unwrap();
            let (status, messages) = end(start(folder.path(), &follow));
            assert_eq!(status, Some(1), "{messages}");
            assert!(messages.contains("in.txt"), "{messages}");
            for path in &inputs {
                fs::rename(away(path), path).unwrap();
            }
        }
        child = start(folder.path(), &follow);
    }
    let expected = write(1);
    wait_until(|| lines(&output) == expected as usize);
    signal(&child, "TERM");
    assert_eq!(end(child).0, Some(0));

    // The same numbers from one file, without interruption.
    let whole = tempfile::tempdir().unwrap();
    fs::write(whole.path().join("in.txt"), numbers(0..expected)).unwrap();
    succeed(whole.path(), &RUN);
    let (killed, whole) = (results(&output), results(&whole.path().join("out.jsonl")));
    assert_eq!(killed.len(), whole.len());
    for (killed, whole) in killed.iter().zip(&whole) {
        assert_eq!(killed, whole);
    }
    eprintln!(
        "{kills} kills, {rotations} rotations, {replaced} replaced files, {expected} results"
    );
}

#[test]
fn a_sink_that_is_cut_or_deleted_ends_the_run() {
    let sine = [
        "run",
        "--source-kind=sine",
        "--source-rate=2000",
        "--sink-path=out.jsonl",
        "--checkpoint-directory=state",
        "--checkpoint-every-records=500",
    ];
    for (change, expected) in [
        (
            (|path| fs::write(path, "").unwrap()) as fn(&Path),
            "bytes, and ",
        ),
        (|path| fs::remove_file(path).unwrap(), "it was deleted"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.jsonl");
        let child = start(folder.path(), &sine);
        wait_until(|| lines(&output) > 1_000);
        change(&output);
        let (status, messages) = end(child);
        assert_eq!(status, Some(1), "{messages}");
        assert!(
            messages.contains("out.jsonl was changed while results"),
            "{messages}"
        );
        assert!(messages.contains(expected), "{messages}");
        let there = fs::read(&output).unwrap_or_default();
        assert!(!there.contains(&0), "no holes");
    }
}

#[test]
fn a_standard_output_that_is_cut_or_deleted_ends_the_run() {
    let sine = [
        "run",
        "--source-kind=sine",
        "--source-rate=3000",
        "--source-count=6000",
    ];
    type Change = fn(&Path);
    let changes: [(Change, Option<&str>); 4] = [
        (|path| fs::write(path, "").unwrap(), Some("bytes, and ")),
        (
            |path| fs::remove_file(path).unwrap(),
            Some("it was deleted"),
        ),
        (
            |path| fs::rename(path, path.with_extension("1")).unwrap(),
            None,
        ),
        (|path| append(path, "from another\n"), None),
    ];
    for append_only in [false, true] {
        for (change, expected) in changes {
            let folder = tempfile::tempdir().unwrap();
            let output = folder.path().join("out.jsonl");
            fs::write(&output, "").unwrap();
            let file = OpenOptions::new()
                .write(true)
                .append(append_only)
                .open(&output);
            let mut command = rcf();
            command.current_dir(folder.path()).args(sine);
            command.stdout(file.unwrap()).stderr(Stdio::piped());
            let child = Running(command.spawn().unwrap());
            wait_until(|| lines(&output) > 1_000);
            change(&output);
            let (status, messages) = end(child);
            let there = fs::read(&output).unwrap_or_default();
            assert!(!there.contains(&0), "no holes");
            match expected {
                Some(expected) => {
                    assert_eq!(status, Some(1), "{messages}");
                    let what = "the standard output was changed while results";
                    assert!(
                        messages.contains(what) && messages.contains(expected),
                        "{messages}"
                    );
                }
                None => assert_eq!(status, Some(0), "{messages}"),
            }
        }
    }
    // Who starts a program may give it a file that never had a name.
    let mut command = rcf();
    let unnamed = tempfile::tempfile().unwrap();
    let done = command.args(sine).stdout(unnamed).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
}

#[test]
fn sighup_and_a_new_name_go_on_in_a_new_file() {
    for hang_up in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let base = [
            "run",
            "--source-kind=sine",
            "--source-rate=3000",
            "--sink-path=out.jsonl",
        ];
        let child = start(
            folder.path(),
            &with(
                &base,
                &[
                    "--source-count=6000",
                    "--checkpoint-directory=state",
                    "--checkpoint-every-records=500",
                ],
            ),
        );
        for old in ["out.1", "out.2"] {
            wait_until(|| lines(&path("out.jsonl")) > 700);
            fs::rename(path("out.jsonl"), path(old)).unwrap();
            if hang_up {
                signal(&child, "HUP");
            }
            wait_until(|| path("out.jsonl").exists());
        }
        let (status, messages) = end(child);
        assert_eq!(status, Some(0), "{messages}");
        let parts = ["out.1", "out.2", "out.jsonl"];
        let text: String = parts
            .map(|it| fs::read_to_string(path(it)).unwrap())
            .concat();
        let whole = succeed(
            folder.path(),
            &["run", "--source-kind=sine", "--source-count=6000"],
        );
        assert!(text == whole, "hang up: {hang_up}");
    }
}

#[test]
fn no_file_has_two_roles() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = numbers(0..100);
    fs::write(path("in.txt"), &text).unwrap();
    fs::hard_link(path("in.txt"), path("hard")).unwrap();
    symlink("in.txt", path("soft")).unwrap();
    symlink("new", path("dangling")).unwrap();
    let dead = "--input-on-bad-record=dead_letter";
    let cases: [(&[&str], &str, &str); 6] = [
        (&["--sink-path=hard"], "source.path", "sink.path"),
        (&["--sink-path=./soft"], "source.path", "sink.path"),
        (
            &[dead, "--sink-path=o", "--dead-letters-path=hard"],
            "source.path",
            "dead_letters.path",
        ),
        (
            &[dead, "--sink-path=o", "--dead-letters-path=./o"],
            "sink.path",
            "dead_letters.path",
        ),
        (
            &[dead, "--sink-path=new", "--dead-letters-path=dangling"],
            "sink.path",
            "dead_letters",
        ),
        (&["--sink-path=in.txt"], "source.path", "sink.path"),
    ];
    for (more, first, second) in cases {
        let error = fail(folder.path(), 78, &with(&RUN[..4], more));
        assert!(error.contains(first) && error.contains(second), "{error}");
    }
    succeed(folder.path(), &RUN);
    let written = fs::read_to_string(path("out.jsonl")).unwrap();
    for output in ["out.jsonl", "soft"] {
        let replay = with(
            &["replay", "--output", output, "--from-checkpoint=1"],
            &RUN[1..],
        );
        let error = fail(folder.path(), 78, &replay);
        assert!(error.contains("--output"), "{error}");
    }
    fs::write(path("rcf.toml"), "[source]\nkind = \"sine\"\ncount = 9\n").unwrap();
    symlink("rcf.toml", path("config")).unwrap();
    for more in [
        &["--sink-path=./config"][..],
        &[dead, "--sink-path=o", "--dead-letters-path=rcf.toml"],
    ] {
        let arguments = with(&["run", "--config=rcf.toml"], more);
        let error = fail(folder.path(), 78, &arguments);
        assert!(error.contains("--config and "), "{error}");
    }
    let replay = [
        "replay",
        "--config=rcf.toml",
        "--output=config",
        "--after=0=0",
    ];
    let error = fail(folder.path(), 78, &replay);
    assert!(error.contains("--config and --output"), "{error}");
    assert!(
        fs::read_to_string(path("rcf.toml"))
            .unwrap()
            .starts_with("[source]")
    );
    for output in ["hard", "soft"] {
        let error = fail(folder.path(), 78, &["score", "in.txt", "-o", output]);
        assert!(error.contains("--output"), "{error}");
    }
    assert_eq!(fs::read_to_string(path("in.txt")).unwrap(), text);
    assert_eq!(fs::read_to_string(path("out.jsonl")).unwrap(), written);
    assert!(!path("o").exists() && !path("new").exists());
}

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

/// Names, keys and times that a spreadsheet would take for formulas, in every output in CSV.
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
    // A column of times that was found is not needed; one that was asked for is the axis.
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
fn the_exit_status_says_whether_anything_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.txt");
    fs::write(&input, "").unwrap();
    let error = fail(folder.path(), 1, &RUN);
    assert!(error.contains("no record that could be used"), "{error}");
    fs::write(&input, "x\ny\n").unwrap();
    let error = fail(folder.path(), 1, &RUN);
    assert!(
        error.contains("all 2 records were bad: 2 not_a_number"),
        "{error}"
    );
    append(&input, "1\n");
    let said = run(folder.path(), &RUN);
    assert!(said.status.success(), "{}", stderr(&said));
    for expected in ["records=1", "results=1", "unreadable_times=0", "late=0"] {
        assert!(stderr(&said).contains(expected), "{}", stderr(&said));
    }
    // So does a replay, without being asked to.
    let replay = with(&["replay", "--after=0=0"], &RUN[1..]);
    let said = run(folder.path(), &replay);
    assert!(said.status.success(), "{}", stderr(&said));
    let summary = "replayed records=3 results=1 bad_records={\"not_a_number\": 2}";
    for expected in [summary, "unpacked=0 dropped=0"] {
        assert!(stderr(&said).contains(expected), "{}", stderr(&said));
    }
    // Nothing new is no failure of a run that goes on from a checkpoint.
    succeed(folder.path(), &RUN);
    let text = "{\"v\":\"a\"}\n{\"v\":\"b\"}\n";
    fs::write(folder.path().join("in.jsonl"), text).unwrap();
    let error = fail(
        folder.path(),
        1,
        &["score", "in.jsonl", "--column=v", "--on-bad-record=skip"],
    );
    assert!(error.contains("no record could be used"), "{error}");
}

#[test]
fn a_signal_makes_the_output_of_score_partial() {
    let mut command = rcf();
    command
        .args(["score", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut input = child.0.stdin.take().unwrap();
    input.write_all(numbers(0..10).as_bytes()).unwrap();
    let mut first = [0; 1];
    let output = child.0.stdout.as_mut().unwrap();
    output.read_exact(&mut first).unwrap();
    signal(&child, "INT");
    let (status, messages) = end(child);
    assert_eq!(status, Some(130), "{messages}");
    assert!(messages.contains("partial"), "{messages}");
    // Records without end are asked for until a signal comes.
    for (count, expected) in [(Some("--count=5000"), Some(130)), (None, Some(0))] {
        let mut command = rcf();
        command.args(["generate", "sine", "--rate=100"]).args(count);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let output = child.0.stdout.as_mut().unwrap();
        output.read_exact(&mut first).unwrap();
        signal(&child, "TERM");
        let (status, messages) = end(child);
        assert_eq!(status, expected, "{messages}");
    }
}

#[test]
fn a_reader_that_goes_away_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let sine = [
        "run",
        "--source-kind=sine",
        "--log=error",
        "--checkpoint-directory=state",
        "--checkpoint-every-records=1000",
    ];
    let mut command = rcf();
    command
        .current_dir(folder.path())
        .args(sine)
        .stdout(Stdio::piped());
    let mut child = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut first = [0; 4096];
    let output = child.0.stdout.as_mut().unwrap();
    output.read_exact(&mut first).unwrap();
    drop(child.0.stdout.take());
    let (status, messages) = end(child);
    assert_eq!(status, Some(1), "{messages}");
    assert_eq!(messages.lines().count(), 1, "{messages}");
    assert!(
        messages.contains("the reader of the output has gone away"),
        "{messages}"
    );
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
