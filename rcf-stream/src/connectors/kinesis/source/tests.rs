//! The source against a stream in memory that throttles, expires and trims on demand. The clock is
//! virtual.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::KinesisSource;
use crate::connectors::kinesis::memory::MemoryStream;
use crate::connectors::kinesis::{ErrorKind, IteratorStart};
use crate::connectors::kinesis::{KinesisSourceConfig, OnTrimmed, StartPosition};
use crate::observer::Observers;
use crate::record::{Positions, Timestamp};
use crate::source::{Source, SourceError};

/// Reads to the tip and stops there.
fn config() -> KinesisSourceConfig {
    KinesisSourceConfig {
        follow: false,
        ..KinesisSourceConfig::new("in")
    }
}

fn following() -> KinesisSourceConfig {
    KinesisSourceConfig::new("in")
}

async fn open(
    stream: &Arc<MemoryStream>,
    config: &KinesisSourceConfig,
    positions: &Positions,
) -> KinesisSource {
    let source =
        KinesisSource::with_api(Arc::clone(stream), config, positions, &Observers::default()).await;
    source.unwrap()
}

/// Takes one batch as the pipeline does, and gives its records as `shard/sequence`.
async fn take(source: &mut KinesisSource, positions: &mut Positions) -> Option<Vec<String>> {
    let mut batch = source.next_batch().await.unwrap()?;
    while batch.records.is_empty() && !batch.started_shards.is_empty() {
        for (shard, since) in &batch.started_shards {
            positions.start(shard, *since);
        }
        batch = source.next_batch().await.unwrap()?;
    }
    batch
        .records
        .iter()
        .for_each(|record| positions.advance(record));
    batch
        .ended_shards
        .iter()
        .for_each(|shard| positions.end(shard));
    let names = batch.records.iter();
    Some(
        names
            .map(|record| format!("{}/{}", record.shard, record.sequence))
            .collect(),
    )
}

/// Reads a bounded stream to its end.
async fn read_all(
    stream: &Arc<MemoryStream>,
    config: &KinesisSourceConfig,
    positions: &mut Positions,
) -> Vec<String> {
    let mut source = open(stream, config, positions).await;
    let mut names = Vec::new();
    while let Some(batch) = take(&mut source, positions).await {
        names.extend(batch);
    }
    names
}

