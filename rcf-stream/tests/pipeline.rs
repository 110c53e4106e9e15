//! The loop: what it hands to whom, in which order, and what it does about bad records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rcf_stream::checkpoint::{
    Checkpoint, CheckpointDirectory, Checkpointer, Fingerprint, Schedule,
};
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::event_operator;
use rcf_stream::operator::ForestParameters;
use rcf_stream::sink::{Sink, SinkPosition};
use rcf_stream::source::{Batch, Source};
use rcf_stream::{
    OnBadRecord, OutputRecord, Pipeline, PipelineError, Positions, Record, SinkError, SourceError,
};

/// What happened, in order.
type Journal = Arc<Mutex<Vec<String>>>;

fn note(journal: &Journal, what: String) {
    journal.lock().unwrap().push(what);
}

struct TestSource {
    batches: std::vec::IntoIter<Batch>,
    endless: bool,
    journal: Journal,
}

#[async_trait]
impl Source for TestSource {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        match self.batches.next() {
            None if self.endless => std::future::pending().await,
            batch => Ok(batch),
        }
    }

    async fn committed(&mut self, positions: &Positions) -> Result<(), SourceError> {
        note(&self.journal, format!("committed {}", describe(positions)));
        Ok(())
    }
}

fn describe(positions: &Positions) -> String {
    let shards: Vec<_> = positions
        .iter()
        .map(|(shard, position)| {
            let sequence = position.sequence.as_deref().unwrap_or("-");
            format!(
                "{shard}:{sequence}{}",
                if position.ended { ":ended" } else { "" }
            )
        })
        .collect();
    shards.join(" ")
}

struct TestSink {
    journal: Journal,
    results: Arc<Mutex<Vec<OutputRecord>>>,
    fails: bool,
}

#[async_trait]
impl Sink for TestSink {
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError> {
        note(&self.journal, format!("write {}", records.len()));
        self.results.lock().unwrap().extend(records);
        Ok(())
    }

    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError> {
        if self.fails {
            let source = std::io::Error::other("the disk is full");
            return Err(SinkError::Io {
                path: "out".into(),
                source,
            });
        }
        note(&self.journal, "flush".to_owned());
        Ok(Some(SinkPosition(
            self.results.lock().unwrap().len().to_string(),
        )))
    }
}

struct Test {
    folder: tempfile::TempDir,
    journal: Journal,
    results: Arc<Mutex<Vec<OutputRecord>>>,
}

impl Test {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            journal: Journal::default(),
            results: Arc::default(),
        }
    }

    fn pipeline(&self, batches: Vec<Batch>, endless: bool, fails: bool) -> Pipeline {
        let (journal, results) = (self.journal.clone(), self.results.clone());
        let source = TestSource {
            batches: batches.into_iter(),
            endless,
            journal: journal.clone(),
        };
        let decoder = Decoder::raw();
        let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
        let operator = event_operator(1, &ForestParameters::default(), false).unwrap();
        let sink = TestSink {
            journal,
            results,
            fails,
        };
        Pipeline::new(Box::new(source), decoder, operator, encoder, Box::new(sink))
    }

    fn with_checkpoints(&self, pipeline: Pipeline, schedule: Schedule) -> Pipeline {
        let (checkpointer, newest) =
            Checkpointer::open(self.directory(), schedule, Fingerprint::default()).unwrap();
        assert_eq!(newest, None);
        pipeline.checkpoints(checkpointer, Positions::default())
    }

    fn directory(&self) -> CheckpointDirectory {
        CheckpointDirectory::open(self.folder.path(), 3).unwrap()
    }

    fn newest(&self) -> Option<Checkpoint> {
        self.directory().latest().unwrap()
    }

    fn journal(&self) -> Vec<String> {
        self.journal.lock().unwrap().clone()
    }
}

fn record(shard: &str, sequence: u64, data: &'static str) -> Record {
    Record {
        stream: "in".into(),
        shard: shard.into(),
        sequence: sequence.to_string(),
        sub_sequence: None,
        partition_key: "key".to_owned(),
        timestamp: None,
        data: Bytes::from_static(data.as_bytes()),
    }
}

fn batch(records: Vec<Record>) -> Batch {
    Batch {
        records,
        ..Batch::default()
    }
}

