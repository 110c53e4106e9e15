//! Standard streams that are closed, full, or without a reader.

use super::*;

/// Runs a shell command in a folder, with the program as `$RCF`.
fn shell(folder: &Path, line: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", line]);
    command.env("RCF", rcf().get_program());
    let done = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

/// A folder with numbers, results, and checkpoints.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.txt"), numbers(0..400)).unwrap();
    succeed(folder.path(), &RUN);
    folder
}

const FILE: &str = "--source-kind=file --source-path=in.txt --input-format=raw --log=error";

#[test]
fn a_closed_stream_is_an_error_that_names_it() {
    let folder = folder();
    let output = [
        format!("$RCF run {FILE}"),
        format!("$RCF run {FILE} --sink-path=/dev/stdout"),
        format!("$RCF replay {FILE} --after=0=0"),
        "$RCF score in.txt".to_owned(),
        "$RCF suggest in.txt".to_owned(),
        "$RCF report in.txt --html /dev/stdout".to_owned(),
        "$RCF generate sine --count=10".to_owned(),
        "$RCF events out.jsonl".to_owned(),
        "$RCF checkpoints list state".to_owned(),
        "$RCF checkpoints rollback 1 state".to_owned(),
        "$RCF inspect state".to_owned(),
        "$RCF completions bash".to_owned(),
        "$RCF demo sine --html x.html".to_owned(),
        "$RCF --version".to_owned(),
        "$RCF score --help".to_owned(),
    ];
    for command in &output {
        let (status, _, messages) = shell(folder.path(), &format!("{command} >&-"));
        assert_eq!(status, Some(78), "{command}: {messages}");
        let said = "the standard output is closed: redirect it (> FILE, or > /dev/null)";
        assert!(messages.contains(said), "{command}: {messages}");
    }
    let input = [
        "$RCF run --source-kind=file --source-path=- --input-format=raw --log=error",
        "$RCF score -",
        "$RCF suggest -",
        "$RCF report - --html x.html",
        "$RCF events -",
        "$RCF migrate kda-sql -",
    ];
    for command in input {
        let (status, output, messages) = shell(folder.path(), &format!("{command} <&-"));
        assert_eq!(status, Some(78), "{command}: {messages}");
        let said = "the standard input is closed: redirect it (< FILE)";
        assert!(
            messages.contains(said) && output.is_empty(),
            "{command}: {messages}"
        );
    }
    let (status, ..) = shell(
        folder.path(),
        &format!("$RCF run {FILE} --sink-path=/dev/stderr 2>&-"),
    );
    assert_eq!(status, Some(78), "results go there");
}

#[test]
fn an_unused_closed_stream_and_dev_null_are_accepted() {
    let folder = folder();
    let whole = succeed(folder.path(), &["score", "in.txt"]);
    for redirect in ["<&-", "2>&-", "<&- 2>&-", "2>/dev/full"] {
        let line = format!("$RCF score in.txt {redirect}");
        let (status, output, messages) = shell(folder.path(), &line);
        assert_eq!(status, Some(0), "{redirect}: {messages}");
        assert!(output == whole, "{redirect}");
    }
    // Parent processes open /dev/null in either mode.
    for redirect in [
        ">/dev/null",
        "1<>/dev/null",
        "<&- >o.jsonl 2>&-",
        "-o p.jsonl >&-",
    ] {
        let line = format!("$RCF score in.txt {redirect}");
        let (status, _, messages) = shell(folder.path(), &line);
        assert_eq!(status, Some(0), "{redirect}: {messages}");
    }
    for name in ["o.jsonl", "p.jsonl"] {
        assert!(
            fs::read_to_string(folder.path().join(name)).unwrap() == whole,
            "{name}"
        );
    }
    // A log that cannot be written is not a stream that fails.
    let loud = FILE.replace("error", "debug");
    let line = format!("$RCF run {loud} 2>/dev/full | wc -l");
    let (_, output, _) = shell(folder.path(), &line);
    assert_eq!(output.trim(), "400");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error_of_every_command() {
    let folder = folder();
    let commands = [
        format!("$RCF run {FILE} >/dev/full"),
        format!("$RCF run {FILE} --sink-path=/dev/full"),
        format!("$RCF replay {FILE} --after=0=0 >/dev/full"),
        "$RCF score in.txt >/dev/full".to_owned(),
        "$RCF score in.txt --format=table --top=1 >/dev/full".to_owned(),
        "$RCF suggest in.txt >/dev/full".to_owned(),
        "$RCF report in.txt --html /dev/full".to_owned(),
        "$RCF generate sine --count=10 >/dev/full".to_owned(),
        "$RCF checkpoints list state >/dev/full".to_owned(),
        "$RCF inspect state >/dev/full".to_owned(),
        "$RCF completions bash >/dev/full".to_owned(),
        "$RCF --version >/dev/full".to_owned(),
    ];
    for command in &commands {
        let (status, _, messages) = shell(folder.path(), command);
        assert_eq!(status, Some(1), "{command}: {messages}");
        assert!(
            messages.contains("No space left on device"),
            "{command}: {messages}"
        );
    }
}