fn of_shard(shard: &str, sequences: std::ops::RangeInclusive<usize>) -> Vec<String> {
    sequences
        .map(|sequence| format!("{shard}/{sequence}"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn all_records_arrive_in_order_and_unchanged() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 250);
    let mut config = config();
    config.max_records = 100;
    let mut source = open(&stream, &config, &Positions::default()).await;
    let first = source.next_batch().await.unwrap().unwrap();
    assert_eq!(first.records.len(), 100);
    let record = &first.records[41];
    assert_eq!(record.id(), "in/a/42");
    assert_eq!(
        (record.partition_key.as_str(), &record.data[..]),
        ("key", &b"record 42"[..])
    );
    assert_eq!(record.timestamp, Some(Timestamp(42)));
    let mut rest = Vec::new();
    while let Some(batch) = take(&mut source, &mut Positions::default()).await {
        rest.extend(batch);
    }
    assert_eq!(rest, of_shard("a", 101..=250));
    assert_eq!(source.next_batch().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_restart_continues_after_the_position() {
    let stream = Arc::new(MemoryStream::new(&["a", "b"]));
    stream.append("a", 10);
    stream.append("b", 10);
    let mut config = config();
    config.max_records = 2;
    let mut positions = Positions::default();
    let mut source = open(&stream, &config, &positions).await;
    let mut names = take(&mut source, &mut positions).await.unwrap();
    drop(source);
    assert!(
        (2..=4).contains(&names.len()),
        "a page of each shard, side by side: {names:?}"
    );
    names.extend(read_all(&stream, &config, &mut positions).await);
    let (a, b): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.starts_with('a'));
    assert_eq!(a, of_shard("a", 1..=10));
    assert_eq!(b, of_shard("b", 11..=20));
    assert_eq!(
        read_all(&stream, &config, &mut positions).await,
        [""; 0],
        "nothing is left"
    );
}

#[tokio::test(start_paused = true)]
async fn a_shard_is_read_at_most_five_times_a_second() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 10);
    let mut config = config();
    config.max_records = 1;
    let begin = Instant::now();
    read_all(&stream, &config, &mut Positions::default()).await;
    assert_eq!(
        begin.elapsed().as_millis(),
        10 * 200,
        "ten records and an empty answer"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_shard_is_polled() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    let (mut positions, config) = (Positions::default(), following());
    let mut source = open(&stream, &config, &positions).await;
    let begin = Instant::now();
    let silence = timeout(Duration::from_secs(1000), source.next_batch()).await;
    assert!(silence.is_err(), "{silence:?}");
    stream.append("a", 1);
    assert_eq!(take(&mut source, &mut positions).await.unwrap(), ["a/1"]);
    let waited = begin.elapsed() - Duration::from_secs(1000);
    assert!(
        waited.as_millis() <= u128::from(config.poll_interval_ms),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn children_come_after_the_end_of_their_parents() {
    let stream = Arc::new(MemoryStream::new(&["0"]));
    let mut positions = Positions::default();
    let mut source = open(&stream, &following(), &positions).await;
    stream.append("0", 2);
    assert_eq!(
        take(&mut source, &mut positions).await.unwrap(),
        ["0/1", "0/2"]
    );

    // Split, then merge; the records of the children are there before the parent is read.
    stream.append("0", 1);
    stream.close_shard("0");
    stream.open_shard("1", &["0"]);
    stream.open_shard("2", &["0"]);
    stream.append("2", 1);
    stream.append("1", 1);
    stream.close_shard("1");
    stream.close_shard("2");
    stream.open_shard("3", &["1", "2"]);
    stream.append("3", 1);

    let mut names = Vec::new();
    while names.len() < 4 {
        names.extend(take(&mut source, &mut positions).await.unwrap());
    }
    assert_eq!(names[0], "0/3");
    assert_eq!(names[3], "3/6");
    let ended: Vec<_> = positions
        .iter()
        .filter(|(_, position)| position.ended)
        .collect();
    assert_eq!(ended.len(), 3, "{positions:?}");
}

#[tokio::test(start_paused = true)]
async fn children_that_are_listed_late_are_found() {
    let stream = Arc::new(MemoryStream::new(&["0"]));
    let mut positions = Positions::default();
    let mut source = open(&stream, &config(), &positions).await;
    stream.append("0", 1);
    stream.close_shard("0");
    assert_eq!(take(&mut source, &mut positions).await.unwrap(), ["0/1"]);
    let begin = Instant::now();
    assert!(
        timeout(Duration::from_secs(10), source.next_batch())
            .await
            .is_err()
    );
    stream.open_shard("1", &["0"]);
    stream.append("1", 1);
    assert_eq!(take(&mut source, &mut positions).await.unwrap(), ["1/2"]);
    assert!(begin.elapsed() < Duration::from_secs(12));
    assert_eq!(take(&mut source, &mut positions).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_ended_parent_is_not_read_again_after_a_restart() {
    let stream = Arc::new(MemoryStream::new(&["0"]));
    stream.append("0", 3);
    stream.close_shard("0");
    let mut positions = Positions::default();
    let mut source = open(&stream, &following(), &positions).await;
    take(&mut source, &mut positions).await.unwrap();
    drop(source);
    assert!(positions.get("0").unwrap().ended);
    stream.open_shard("1", &["0"]);
    stream.append("1", 2);
    assert_eq!(
        read_all(&stream, &config(), &mut positions).await,
        of_shard("1", 4..=5)
    );
}

#[tokio::test(start_paused = true)]
async fn expired_iterators_are_opened_after_the_last_record() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    let mut positions = Positions::default();
    let mut source = open(&stream, &following(), &positions).await;
    stream.append("a", 3);
    let mut names = take(&mut source, &mut positions).await.unwrap();
    for _ in 0..2 {
        stream.expire_iterators();
        stream.append("a", 1);
        names.extend(take(&mut source, &mut positions).await.unwrap());
    }
    assert_eq!(names, of_shard("a", 1..=5));
    let after = |sequence: &str| {
        let start = IteratorStart::AfterSequence(sequence.to_owned());
        ("a".to_owned(), start)
    };
    assert_eq!(stream.opened()[1..], [after("3"), after("4")]);
}

#[tokio::test(start_paused = true)]
async fn throttling_and_outages_are_waited_out() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 5);
    let kinds = [ErrorKind::Throttled, ErrorKind::Unavailable];
    stream.fail_reads(kinds.into_iter().cycle().take(100));
    let begin = Instant::now();
    let names = read_all(&stream, &config(), &mut Positions::default()).await;
    assert_eq!(names, of_shard("a", 1..=5));
    assert!(
        begin.elapsed() > Duration::from_secs(100 * 5),
        "the delays grow"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_for_good_ends_the_stream_with_its_name() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.fail_reads([ErrorKind::Denied]);
    let mut source = open(&stream, &following(), &Positions::default()).await;
    let error = source.next_batch().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the shard a of in: Denied on demand; allow the action for these credentials"
    );
}

#[tokio::test(start_paused = true)]
async fn latest_skips_existing_records_only() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 5);
    let mut config = following();
    config.start = StartPosition::Latest;
    let mut positions = Positions::default();
    let mut source = open(&stream, &config, &positions).await;
    let wait = timeout(Duration::from_secs(1), take(&mut source, &mut positions));
    assert!(wait.await.is_err());
    stream.append("a", 1);
    stream.close_shard("a");
    stream.open_shard("b", &["a"]);
    stream.append("b", 1);
    assert_eq!(take(&mut source, &mut positions).await.unwrap(), ["a/6"]);
    assert_eq!(take(&mut source, &mut positions).await.unwrap(), ["b/7"]);

    // A shard without a position after a restart is one that appeared in the meantime.
    drop(source);
    stream.open_shard("c", &[]);
    stream.append("c", 1);
    config.follow = false;
    assert_eq!(read_all(&stream, &config, &mut positions).await, ["c/8"]);
}

