//! Files that are replaced and rotated, pipes, and incomplete lines.

use super::*;

#[test]
fn another_file_of_the_same_name_is_refused_or_read_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.txt"),
        folder.path().join("out.jsonl"),
    );
    fs::write(&input, numbers(0..500)).unwrap();
    succeed(folder.path(), &RUN);
    // More of the same file, even if it was copied meanwhile.
    append(&input, &numbers(500..600));
    succeed(folder.path(), &RUN);
    let text = fs::read(&input).unwrap();
    fs::remove_file(&input).unwrap();
    fs::write(&input, text).unwrap();
    append(&input, &numbers(600..700));
    succeed(folder.path(), &RUN);
    assert_eq!(values(&output), (0..700).collect::<Vec<_>>());

    for (text, reason) in [
        (numbers(1_000..2_000), "first 2690 bytes differ"),
        (numbers(1_000..1_001), "fewer than 2690 bytes"),
    ] {
        fs::write(&input, text).unwrap();
        let error = fail(folder.path(), 1, &RUN);
        assert!(
            error.contains("in.txt is not the file of the checkpoint"),
            "{error}"
        );
        assert!(error.contains("whose last line read was 700"), "{error}");
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

/// As `tail -F`: through renames and truncation, while running and while stopped, and after kills.
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
    // Rotated files are distinguished by their creation times, which are closer together here than
    // in practice.
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
        // Without a checkpoint a run begins at the file that has the name.
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
        // While it is stopped.
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
    // While stopped, it sees none of these until all are present.
    signal(&child, "STOP");
    for number in 0..4 {
        std::thread::sleep(Duration::from_millis(20)); // files are distinguished by their ages
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

/// Kills at random moments while the followed file is rotated in both ways, and while another file
/// takes its name. `RCF_TEST_KILLS=100` for the long form (`just kills-files`).
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
        // Files are distinguished by their creation times, and a copy is as old as a file written
        // immediately after.
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
    // Without a checkpoint a run begins at the file that has the name.
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
            // Another file has the name, and the file that was read is not nearby.
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
