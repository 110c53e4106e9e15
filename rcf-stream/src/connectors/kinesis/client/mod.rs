//! The requests, made by the AWS SDK. Nothing outside of this folder names it.

mod credentials;
mod error;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::primitives::{Blob, DateTime};
use aws_sdk_kinesis::types::{
    PutRecordsRequestEntry, PutRecordsResultEntry, Record, Shard as SdkShard, ShardIteratorType,
    StartingPosition, SubscribeToShardEventStream,
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use bytes::Bytes;
use thiserror::Error;

use crate::connectors::kinesis::{
    ApiError, CredentialsSource, ErrorKind, FetchedRecord, IteratorStart, KinesisApi, PutEntry,
    RecordPage, Rejection, Shard, ShardPage, Subscription,
};
use crate::record::Timestamp;

/// Long enough for 10 MiB over a slow line.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One stream, accessed through the AWS SDK.
#[derive(Debug, Clone)]
pub struct SdkClient {
    client: Client,
    stream: String,
}

/// The client cannot be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Neither the configuration nor the environment nor the AWS profile names a region.
    #[error("no AWS region; set `region` in the configuration or AWS_REGION in the environment")]
    NoRegion,
    /// The endpoint is not an address.
    #[error("endpoint_url {0:?} does not start with http:// or https://")]
    Endpoint(String),
}

/// How to access a stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct Access<'a> {
    /// The AWS region; `None` asks the environment, the AWS profile and the machine.
    pub region: Option<&'a str>,
    /// Another endpoint than the region's.
    pub endpoint_url: Option<&'a str>,
    /// Where the credentials are; `None` tries every place.
    pub credentials: Option<CredentialsSource>,
}

impl SdkClient {
    /// Sets up a client. Credentials come from the usual places of AWS tools: environment, profile,
    /// web identity, container, and last, for two seconds at most, the machine; single sign-on only
    /// through a profile with a `credential_process`, such as `aws configure export-credentials`.
    /// Without an `endpoint_url` the variable `AWS_ENDPOINT_URL_KINESIS` and the profile are used,
    /// otherwise the region's own endpoint.
    ///
    /// # Errors
    /// See [`ConnectError`]. Nothing is sent yet.
    pub async fn connect(stream: &str, access: Access<'_>) -> Result<Self, ConnectError> {
        // ring needs only a C compiler, and builds faster than the default of the SDK.
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let shared = credentials::load(http, access).await;
        let shared = shared.ok_or(ConnectError::NoRegion)?;
        let mut config = aws_sdk_kinesis::config::Builder::from(&shared)
            // The callers retry, without a limit and in the right order.
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            );
        if let Some(url) = access.endpoint_url {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return Err(ConnectError::Endpoint(url.to_owned()));
            }
            config = config.endpoint_url(url);
        }
        Ok(Self {
            client: Client::from_conf(config.build()),
            stream: stream.to_owned(),
        })
    }
}

#[async_trait]
impl KinesisApi for SdkClient {
    async fn list_shards(&self, next: Option<&str>) -> Result<ShardPage, ApiError> {
        let request = self.client.list_shards();
        // A token represents its stream; naming both is an error.
        let request = match next {
            Some(token) => request.next_token(token),
            None => request.stream_name(&self.stream),
        };
        let answer = request.send().await?;
        Ok(ShardPage {
            shards: answer.shards.into_iter().flatten().map(shard).collect(),
            next: answer.next_token,
        })
    }

    async fn shard_iterator(&self, shard: &str, start: &IteratorStart) -> Result<String, ApiError> {
        let request = self
            .client
            .get_shard_iterator()
            .stream_name(&self.stream)
            .shard_id(shard);
        let request = match start {
            IteratorStart::TrimHorizon => {
                request.shard_iterator_type(ShardIteratorType::TrimHorizon)
            }
            IteratorStart::Latest => request.shard_iterator_type(ShardIteratorType::Latest),
            IteratorStart::AtTimestamp(Timestamp(millis)) => request
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(DateTime::from_millis(*millis)),
            IteratorStart::AtSequence(sequence) => request
                .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
                .starting_sequence_number(sequence),
            IteratorStart::AfterSequence(sequence) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(sequence),
        };
        let answer = request.send().await?;
        answer.shard_iterator.ok_or_else(|| ApiError {
            kind: ErrorKind::Unavailable,
            message: "the response has no shard iterator".to_owned(),
        })
    }

    async fn get_records(&self, iterator: &str, limit: u32) -> Result<RecordPage, ApiError> {
        let answer = self
            .client
            .get_records()
            .shard_iterator(iterator)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await?;
        Ok(RecordPage {
            records: answer.records.into_iter().map(record).collect(),
            next: answer.next_shard_iterator,
            millis_behind_latest: answer
                .millis_behind_latest
                .and_then(|millis| u64::try_from(millis).ok())
                .unwrap_or(0),
        })
    }

