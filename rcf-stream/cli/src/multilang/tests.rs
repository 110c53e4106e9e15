//! Transcripts: what the daemon says, and what we answer.

use std::collections::VecDeque;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use rcf_stream::config::{Config, Layers};

/// A daemon that sends its lines and answers each checkpoint as scripted, in order.
#[derive(Clone, Default)]
struct Daemon(Arc<Mutex<Conversation>>);

#[derive(Default)]
struct Conversation {
    lines: VecDeque<String>,
    /// Errors of checkpoints to come; none left means success.
    errors: VecDeque<&'static str>,
    heard: Vec<Value>,
    rest: Vec<u8>,
}

impl Daemon {
    fn says(messages: &[Value]) -> Self {
        let daemon = Self::default();
        let lines = messages.iter().map(|message| format!("{message}\n"));
        daemon.0.lock().unwrap().lines.extend(lines);
        daemon
    }

    fn failing(self, errors: &[&'static str]) -> Self {
        self.0.lock().unwrap().errors.extend(errors);
        self
    }

    fn heard(&self) -> Vec<Value> {
        self.0.lock().unwrap().heard.clone()
    }
}

impl Write for Daemon {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut talk = self.0.lock().unwrap();
        talk.rest.extend(bytes);
        while let Some(end) = talk.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = talk.rest.drain(..=end).collect();
            if line.trim_ascii().is_empty() {
                continue;
            }
            let message: Value = serde_json::from_slice(&line).unwrap();
            if message["action"] == "checkpoint" {
                let error = talk.errors.pop_front();
                let answer = json!({"action": "checkpoint", "error": error,
                    "sequenceNumber": message["sequenceNumber"]});
                talk.lines.push_front(format!("{answer}\n"));
            }
            talk.heard.push(message);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The other end of the conversation: each line on request.
struct Lines(Daemon, Cursor<Vec<u8>>);

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Lines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.1.fill_buf()?.is_empty() {
            let next = self
                .0
                .0
                .lock()
                .unwrap()
                .lines
                .pop_front()
                .unwrap_or_default();
            self.1 = Cursor::new(next.into_bytes());
        }
        self.1.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.1.consume(count);
    }
}

fn config(folder: &Path, every_records: u64) -> Config {
    let toml = format!(
        "[source]\nkind = \"multilang\"\nstream = \"in\"\n[input]\nformat = \"raw\"\n\
         [forest]\nsample_size = 32\n[sink]\npath = {:?}\n\
         [checkpoint]\ndirectory = {:?}\nevery_records = {every_records}\nevery_seconds = 3600\n",
        folder.join("out-{shard}.jsonl"),
        folder.join("state"),
    );
    let mut layers = Layers::default();
    layers.toml(Path::new("rcf.toml"), &toml).unwrap();
    layers.build().unwrap()
}

fn initialize(shard: &str, sequence: &str) -> Value {
    json!({"action": "initialize", "shardId": shard, "sequenceNumber": sequence, "subSequenceNumber": 0})
}

/// Records of some keys with these sequence numbers.
fn records(numbers: std::ops::Range<u64>) -> Value {
    let record = |n: u64| {
        json!({"action": "record", "data": STANDARD.encode((n % 13).to_string()),
            "partitionKey": format!("key-{}", n % 3), "sequenceNumber": n.to_string(),
            "subSequenceNumber": 0, "approximateArrivalTimestamp": 1_700_000_000_000_i64})
    };
    let records: Vec<_> = numbers.map(record).collect();
    json!({"action": "processRecords", "records": records, "millisBehindLatest": 7})
}

async fn talk(config: &Config, daemon: &Daemon) -> Result<(), MultilangError> {
    run(
        config,
        rcf_stream::observer::Observers::default(),
        Lines(daemon.clone(), Cursor::default()),
        daemon.clone(),
    )
    .await
}

fn status(of: &str) -> Value {
    json!({"action": "status", "responseFor": of})
}

