//! Exit status and messages.

use super::*;

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
    // So does a replay, without an option.
    let replay = with(&["replay", "--after=0=0"], &RUN[1..]);
    let said = run(folder.path(), &replay);
    assert!(said.status.success(), "{}", stderr(&said));
    let summary = "replayed records=3 results=1 anomalies=0 bad_records={\"not_a_number\": 2}";
    for expected in [summary, "unpacked=0 dropped=0"] {
        assert!(stderr(&said).contains(expected), "{}", stderr(&said));
    }
    // Nothing new is not a failure of a run that continues from a checkpoint.
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
    // Without a count, records are generated until a signal arrives.
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
