//! Several processes share a stream, and a service keeps their positions, as the offsets of a Kafka
//! group: models follow their shards, and a commit that fails leaves nothing behind.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rcf_stream::checkpoint::{
    CheckpointError, Checkpointer, Fingerprint, Location, OnMissingState, Schedule, ShardStores,
};
use rcf_stream::connectors::memory::MemoryStream;
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::{ModelPer, keyed_operator};
use rcf_stream::record::Position;
use rcf_stream::source::coordinator::{Coordinator, KeptPosition, ShardCheckpoint};
use rcf_stream::source::{Batch, Source};
use rcf_stream::{Pipeline, PipelineError, Positions, SourceError};
use support::Step::{self, Assign, Read, Revoke};
use support::{RECORDS, Shards, key, model_settings, results};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The commit fails and does not count.
    Before,
    /// It takes effect, but its answer is lost: the process dies.
    After,
}

/// The state of the service, for all processes.
#[derive(Debug, Default)]
struct Offsets {
    kept: Mutex<BTreeMap<String, KeptPosition>>,
    /// The commit that fails, counted from 0.
    fault: Mutex<Option<(usize, Fault)>>,
    commits: Mutex<usize>,
}

fn before(number: usize) -> Position {
    Position {
        sequence: Some((number as i64 - 1).to_string()),
        ..Position::default()
    }
}

#[async_trait]
impl Coordinator for Offsets {
    async fn kept(&self, shard: &str) -> Result<Option<KeptPosition>, SourceError> {
        Ok(self.kept.lock().unwrap().get(shard).cloned())
    }

    async fn begin(&self, _: &str) -> Result<Position, SourceError> {
        Ok(before(0))
    }

    fn is_transactional(&self) -> bool {
        true
    }

    async fn commit(&self, checkpoints: Vec<ShardCheckpoint>) -> Result<(), SourceError> {
        let number = {
            let mut commits = self.commits.lock().unwrap();
            *commits += 1;
            *commits - 1
        };
        let fault = self.fault.lock().unwrap().filter(|(at, _)| *at == number);
        let lost = || SourceError::Lost {
            action: "commit".to_owned(),
            reason: "fenced".to_owned(),
        };
        if fault.is_some_and(|(_, fault)| fault == Fault::Before) {
            return Err(lost());
        }
        let mut kept = self.kept.lock().unwrap();
        for checkpoint in checkpoints {
            let sequence = checkpoint.position.sequence.clone();
            let position = Position {
                sequence,
                ..Position::default()
            };
            let manifest = Some(checkpoint.manifest);
            kept.insert(
                checkpoint.shard.to_string(),
                KeptPosition { position, manifest },
            );
        }
        fault.map_or(Ok(()), |_| Err(lost()))
    }
}

/// A process of the group.
struct Member {
    offsets: Arc<Offsets>,
    shards: Shards,
}

#[async_trait]
impl Source for Member {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        Ok(self.shards.batch())
    }

    fn rebalances(&self) -> bool {
        true
    }

    fn coordinator(&self) -> Option<Arc<dyn Coordinator>> {
        Some(Arc::clone(&self.offsets) as Arc<dyn Coordinator>)
    }

    async fn resume(&mut self, shard: &str, after: Option<&Position>) -> Result<(), SourceError> {
        let last = after
            .and_then(|it| it.sequence.as_deref())
            .expect("it is always known");
        let next = (last.parse::<i64>().unwrap() + 1) as usize;
        self.shards.resume(shard, next);
        Ok(())
    }

    async fn released(&mut self, shard: &str) -> Result<(), SourceError> {
        self.shards.release(shard);
        Ok(())
    }
}

/// A checkpoint location, a service and a stream of results, shared by all processes.
struct World {
    folder: tempfile::TempDir,
    offsets: Arc<Offsets>,
    out: MemoryStream,
    policy: OnMissingState,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            offsets: Arc::default(),
            out: MemoryStream::new("out", 1),
            policy: OnMissingState::Fail,
        }
    }

    /// Runs a process that performs these steps.
    async fn run(&self, steps: &[Step]) -> Result<(), PipelineError> {
        let pipeline = self.open(self.folder.path(), steps);
        pipeline.run(std::future::pending()).await.map(drop)
    }

    fn open(&self, folder: &Path, steps: &[Step]) -> Pipeline {
        let operator = keyed_operator(1, &model_settings(), false, false).unwrap();
        let coordinator = Arc::clone(&self.offsets) as Arc<dyn Coordinator>;
        let location = Location::open(folder.to_str().unwrap()).unwrap();
        let stores = ShardStores::new(location, ("test", "in"), 2, self.policy, coordinator);
        let schedule = Schedule {
            every_records: Some(25),
            every: None,
        };
        let stores = stores.unwrap();
        let settings = Fingerprint::default();
        let checkpointer = Checkpointer::per_shard(stores, schedule, settings);
        let source = Member {
            offsets: Arc::clone(&self.offsets),
            shards: Shards::new(steps),
        };
        let decoder = Decoder::raw();
        let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
        let sink = Box::new(self.out.sink());
        Pipeline::new(Box::new(source), decoder, operator, encoder, sink)
            .model_per(ModelPer::KeyInShard)
            .checkpoints(checkpointer, Positions::default())
    }

    /// All results without duplicates: two with one id must be equal.
    async fn results(self) -> BTreeSet<String> {
        results(&self.out).await.into_iter().collect()
    }
}