fn results(folder: &Path, shard: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("out-{shard}.jsonl"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_shard_is_spoken_as_the_protocol_says() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), 100);
    let daemon = Daemon::says(&[
        initialize("s0", "TRIM_HORIZON"),
        records(0..60),
        records(60..120),
        records(120..130),
        json!({"action": "shardEnded"}),
    ]);
    talk(&config, &daemon).await.unwrap();
    let commit = |sequence: Value, sub: Value| json!({"action": "checkpoint", "sequenceNumber": sequence, "subSequenceNumber": sub});
    assert_eq!(
        daemon.heard(),
        [
            status("initialize"),
            status("processRecords"),
            commit("119".into(), 0.into()), // due after 100 records
            status("processRecords"),
            status("processRecords"),
            commit(Value::Null, Value::Null), // the end of the shard
            status("shardEnded"),
        ]
    );
    let results = results(folder.path(), "s0");
    assert_eq!(results.len(), 130);
    assert_eq!(results[129]["id"], "in/s0/129");
    assert_eq!(results[129]["timestamp"], "2023-11-14T22:13:20.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_process_continues_bit_for_bit() {
    let whole = tempfile::tempdir().unwrap();
    let messages = [
        initialize("s0", "LATEST"),
        records(0..300),
        json!({"action": "shutdownRequested"}),
    ];
    talk(&config(whole.path(), 1_000), &Daemon::says(&messages))
        .await
        .unwrap();

    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), 100);
    // Killed after a checkpoint at 149 and some more records; the daemon hands on from there, and
    // again what it committed, as it does with parts of aggregated records.
    let first = Daemon::says(&[
        initialize("s0", "LATEST"),
        records(0..150),
        records(150..170),
    ]);
    talk(&config, &first).await.unwrap();
    let messages = [
        initialize("s0", "149"),
        records(149..300),
        json!({"action": "shutdownRequested"}),
    ];
    let second = Daemon::says(&messages);
    talk(&config, &second).await.unwrap();
    let read = |folder: &Path| std::fs::read(folder.join("out-s0.jsonl")).unwrap();
    assert!(read(whole.path()) == read(folder.path()), "equal bytes");
    let last = json!({"action": "checkpoint", "sequenceNumber": "299", "subSequenceNumber": 0});
    assert!(second.heard().contains(&last), "{:?}", second.heard());
}

#[tokio::test(flavor = "multi_thread")]
async fn models_move_with_their_shards() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), 1_000);
    let ended = json!({"action": "shardEnded"});
    // A parent splits; one child ends too, and a grandchild gets all keys.
    for (shard, numbers) in [
        ("parent", 0..90),
        ("child", 90..120),
        ("grandchild", 120..150),
    ] {
        let messages = [
            initialize(shard, "TRIM_HORIZON"),
            records(numbers),
            ended.clone(),
        ];
        talk(&config, &Daemon::says(&messages)).await.unwrap();
    }
    let last = &results(folder.path(), "grandchild")[29];
    assert_eq!(
        last["model"]["updates"], 50,
        "one for each record of its key, over three shards"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_is_not_a_failure_and_commits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), 10);
    let daemon = Daemon::says(&[
        initialize("s0", "TRIM_HORIZON"),
        records(0..20),
        json!({"action": "leaseLost"}),
    ]);
    let daemon = daemon.failing(&["ThrottlingException", "ShutdownException"]);
    talk(&config, &daemon).await.unwrap();
    let heard = daemon.heard();
    let commits = heard
        .iter()
        .filter(|it| it["action"] == "checkpoint")
        .count();
    assert_eq!(
        commits, 2,
        "again after throttling, not after the lease is lost: {heard:?}"
    );
    assert_eq!(heard.last(), Some(&status("leaseLost")));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_name_the_problem() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), 10);
    let error = |error: Result<(), MultilangError>| error.unwrap_err().to_string();
    let cases = [
        (
            vec![records(0..1)],
            "the daemon sent processRecords where initialize was expected",
        ),
        (vec![json!({"action": "dance"})], "unknown variant `dance`"),
        (vec![initialize("s0", "17")], "cannot be used: No such file"),
        (
            vec![
                initialize("s0", "LATEST"),
                json!({"action": "checkpoint", "error": null}),
            ],
            "the daemon sent checkpoint where work on the shard was expected",
        ),
        (
            vec![
                initialize("s0", "LATEST"),
                json!({"action": "processRecords", "records":
                [{"data": "%", "sequenceNumber": "1"}]}),
            ],
            "Invalid",
        ),
    ];
    for (messages, expected) in cases {
        let text = error(talk(&config, &Daemon::says(&messages)).await);
        assert!(text.contains(expected), "{text}");
    }
    let daemon = Daemon::says(&[initialize("s0", "LATEST"), records(0..20)]);
    let daemon = daemon.failing(&["InvalidStateException"]);
    let text = error(talk(&config, &daemon).await);
    assert!(
        text.contains("could not commit 19: InvalidStateException"),
        "{text}"
    );
    let mut other = config.clone();
    other.forest.seed = 9;
    talk(
        &config,
        &Daemon::says(&[initialize("s1", "LATEST"), records(0..20)]),
    )
    .await
    .unwrap();
    let text = error(talk(&other, &Daemon::says(&[initialize("s1", "19")])).await);
    assert!(
        text.contains("other settings: forest.seed was 0 and is now 9"),
        "{text}"
    );
    let mut other = config;
    let path = "out".into();
    other.sink = std::sync::Arc::new(rcf_stream::connectors::file::FileSink { path });
    let text = error(talk(&other, &Daemon::says(&[initialize("s2", "LATEST")])).await);
    assert!(text.contains("must contain {shard}"), "{text}");
}
