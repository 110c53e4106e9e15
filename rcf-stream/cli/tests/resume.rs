//! Crashes, signals and damaged checkpoints, with the shipped program.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{fail, rcf, succeed, units, wait_until};

const RECORDS: usize = 20_000;

/// Records of five keys, some of them bad, like a stream of sensors.
fn write_input(path: &Path) {
    let text: String = (0..RECORDS)
        .map(|n| match n % 997 {
            500 => "{\"sensor\":\"b\",\"x\":null}\n".to_owned(),
            501 => "not JSON\n\n".to_owned(),
            _ => {
                let x = (n as f64 / 50.0).sin() + (n * 7919 % 101) as f64 / 1000.0;
                let sensor = ["a", "b", "c", "d", "é"][n * n % 5];
                format!(
                    "{{\"sensor\":\"{sensor}\",\"t\":{n},\"x\":{x},\"y\":{}}}\n",
                    n % 13
                )
            }
        })
        .collect();
    fs::write(path, text).unwrap();
}

fn write_config(folder: &Path, name: &str) -> PathBuf {
    let config = format!(
        r#"
        [source]
        kind = "file"
        path = "in.jsonl"
        [input]
        values = ["x", "y"]
        key = "sensor"
        timestamp = "t"
        on_bad_record = "skip"
        [forest]
        shingle_size = 4
        sample_size = 64
        seed = 9
        [output]
        attribution = true
        [sink]
        path = "{name}.jsonl"
        [checkpoint]
        directory = "{name}"
        every_records = 500
        "#
    );
    let path = folder.join(format!("{name}.toml"));
    fs::write(&path, config).unwrap();
    path
}