#[tokio::test]
async fn outputs_are_durable_before_the_position_is_written() {
    let test = Test::new();
    let mut last = batch(vec![record("b", 1, "5")]);
    last.ended_shards.push("a".into());
    let batches = vec![
        batch(vec![record("a", 1, "1"), record("a", 2, "2")]),
        batch(vec![record("a", 3, "3")]),
        last,
    ];
    let schedule = Schedule {
        every_records: Some(2),
        every: None,
    };
    let pipeline = test.with_checkpoints(test.pipeline(batches, false, false), schedule);
    let summary = pipeline.run(std::future::pending()).await.unwrap();
    assert_eq!(
        (summary.records, summary.results, summary.checkpoints),
        (4, 4, 2)
    );
    assert!(summary.ended);
    assert_eq!(
        test.journal(),
        [
            "write 2",
            "flush",
            "committed a:2",
            "write 1",
            "write 1",
            "flush",
            "committed a:3:ended b:1",
            "flush", // at the end, where nothing was left to write
        ]
    );
    let newest = test.newest().unwrap();
    assert_eq!(
        (newest.records, newest.sink),
        (4, Some(SinkPosition("4".to_owned())))
    );
    assert_eq!(describe(&newest.positions), "a:3:ended b:1");
    let ids: Vec<_> = test
        .results
        .lock()
        .unwrap()
        .iter()
        .map(|it| it.id.clone())
        .collect();
    assert_eq!(ids, ["in/a/1", "in/a/2", "in/a/3", "in/b/1"]);
}

#[tokio::test]
async fn a_failed_flush_writes_no_position() {
    let test = Test::new();
    let batches = vec![batch(vec![record("a", 1, "1")])];
    let schedule = Schedule {
        every_records: Some(1),
        every: None,
    };
    let pipeline = test.with_checkpoints(test.pipeline(batches, false, true), schedule);
    let error = pipeline.run(std::future::pending()).await.unwrap_err();
    assert!(matches!(error, PipelineError::Sink(_)), "{error}");
    assert_eq!(test.newest(), None);
    assert_eq!(test.journal(), ["write 1"]);
}

#[tokio::test(start_paused = true)]
async fn checkpoints_come_by_time_while_the_source_is_silent() {
    let test = Test::new();
    let batches = vec![batch(vec![record("a", 1, "1")])];
    let schedule = Schedule {
        every_records: None,
        every: Some(Duration::from_secs(10)),
    };
    let pipeline = test.with_checkpoints(test.pipeline(batches, true, false), schedule);
    let summary = pipeline
        .run(tokio::time::sleep(Duration::from_secs(35)))
        .await
        .unwrap();
    assert!(!summary.ended);
    assert_eq!(
        summary.checkpoints, 1,
        "nothing new, so nothing more to write"
    );
    assert_eq!(
        test.journal(),
        [
            "write 1",
            "flush",
            "committed a:1",
            "flush",
            "flush",
            "flush"
        ]
    );
}

#[tokio::test]
async fn a_request_to_stop_writes_a_checkpoint() {
    let test = Test::new();
    let batches = vec![batch(vec![record("a", 1, "1")])];
    let schedule = Schedule::default();
    let pipeline = test.with_checkpoints(test.pipeline(batches, true, false), schedule);
    let journal = test.journal.clone();
    let stop = async move {
        while journal.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let summary = pipeline.run(stop).await.unwrap();
    assert_eq!(
        (summary.records, summary.checkpoints, summary.ended),
        (1, 1, false)
    );
    assert_eq!(describe(&test.newest().unwrap().positions), "a:1");
}

#[tokio::test]
async fn bad_records_are_counted_by_reason_and_left_out() {
    let test = Test::new();
    let batches = vec![batch(vec![
        record("a", 1, "1"),
        record("a", 2, "x"),
        record("a", 3, ""),
        record("a", 4, "inf"),
        record("a", 5, "y"),
        record("a", 6, "2"),
    ])];
    let pipeline = test
        .pipeline(batches, false, false)
        .on_bad_record(OnBadRecord::Skip);
    let summary = pipeline.run(std::future::pending()).await.unwrap();
    assert_eq!((summary.records, summary.results), (6, 2));
    let expected = [("missing_field", 1), ("not_a_number", 2), ("not_finite", 1)];
    assert_eq!(
        summary.bad_records.into_iter().collect::<Vec<_>>(),
        expected
    );
    let results = test.results.lock().unwrap();
    let last = String::from_utf8_lossy(&results[1].data).into_owned();
    assert!(last.contains("\"id\":\"in/a/6\""), "{last}");
    assert!(
        last.contains("\"updates\":2"),
        "the model saw no bad record: {last}"
    );
}

#[tokio::test]
async fn a_bad_record_ends_the_pipeline_and_is_named() {
    let test = Test::new();
    let batches = vec![batch(vec![record("a", 1, "1"), record("a", 2, "x")])];
    let schedule = Schedule {
        every_records: Some(1),
        every: None,
    };
    let pipeline = test.with_checkpoints(test.pipeline(batches, false, false), schedule);
    let error = pipeline.run(std::future::pending()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "record in/a/2: field value is not a number: \"x\"; \
         to leave bad records out, choose the policy `skip`"
    );
    assert_eq!(test.newest(), None);
}
