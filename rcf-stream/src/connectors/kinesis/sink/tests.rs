//! The sink against a stream in memory that fails on demand. The clock is virtual.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::KinesisSink;
use crate::connectors::kinesis::ErrorKind;
use crate::connectors::kinesis::memory::{MemoryStream, PutFault};
use crate::observer::Observers;
use crate::record::{Headers, OutputRecord};
use crate::sink::{Sink, SinkError};

const THROTTLED: &str = "ProvisionedThroughputExceededException";

fn record(key: &str, text: &str) -> OutputRecord {
    OutputRecord {
        id: format!("in/shard/{text}"),
        partition_key: key.to_owned(),
        headers: Headers::default(),
        data: Bytes::from(text.to_owned()),
    }
}

fn records(key: &str, numbers: std::ops::Range<usize>) -> Vec<OutputRecord> {
    numbers
        .map(|number| record(key, &number.to_string()))
        .collect()
}

async fn open() -> (Arc<MemoryStream>, KinesisSink) {
    let stream = Arc::new(MemoryStream::new(&["shard"]));
    let sink = KinesisSink::with_api(Arc::clone(&stream), "out", &Observers::default())
        .await
        .unwrap();
    (stream, sink)
}

/// The payloads that were accepted with a key.
fn accepted(stream: &MemoryStream, key: &str) -> Vec<String> {
    let accepted = stream.accepted().into_iter();
    accepted
        .filter(|(k, _)| k == key)
        .map(|(_, text)| text)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_all_records() {
    let (stream, mut sink) = open().await;
    sink.write(records("key", 0..1200)).await.unwrap();
    assert_eq!(sink.flush().await.unwrap(), None);
    let expected: Vec<_> = (0..1200).map(|number: usize| number.to_string()).collect();
    assert_eq!(accepted(&stream, "key"), expected);
    assert!(stream.requests().iter().all(|request| request.len() <= 500));
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_is_not_held_until_a_flush() {
    let (stream, mut sink) = open().await;
    sink.write(records("key", 0..3)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(accepted(&stream, "key").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn only_failed_records_are_put_again_and_in_order() {
    let (stream, mut sink) = open().await;
    stream.fail_puts([
        PutFault::Records(vec![1, 2], THROTTLED),
        PutFault::Records(vec![1], "InternalFailure"),
    ]);
    sink.write(records("key", 0..3)).await.unwrap();
    sink.write(records("other", 3..5)).await.unwrap();
    sink.flush().await.unwrap();
    assert_eq!(accepted(&stream, "key"), ["0", "1", "2"]);
    assert_eq!(accepted(&stream, "other"), ["3", "4"]);
    let mut all: Vec<_> = stream
        .accepted()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    all.sort();
    assert_eq!(all, ["0", "1", "2", "3", "4"], "nothing is put twice");
}

#[tokio::test(start_paused = true)]
async fn later_records_wait_behind_a_failed_one_of_their_key() {
    let (stream, mut sink) = open().await;
    let fault = || PutFault::Records(vec![0], THROTTLED);
    stream.fail_puts([fault(), fault(), fault()]);
    sink.write(records("key", 0..1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await; // the first request has failed
    sink.write(records("key", 1..3)).await.unwrap();
    sink.write(records("other", 3..4)).await.unwrap();
    sink.flush().await.unwrap();
    assert_eq!(accepted(&stream, "key"), ["0", "1", "2"]);
    for request in &stream.requests()[..4] {
        let of_key = request.iter().filter(|(key, _)| key == "key").count();
        assert_eq!(of_key, 1, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_are_repeated_without_end() {
    let (stream, mut sink) = open().await;
    let kinds = [
        ErrorKind::Throttled,
        ErrorKind::Unavailable,
        ErrorKind::Credentials,
    ];
    stream.fail_puts(kinds.into_iter().cycle().take(100).map(PutFault::Whole));
    sink.write(records("key", 0..5)).await.unwrap();
    sink.flush().await.unwrap();
    assert_eq!(accepted(&stream, "key"), ["0", "1", "2", "3", "4"]);
    assert_eq!(stream.requests().len(), 101);
}

#[tokio::test(start_paused = true)]
async fn results_count_as_in_flight_until_they_are_acknowledged() {
    let stream = Arc::new(MemoryStream::new(&["shard"]));
    let observers = Observers::default();
    let sink = KinesisSink::with_api(Arc::clone(&stream), "out", &observers).await;
    let mut sink = sink.unwrap();
    stream.fail_puts([PutFault::Whole(ErrorKind::Throttled)]);
    sink.write(records("key", 0..5)).await.unwrap();
    assert_eq!(observers.unacknowledged(), 5);
    sink.flush().await.unwrap();
    assert_eq!(observers.unacknowledged(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failure_for_good_comes_out_of_the_next_call() {
    let (stream, mut sink) = open().await;
    stream.fail_puts([PutFault::Whole(ErrorKind::NotFound)]);
    sink.write(records("key", 0..1)).await.unwrap();
    let error = sink.flush().await.unwrap_err();
    assert!(matches!(error, SinkError::Setup { .. }), "{error:?}");
    let said = error.to_string();
    assert!(
        said.contains("stream out") && said.contains("; create it"),
        "{said}"
    );
    assert!(
        sink.write(records("key", 1..2)).await.is_err(),
        "it stays failed"
    );
    assert!(sink.flush().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_refused_record_is_named() {
    let (stream, mut sink) = open().await;
    stream.fail_puts([PutFault::Records(vec![1], "InvalidArgumentException")]);
    sink.write(records("key", 0..2)).await.unwrap();
    let error = sink.flush().await.unwrap_err();
    let SinkError::Service { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(source.to_string().contains("in/shard/1"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn a_record_beyond_the_limit_of_the_stream_is_refused() {
    let (_, mut sink) = open().await;
    let fits = record("key", &"x".repeat(1024 - 3));
    sink.write(vec![fits]).await.unwrap();
    let too_large = record("key", &"x".repeat(1024 - 2));
    let error = sink.write(vec![too_large]).await.unwrap_err();
    let expected = (1025, 1024);
    assert!(
        matches!(error, SinkError::RecordTooLarge { size, limit, .. } if (size, limit) == expected)
    );
}

#[tokio::test(start_paused = true)]
async fn writing_waits_while_too_much_is_in_flight() {
    let (stream, mut sink) = open().await;
    stream.fail_puts((0..20).map(|_| PutFault::Whole(ErrorKind::Throttled)));
    // Each costs 0.5 kB and more: 100,000 of them are beyond 32 MiB.
    let text = "x".repeat(512);
    let many = (0..100_000).map(|_| record("key", &text)).collect();
    let write = tokio::time::timeout(Duration::from_secs(1), sink.write(many));
    assert!(write.await.is_err(), "nothing was acknowledged yet");
}

#[tokio::test(start_paused = true)]
async fn records_without_a_key_are_keyed_by_their_shard() {
    let (stream, mut sink) = open().await;
    let mut nameless = record("", "1");
    nameless.id = "1".to_owned();
    let mut long = record("", "2");
    long.id = format!("{}/7", "ä".repeat(300));
    sink.write(vec![record("", "0"), nameless, long])
        .await
        .unwrap();
    sink.flush().await.unwrap();
    let keys: Vec<_> = stream.accepted().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["in/shard", "0", &"ä".repeat(256)]);
}