#[tokio::test(start_paused = true)]
async fn latest_is_remembered_before_the_first_record() {
    let stream = Arc::new(MemoryStream::new(&["a", "b"]));
    stream.append("a", 5);
    let mut config = following();
    config.start = StartPosition::Latest;
    let mut positions = Positions::default();
    let mut source = open(&stream, &config, &positions).await;
    let wait = timeout(Duration::from_secs(1), take(&mut source, &mut positions));
    assert!(wait.await.is_err());
    drop(source);
    assert!(
        positions
            .get("a")
            .is_some_and(|it| it.since.is_some() && it.sequence.is_none())
    );
    assert!(positions.get("b").is_some_and(|it| it.since.is_some()));
    // Records that arrive without a reader are read, and none that are older.
    stream.append_at("a", i64::MAX, "late".into());
    config.follow = false;
    assert_eq!(read_all(&stream, &config, &mut positions).await, ["a/6"]);
}

#[tokio::test(start_paused = true)]
async fn latest_does_not_jump_when_its_first_iterator_expires() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    let mut config = following();
    config.start = StartPosition::Latest;
    let mut positions = Positions::default();
    let mut source = open(&stream, &config, &positions).await;
    let wait = timeout(Duration::from_secs(1), take(&mut source, &mut positions));
    assert!(wait.await.is_err());
    stream.expire_iterators();
    assert!(
        timeout(Duration::from_secs(1), source.next_batch())
            .await
            .is_err()
    );
    let starts: Vec<_> = stream
        .opened()
        .into_iter()
        .map(|(_, start)| start)
        .collect();
    assert!(
        matches!(
            starts[..],
            [IteratorStart::Latest, IteratorStart::AtTimestamp(_)]
        ),
        "{starts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn reading_can_start_at_a_time() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 10);
    let mut config = config();
    config.start = StartPosition::AtTimestamp(Timestamp(7));
    let names = read_all(&stream, &config, &mut Positions::default()).await;
    assert_eq!(names, of_shard("a", 7..=10));
}