    async fn subscribe(
        &self,
        consumer: &str,
        shard: &str,
        start: &IteratorStart,
    ) -> Result<Box<dyn Subscription>, ApiError> {
        let (kind, sequence, time) = match start {
            IteratorStart::TrimHorizon => (ShardIteratorType::TrimHorizon, None, None),
            IteratorStart::Latest => (ShardIteratorType::Latest, None, None),
            IteratorStart::AtTimestamp(time) => (ShardIteratorType::AtTimestamp, None, Some(time)),
            IteratorStart::AtSequence(sequence) => {
                (ShardIteratorType::AtSequenceNumber, Some(sequence), None)
            }
            IteratorStart::AfterSequence(sequence) => {
                (ShardIteratorType::AfterSequenceNumber, Some(sequence), None)
            }
        };
        let position = StartingPosition::builder()
            .r#type(kind)
            .set_sequence_number(sequence.cloned())
            .set_timestamp(time.map(|Timestamp(millis)| DateTime::from_millis(*millis)))
            .build()
            .map_err(|error| ApiError {
                kind: ErrorKind::Other,
                message: error.to_string(),
            })?;
        let answer = self
            .client
            .subscribe_to_shard()
            .consumer_arn(consumer)
            .shard_id(shard)
            .starting_position(position)
            .send()
            .await?;
        Ok(Box::new(PushedRecords(answer)))
    }

    async fn put_records(
        &self,
        entries: Vec<PutEntry>,
    ) -> Result<Vec<Result<(), Rejection>>, ApiError> {
        let entries = entries.into_iter().map(|entry| {
            PutRecordsRequestEntry::builder()
                .partition_key(entry.partition_key)
                .data(Blob::new(entry.data))
                .build()
                .map_err(|error| ApiError {
                    kind: ErrorKind::Other,
                    message: error.to_string(),
                })
        });
        let answer = self
            .client
            .put_records()
            .stream_name(&self.stream)
            .set_records(Some(entries.collect::<Result<_, _>>()?))
            .send()
            .await?;
        Ok(answer.records.into_iter().map(outcome).collect())
    }

    async fn max_record_bytes(&self) -> Result<usize, ApiError> {
        /// The default limit of a stream.
        const DEFAULT_KIB: usize = 1024;
        let answer = self
            .client
            .describe_stream_summary()
            .stream_name(&self.stream)
            .send()
            .await?;
        let kib = answer
            .stream_description_summary
            .and_then(|summary| summary.max_record_size_in_kib)
            .and_then(|kib| usize::try_from(kib).ok())
            .unwrap_or(DEFAULT_KIB);
        Ok(kib * 1024)
    }
}

/// The events of a subscription.
struct PushedRecords(SubscribeToShardOutput);

#[async_trait]
impl Subscription for PushedRecords {
    async fn next(&mut self) -> Result<Option<RecordPage>, ApiError> {
        loop {
            match self.0.event_stream.recv().await.map_err(error::of_event)? {
                None => return Ok(None),
                Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) => {
                    let has_ended = event.child_shards.is_some_and(|it| !it.is_empty());
                    let next = event.continuation_sequence_number;
                    return Ok(Some(RecordPage {
                        records: event.records.into_iter().map(record).collect(),
                        next: (!has_ended && !next.is_empty()).then_some(next),
                        millis_behind_latest: u64::try_from(event.millis_behind_latest)
                            .unwrap_or(0),
                    }));
                }
                Some(_) => {} // of a later version
            }
        }
    }
}

fn shard(shard: SdkShard) -> Shard {
    let hashes = shard.hash_key_range.and_then(|range| {
        let low = range.starting_hash_key.parse().ok()?;
        Some((low, range.ending_hash_key.parse().ok()?))
    });
    Shard {
        hashes,
        id: shard.shard_id,
        parents: [shard.parent_shard_id, shard.adjacent_parent_shard_id]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn record(record: Record) -> FetchedRecord {
    FetchedRecord {
        sequence: record.sequence_number,
        partition_key: record.partition_key.unwrap_or_default(),
        arrival: record
            .approximate_arrival_timestamp
            .and_then(|arrival| arrival.to_millis().ok())
            .map(Timestamp),
        data: Bytes::from(record.data.into_inner()),
    }
}

fn outcome(entry: PutRecordsResultEntry) -> Result<(), Rejection> {
    match entry.error_code {
        None => Ok(()),
        Some(code) => Err(Rejection {
            code,
            message: entry.error_message.unwrap_or_default(),
        }),
    }
}
