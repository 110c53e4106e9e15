//! The loop: what it passes to each component, in which order, and how it handles bad records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rcf_stream::checkpoint::{
    CheckpointStore, Checkpointer, CommittedPosition, Fingerprint, Location, OnMissingState,
    Schedule,
};
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::event_operator;
use rcf_stream::observer::Observer;
use rcf_stream::operator::ForestParameters;
use rcf_stream::sink::{Sink, SinkPosition};
use rcf_stream::source::{Batch, Source};
use rcf_stream::{
    Headers, OnBadRecord, OutputRecord, Pipeline, PipelineError, Positions, Record, SinkError,
    SourceError,
};

/// The events, in order.
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

    async fn with_checkpoints(&self, pipeline: Pipeline, schedule: Schedule) -> Pipeline {
        let location = Location::open(self.folder.path().to_str().unwrap()).unwrap();
        let store = CheckpointStore::open(location, "test", "in", 3, OnMissingState::Fail)
            .await
            .unwrap();
        assert_eq!(store.position(), None);
        let checkpointer = Checkpointer::new(store, schedule, Fingerprint::default(), 0);
        pipeline.checkpoints(checkpointer, Positions::default())
    }

    async fn newest(&self) -> Option<CommittedPosition> {
        let location = Location::open(self.folder.path().to_str().unwrap()).unwrap();
        let store = CheckpointStore::look(&location, "test", "in")
            .await
            .unwrap();
        store.position().cloned()
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
        headers: Headers::default(),
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
    let pipeline = test
        .with_checkpoints(test.pipeline(batches, false, false), schedule)
        .await;
    let summary = pipeline.run(std::future::pending()).await.unwrap();
    assert_eq!((summary.records, summary.results), (4, 4));
    assert!((1..=2).contains(&summary.checkpoints), "{summary:?}");
    assert!(summary.ended);
    // The stream continues while a checkpoint is written, so its progress meanwhile is
    // undetermined. But before a position is committed its results were flushed.
    let journal = test.journal();
    let written_before = |end: usize| -> u64 {
        let writes = journal[..end]
            .iter()
            .filter_map(|it| it.strip_prefix("write "));
        writes.map(|count| count.parse::<u64>().unwrap()).sum()
    };
    let commits = journal
        .iter()
        .enumerate()
        .filter(|(_, it)| it.starts_with("committed"));
    for (index, commit) in commits {
        let flush = journal[..index]
            .iter()
            .rposition(|it| it == "flush")
            .unwrap();
        let committed = if commit.contains("b:1") { 4 } else { 2 };
        assert!(written_before(flush) >= committed, "{journal:?}");
    }
    assert_eq!(
        journal
            .iter()
            .filter(|it| *it == "committed a:3:ended b:1")
            .count(),
        1
    );
    let newest = test.newest().await.unwrap();
    assert_eq!(
        (newest.records, newest.sink.results),
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
    let pipeline = test
        .with_checkpoints(test.pipeline(batches, false, true), schedule)
        .await;
    let error = pipeline.run(std::future::pending()).await.unwrap_err();
    assert!(matches!(error, PipelineError::Sink(_)), "{error}");
    assert_eq!(test.newest().await, None);
    assert_eq!(
        test.journal(),
        ["write 1"],
        "the flush that failed was not noted"
    );
}

#[tokio::test]
async fn checkpoints_are_written_by_time_while_the_source_is_silent() {
    let test = Test::new();
    let batches = vec![batch(vec![record("a", 1, "1")])];
    let schedule = Schedule {
        every_records: None,
        every: Some(Duration::from_millis(20)),
    };
    let pipeline = test
        .with_checkpoints(test.pipeline(batches, true, false), schedule)
        .await;
    let journal = test.journal.clone();
    let stop = async move {
        while !journal
            .lock()
            .unwrap()
            .iter()
            .any(|it| it.starts_with("committed"))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let limit = Duration::from_secs(60);
    let summary = tokio::time::timeout(limit, pipeline.run(stop))
        .await
        .unwrap()
        .unwrap();
    assert!(!summary.ended);
    assert_eq!(
        summary.checkpoints, 1,
        "nothing new, so nothing more to write"
    );
    assert_eq!(test.journal()[..3], ["write 1", "flush", "committed a:1"]);
}

#[tokio::test]
async fn a_request_to_stop_writes_a_checkpoint() {
    let test = Test::new();
    let batches = vec![batch(vec![record("a", 1, "1")])];
    let schedule = Schedule::default();
    let pipeline = test
        .with_checkpoints(test.pipeline(batches, true, false), schedule)
        .await;
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
    assert_eq!(describe(&test.newest().await.unwrap().positions), "a:1");
}

#[tokio::test]
async fn bad_records_are_counted_by_reason_and_skipped() {
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
    let pipeline = test
        .with_checkpoints(test.pipeline(batches, false, false), schedule)
        .await;
    let error = pipeline.run(std::future::pending()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "record in/a/2: field value is not a number: \"x\"; \
         to continue after bad records, choose the policy `skip` or `dead_letter`"
    );
    assert_eq!(test.newest().await, None);
}

/// Whether the source was reported to be silent, in order.
#[derive(Debug, Default)]
struct Silences(Mutex<Vec<bool>>);

impl Observer for Silences {
    fn source_silent(&self, is_silent: bool) {
        self.0.lock().unwrap().push(is_silent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_source_is_logged_once_and_is_not_a_result() {
    let test = Test::new();
    let silences = Arc::new(Silences::default());
    let observers = [Arc::clone(&silences) as Arc<dyn Observer>];
    let pipeline = test
        .pipeline(
            vec![batch(vec![record("a", 1, "1"), record("a", 2, "2")])],
            true,
            false,
        )
        .expect_every(Duration::from_secs(60), None)
        .observers(observers.into_iter().collect());
    let stop = tokio::time::sleep(Duration::from_secs(1000));
    let summary = pipeline.run(stop).await.unwrap();
    assert_eq!(*silences.0.lock().unwrap(), [true]);
    assert_eq!((summary.results, summary.overdue), (2, 0));
}