/// A stream of which the record after the position, and the position itself, are trimmed.
async fn trimmed() -> (Arc<MemoryStream>, Positions) {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 3);
    let mut positions = Positions::default();
    read_all(&stream, &config(), &mut positions).await;
    stream.append("a", 3);
    stream.trim("a", 2);
    (stream, positions)
}

#[tokio::test(start_paused = true)]
async fn a_trimmed_gap_is_passed_over_by_default() {
    let (stream, mut positions) = trimmed().await;
    assert_eq!(
        read_all(&stream, &config(), &mut positions).await,
        of_shard("a", 5..=6)
    );
}

#[tokio::test(start_paused = true)]
async fn a_trimmed_gap_is_an_error_where_asked_for() {
    let (stream, positions) = trimmed().await;
    let mut config = config();
    config.on_trimmed = OnTrimmed::Fail;
    let mut source = open(&stream, &config, &positions).await;
    let error = source.next_batch().await.unwrap_err();
    assert!(matches!(error, SourceError::Trimmed { sequence, .. } if sequence == "3"));
}

#[tokio::test(start_paused = true)]
async fn no_gap_is_seen_where_there_is_none() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 3);
    let mut config = config();
    config.on_trimmed = OnTrimmed::Fail;
    let mut positions = Positions::default();
    read_all(&stream, &config, &mut positions).await;
    stream.append("a", 1);
    assert_eq!(read_all(&stream, &config, &mut positions).await, ["a/4"]);
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_is_gone_is_a_gap() {
    let (stream, positions) = trimmed().await;
    stream.open_shard("b", &["a"]);
    stream.remove_shard("a");
    let mut config = config();
    config.on_trimmed = OnTrimmed::Fail;
    let opened = KinesisSource::with_api(stream, &config, &positions, &Observers::default()).await;
    assert!(matches!(opened.unwrap_err(), SourceError::Trimmed { shard, .. } if shard == "a"));
}