const WHOLE: &[Step] = &[
    Assign("a"),
    Assign("bb"),
    Read("a", RECORDS),
    Read("bb", RECORDS),
];

async fn undisturbed() -> BTreeSet<String> {
    let world = World::new();
    world.run(WHOLE).await.unwrap();
    world.results().await
}

#[tokio::test]
async fn models_follow_their_shards_from_process_to_process() {
    let world = World::new();
    let steps: [&[Step]; 4] = [
        &[
            Assign("a"),
            Assign("bb"),
            Read("a", 50),
            Read("bb", 40),
            Revoke("bb"),
            Read("a", 7),
        ],
        &[
            Assign("bb"),
            Read("bb", 30),
            Revoke("bb"),
            Assign("bb"),
            Read("bb", 10),
        ],
        &[
            Assign("a"),
            Read("a", 20),
            Revoke("a"),
            Assign("bb"),
            Read("bb", 5),
        ],
        WHOLE,
    ];
    for steps in steps {
        world.run(steps).await.unwrap();
    }
    let results = world.results().await;
    assert_eq!(results.len(), 2 * RECORDS);
    assert_eq!(results, undisturbed().await);
}

#[tokio::test]
async fn a_commit_that_fails_counts_for_nothing_and_one_that_counts_is_followed() {
    let expected = undisturbed().await;
    let small = [
        Assign("a"),
        Assign("bb"),
        Read("a", 30),
        Read("bb", 30),
        Read("a", 30),
        Revoke("bb"),
        Read("a", 30),
    ];
    for at in 0..5 {
        for fault in [Fault::Before, Fault::After] {
            let world = World::new();
            *world.offsets.fault.lock().unwrap() = Some((at, fault));
            let error = world.run(&small).await;
            assert_eq!(error.is_err(), at < *world.offsets.commits.lock().unwrap());
            if let Err(error) = error {
                assert!(error.lost_shards(), "{error}");
            }
            world.run(&small).await.unwrap();
            world.run(WHOLE).await.unwrap();
            assert_eq!(world.results().await, expected, "{fault:?} commit {at}");
        }
    }
}

#[tokio::test]
async fn a_position_of_another_program_is_refused_or_treated_as_configured() {
    for (policy, updates) in [
        (OnMissingState::Fail, None),
        (OnMissingState::Previous, Some(RECORDS)),
        (OnMissingState::Rebuild, Some(RECORDS)),
        (OnMissingState::Reset, Some(RECORDS - 10)),
    ] {
        let mut world = World::new();
        world.run(&[Assign("a"), Read("a", 60)]).await.unwrap();
        let foreign = KeptPosition {
            position: before(10),
            manifest: None,
        };
        world
            .offsets
            .kept
            .lock()
            .unwrap()
            .insert("a".to_owned(), foreign);
        world.policy = policy;
        let done = world.run(&[Assign("a"), Read("a", RECORDS)]).await;
        let Some(updates) = updates else {
            let error = done.unwrap_err();
            assert!(
                matches!(
                    error,
                    PipelineError::Checkpoint(CheckpointError::ForeignPosition { .. })
                ),
                "{error}"
            );
            continue;
        };
        done.unwrap();
        let last = format!("in/a/{}\"", RECORDS - 1);
        let results = world.results().await;
        let last = results.iter().find(|line| line.contains(&last)).unwrap();
        let of_its_key = |number: &usize| key(*number) == key(RECORDS - 1);
        let updates = (RECORDS - updates..RECORDS).filter(of_its_key).count();
        let learned = format!("\"updates\":{updates}}}");
        assert!(last.contains(&learned), "{policy:?}: {last}");
    }
}

#[tokio::test]
async fn checkpoints_outlive_the_positions_of_the_service() {
    let world = World::new();
    world
        .run(&[Assign("a"), Assign("bb"), Read("a", 60), Read("bb", 10)])
        .await
        .unwrap();
    world.offsets.kept.lock().unwrap().clear();
    world.run(WHOLE).await.unwrap();
    assert_eq!(world.results().await, undisturbed().await);
}
