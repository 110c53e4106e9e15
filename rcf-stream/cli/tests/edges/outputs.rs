//! Results that are truncated, deleted, renamed, or written over another file.

use super::*;

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
            "bytes, but ",
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
        (|path| fs::write(path, "").unwrap(), Some("bytes, but ")),
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
    // A parent process may pass a file that never had a name.
    let mut command = rcf();
    let unnamed = tempfile::tempfile().unwrap();
    let done = command.args(sine).stdout(unnamed).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
}

#[test]
fn sighup_and_a_new_name_continue_in_a_new_file() {
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
fn outputs_in_the_checkpoint_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("in.txt"), numbers(0..200)).unwrap();
    let elsewhere = |sink: &str| {
        RUN.map(|it| {
            if it == RUN[4] {
                sink.to_owned()
            } else {
                it.to_owned()
            }
        })
    };
    let early = elsewhere("--sink-path=./state/out.jsonl");
    let early = early.each_ref().map(|it| &**it);
    let error = fail(folder.path(), 78, &early);
    assert!(error.contains("is in the checkpoint folder"), "{error}");
    assert!(
        !path("state").exists(),
        "it is refused before anything is made"
    );
    succeed(folder.path(), &RUN);

    let place = "state/rcf/in.txt";
    symlink("state", path("folder")).unwrap();
    symlink(format!("{place}/models/new"), path("dangling")).unwrap();
    let position = path(place).join("position.json");
    fs::hard_link(&position, path("hard")).unwrap();
    let state = || {
        let mut files: Vec<_> = ["", "models", "manifests"]
            .iter()
            .flat_map(|it| fs::read_dir(path(place).join(it)).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        (files, fs::read(&position).unwrap())
    };
    let before = state();
    let dead = "--input-on-bad-record=dead_letter";
    let inside = [
        "state/x",
        "folder/x",
        "state/rcf/in.txt/position.json",
        "state/rcf/in.txt/models/x",
        "dangling",
        "hard",
    ];
    for file in inside {
        let sink = elsewhere(&format!("--sink-path={file}"));
        let sink = sink.each_ref().map(|it| &**it);
        let letters = format!("--dead-letters-path={file}");
        let replay = with(&["replay", "--after=0=0", "--output", file], &RUN[1..]);
        for arguments in [
            sink.to_vec(),
            with(&sink, &["--check"]),
            with(&RUN[..8], &[dead, &letters]),
            replay,
        ] {
            let error = fail(folder.path(), 78, &arguments);
            assert!(
                error.contains("is in the checkpoint folder"),
                "{arguments:?}: {error}"
            );
        }
    }
    // Without a configuration, checkpoints are found by the contents of their folder.
    for file in ["folder/rcf/in.txt/position.json", "dangling"] {
        for arguments in [
            &["score", "in.txt", "-o", file][..],
            &["report", "in.txt", "--html", file],
            &["report", "in.txt", "--html=x.html", "--svg", file],
            &["generate", "sine", "--count=3", "-o", file],
            &["demo", "sine", "--html", file],
        ] {
            let error = fail(folder.path(), 78, arguments);
            assert!(
                error.contains("is in the checkpoint folder"),
                "{arguments:?}: {error}"
            );
        }
    }
    // So does a redirection to it.
    let redirected = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path("state/rcf/x"));
    let mut command = rcf();
    command
        .current_dir(folder.path())
        .args(elsewhere("--sink-path=-"));
    let done = command.stdout(redirected.unwrap()).output().unwrap();
    assert_eq!(done.status.code(), Some(78), "{}", stderr(&done));
    assert!(state() == before);
    succeed(folder.path(), &RUN);
}