#[tokio::test(start_paused = true)]
async fn a_position_of_another_stream_is_refused() {
    let (_, positions) = trimmed().await;
    let other = Arc::new(MemoryStream::new(&["a"]));
    let mut source = open(&other, &config(), &positions).await;
    let error = source.next_batch().await.unwrap_err();
    assert!(matches!(error, SourceError::Position { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_position_of_another_source_is_refused() {
    let positions: Positions = [("a".to_owned(), "line 3".to_owned())]
        .into_iter()
        .collect();
    let stream = Arc::new(MemoryStream::new(&["a"]));
    let opened =
        KinesisSource::with_api(stream, &config(), &positions, &Observers::default()).await;
    let error = opened.unwrap_err().to_string();
    assert!(error.contains("not a Kinesis sequence number"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn reading_ahead_is_bounded() {
    let ids: Vec<String> = (0..50).map(|id| format!("shard {id:02}")).collect();
    let stream = MemoryStream::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    ids.iter().for_each(|id| drop(stream.append(id, 10)));
    let stream = Arc::new(stream);
    let mut config = config();
    config.max_records = 1;
    let mut source = open(&stream, &config, &Positions::default()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(source.messages.len(), super::PAGES_AHEAD);
    let mut count = 0;
    while let Some(batch) = source.next_batch().await.unwrap() {
        count += batch.records.len();
    }
    assert_eq!(count, 500);
}

#[tokio::test(start_paused = true)]
async fn packed_records_are_unpacked_and_resumed_in_the_middle() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 1);
    let parts: Vec<(&str, &[u8])> = vec![("k", b"x"), ("l", b"y"), ("k", b"z")];
    stream.append_data(
        "a",
        crate::connectors::kinesis::aggregate::tests::pack(&parts),
    );
    stream.append("a", 1);
    let mut source = open(&stream, &config(), &Positions::default()).await;
    let batch = source.next_batch().await.unwrap().unwrap();
    let ids: Vec<String> = batch.records.iter().map(|record| record.id()).collect();
    assert_eq!(
        ids,
        ["in/a/1", "in/a/2/0", "in/a/2/1", "in/a/2/2", "in/a/3"]
    );
    assert_eq!(batch.records[2].partition_key, "l");
    for consumed in 1..=batch.records.len() {
        let mut positions = Positions::default();
        batch.records[..consumed]
            .iter()
            .for_each(|record| positions.advance(record));
        let mut source = open(&stream, &config(), &positions).await;
        let mut rest = Vec::new();
        while let Some(batch) = source.next_batch().await.unwrap() {
            rest.extend(batch.records.iter().map(|record| record.id()));
        }
        assert_eq!(rest, ids[consumed..], "after {consumed}");
    }
}

#[tokio::test(start_paused = true)]
async fn children_are_announced_before_their_records() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 3);
    stream.close_shard("a");
    stream.open_shard("b", &["a"]);
    stream.open_shard("c", &["a"]);
    stream.append("b", 1);
    stream.append("c", 1);
    let mut source = open(&stream, &config(), &Positions::default()).await;
    let (mut ended, mut begun) = (false, Vec::new());
    while let Some(batch) = source.next_batch().await.unwrap() {
        for shard in &batch.begun_shards {
            assert!(ended, "the parent has not ended");
            assert_eq!(shard.parents, ["a"]);
            begun.push((shard.shard.to_string(), shard.done.clone()));
        }
        for record in batch.records.iter().filter(|record| &*record.shard != "a") {
            assert!(begun.iter().any(|(shard, _)| **shard == *record.shard));
        }
        ended |= !batch.ended_shards.is_empty();
    }
    let done = vec!["a".to_owned()];
    assert_eq!(begun, [("b".to_owned(), vec![]), ("c".to_owned(), done)]);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_follow_each_other_without_a_gap() {
    let stream = Arc::new(MemoryStream::new(&["a"]));
    stream.append("a", 50);
    stream.close_shard("a");
    stream.open_shard("b", &["a"]);
    stream.append("b", 7);
    stream.fail_reads([ErrorKind::Throttled, ErrorKind::Unavailable]);
    let mut config = config();
    config.consumer_arn = Some("arn".to_owned());
    let mut positions = Positions::default();
    let names = read_all(&stream, &config, &mut positions).await;
    assert_eq!(
        names,
        [of_shard("a", 1..=50), of_shard("b", 51..=57)].concat()
    );
    // Each continued after the last record of the one before.
    let opened = stream.opened();
    assert!(opened.len() >= 5, "{opened:?}");
    assert!(opened.contains(&(
        "a".to_owned(),
        IteratorStart::AfterSequence("12".to_owned())
    )));
}

#[tokio::test(start_paused = true)]
async fn quiet_subscriptions_do_not_keep_others_from_reading() {
    let quiet: Vec<String> = (0..20).map(|n| format!("quiet-{n}")).collect();
    let mut shards: Vec<&str> = quiet.iter().map(String::as_str).collect();
    shards.push("z");
    let stream = Arc::new(MemoryStream::new(&shards));
    stream.append("z", 3);
    let mut config = following();
    config.consumer_arn = Some("arn".to_owned());
    let mut positions = Positions::default();
    let mut source = open(&stream, &config, &positions).await;
    let taken = timeout(Duration::from_secs(60), take(&mut source, &mut positions)).await;
    assert_eq!(taken.unwrap().unwrap(), of_shard("z", 1..=3));
}