fn start(folder: &Path, config: &Path) -> Child {
    let mut command = rcf();
    command
        .current_dir(folder)
        .args(["run", "--log", "error", "--config"])
        .arg(config);
    command.stdout(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn killed_at_random_points_the_output_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    write_input(&folder.path().join("in.jsonl"));
    let config = write_config(folder.path(), "whole");
    assert!(start(folder.path(), &config).wait().unwrap().success());
    let expected = fs::read(folder.path().join("whole.jsonl")).unwrap();
    assert!(expected.iter().filter(|&&byte| byte == b'\n').count() > RECORDS * 9 / 10);

    let config = write_config(folder.path(), "killed");
    let output = folder.path().join("killed.jsonl");
    let length = || fs::metadata(&output).map_or(0, |file| file.len());
    let mut kills = 0;
    for unit in units(1) {
        let mut child = start(folder.path(), &config);
        // Every third kill occurs during the start; the others after up to a fifth more of the
        // input.
        let early = (kills % 3 == 2).then(|| Duration::from_secs_f64(0.02 * unit));
        let far = length() + (0.2 * unit * expected.len() as f64) as u64;
        let began = Instant::now();
        let ended = loop {
            let is_time = early.map_or_else(|| length() >= far, |early| began.elapsed() >= early);
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if is_time && kills < 20 => break None,
                None => std::thread::sleep(Duration::from_micros(200)),
            }
        };
        if let Some(status) = ended {
            assert!(status.success());
            break;
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 4, "only {kills} kills: nothing was tested");
    let actual = fs::read(&output).unwrap();
    eprintln!("{kills} kills");
    assert!(actual == expected, "after {kills} kills the output differs");
}

#[test]
fn sigterm_writes_a_checkpoint_and_ends_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |count: &str, name: &str| -> Vec<String> {
        ["run", "--source-kind", "sine", "--source-noise", "0.5"]
            .into_iter()
            .map(str::to_owned)
            .chain([
                format!("--source-count={count}"),
                format!("--sink-path={name}.jsonl"),
                format!("--checkpoint-directory={name}"),
            ])
            .collect()
    };
    for name in ["TERM", "INT"] {
        let output = folder.path().join(format!("{name}.jsonl"));
        let mut command = rcf();
        command
            .current_dir(folder.path())
            .args(settings("1000000", name));
        let mut child = command
            .arg("--source-rate=2000")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until(|| fs::metadata(&output).is_ok_and(|file| file.len() > 10_000));
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let lines = fs::read_to_string(&output).unwrap().lines().count();

        // Continued from there, and the same without an interruption.
        let count = (lines + 500).to_string();
        let run = |name: &str| {
            let settings = settings(&count, name);
            succeed(
                folder.path(),
                &settings.iter().map(String::as_str).collect::<Vec<_>>(),
            );
            fs::read_to_string(folder.path().join(format!("{name}.jsonl"))).unwrap()
        };
        let resumed = run(name);
        assert_eq!(resumed.lines().count(), lines + 500);
        assert!(resumed == run(&format!("whole-{name}")));
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    // Its output has no reader, so it cannot end by itself.
    let mut child = rcf()
        .args(["generate", "sine"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(
        child.try_wait().unwrap(),
        None,
        "it still waits for its reader"
    );
    signal(&child, "TERM");
    wait_until(|| child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// The newest file in a folder of the checkpoints over the sine wave.
fn newest(folder: &Path, kind: &str) -> PathBuf {
    let files = fs::read_dir(folder.join("state/rcf/sine").join(kind)).unwrap();
    files.map(|file| file.unwrap().path()).max().unwrap()
}

#[test]
fn a_damaged_checkpoint_is_named_and_skipped_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        "run",
        "--source-kind=sine",
        "--checkpoint-directory=state",
        "--sink-path=out",
    ];
    for count in ["300", "600"] {
        succeed(
            folder.path(),
            &[&settings[..], &["--source-count", count]].concat(),
        );
    }
    let arguments = [&settings[..], &["--source-count", "900"]].concat();
    for kind in ["manifests", "models"] {
        let newest = newest(folder.path(), kind);
        let whole = fs::read(&newest).unwrap();
        let damages: [(&str, Vec<u8>); 3] = [
            ("it is damaged", {
                let mut bytes = whole.clone();
                bytes[whole.len() * 3 / 4] ^= 1;
                bytes
            }),
            ("it is truncated", whole[..whole.len() / 2].to_vec()),
            ("it is truncated", Vec::new()),
        ];
        for (expected, bytes) in damages {
            fs::write(&newest, bytes).unwrap();
            let error = fail(folder.path(), 1, &arguments);
            let name = newest.file_name().unwrap().to_str().unwrap();
            assert!(error.contains(name), "{error}");
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("checkpoint.on_missing_state"), "{error}");
        }
        fs::remove_file(&newest).unwrap();
        let error = fail(folder.path(), 1, &arguments);
        assert!(error.contains("is missing"), "{error}");
        fs::write(&newest, whole).unwrap();
    }
    let uninterrupted = succeed(
        folder.path(),
        &["run", "--source-kind=sine", "--source-count=900"],
    );
    fs::remove_file(newest(folder.path(), "models")).unwrap();

    // Empty models at this position: earlier results stay, later ones differ.
    let copy = |name: &str| {
        let copy = tempfile::tempdir().unwrap();
        let status = Command::new("cp")
            .arg("-r")
            .args([folder.path().join("state"), folder.path().join("out")])
            .arg(copy.path())
            .status();
        assert!(status.unwrap().success(), "{name}");
        copy
    };
    let reset = copy("reset");
    succeed(
        reset.path(),
        &[&arguments[..], &["--checkpoint-on-missing-state=reset"]].concat(),
    );
    let text = fs::read_to_string(reset.path().join("out")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let expected: Vec<_> = uninterrupted.lines().collect();
    assert_eq!((lines.len(), &lines[..600]), (900, &expected[..600]));
    assert!(lines[600].contains("\"updates\":1}"), "{}", lines[600]);

    // The one object that changes can be lost as well: the newest manifest says the same.
    let lost = copy("lost");
    fs::write(lost.path().join("state/rcf/sine/position.json"), "{").unwrap();
    let error = fail(lost.path(), 1, &arguments);
    assert!(error.contains("position.json cannot be used"), "{error}");
    succeed(
        lost.path(),
        &[&arguments[..], &["--checkpoint-on-missing-state=previous"]].concat(),
    );
    assert!(fs::read_to_string(lost.path().join("out")).unwrap() == uninterrupted);

    for policy in ["previous", "rebuild"] {
        let copy = copy(policy);
        let policy = format!("--checkpoint-on-missing-state={policy}");
        succeed(copy.path(), &[&arguments[..], &[&policy]].concat());
        let text = fs::read_to_string(copy.path().join("out")).unwrap();
        assert!(text == uninterrupted, "{policy}");
    }
}

#[test]
fn a_checkpoint_can_be_looked_at_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        "--source-kind=sine",
        "--checkpoint-directory=state",
        "--sink-path=out",
    ];
    for count in ["300", "600"] {
        let count = format!("--source-count={count}");
        succeed(
            folder.path(),
            &[&["run"], &settings[..], &[&count]].concat(),
        );
    }
    let text = succeed(folder.path(), &["inspect", "state", "--keys"]);
    for expected in [
        "rcf over sine",
        "checkpoint   2",
        "records      600",
        "models       1",
        "detector of 600 records",
        "forest.sample_size = 256",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let json = succeed(folder.path(), &["inspect", "state", "--json", "--keys"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["manifest"]["number"], 2);
    assert_eq!(json[0]["models"][0]["updates"], 600);

    let whole = fs::read_to_string(folder.path().join("out")).unwrap();
    let replay = [&["replay"], &settings[..], &["--source-count=600"]].concat();
    let replayed = succeed(
        folder.path(),
        &[&replay[..], &["--from-checkpoint=1"]].concat(),
    );
    let half: String = whole
        .lines()
        .skip(300)
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(replayed == half);
    let again = succeed(folder.path(), &[&replay[..], &["--after=0=499"]].concat());
    assert_eq!(again.lines().count(), 100);
    let error = fail(
        folder.path(),
        1,
        &[&replay[..], &["--from-checkpoint=9"]].concat(),
    );
    assert!(
        error.contains("has no checkpoint 9; it has 1, 2"),
        "{error}"
    );
    // None of this has changed anything.
    assert_eq!(
        fs::read_to_string(folder.path().join("out")).unwrap(),
        whole
    );
    assert_eq!(
        succeed(folder.path(), &["inspect", "state", "--keys"]),
        text
    );

    let manifest = newest(folder.path(), "manifests");
    fs::write(&manifest, "short").unwrap();
    let output = support::run(folder.path(), &["inspect", "state"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(support::stderr(&output).contains("is not a checkpoint"));
}

#[test]
fn other_settings_and_lost_output_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let base = [
        "run",
        "--source-kind=sine",
        "--source-count=300",
        "--checkpoint-directory=state",
        "--sink-path=out",
    ];
    succeed(folder.path(), &base);
    let error = fail(
        folder.path(),
        78,
        &[&base[..], &["--forest-sample-size=128"]].concat(),
    );
    assert!(
        error.contains("forest.sample_size was 256 and is now 128"),
        "{error}"
    );
    fs::write(folder.path().join("out"), "short").unwrap();
    let error = fail(folder.path(), 1, &base);
    assert!(error.contains("the file has only 5 bytes"), "{error}");
}

#[test]
fn two_cannot_share_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let base = ["run", "--source-kind=sine", "--checkpoint-directory=state"];
    let mut command = rcf();
    command
        .current_dir(folder.path())
        .args(base)
        .args(["--source-rate=1", "--sink-path=out"]);
    let mut first = command.stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| folder.path().join("out").exists());
    let error = fail(folder.path(), 1, &base);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(error.contains("in use by another process"), "{error}");
}
