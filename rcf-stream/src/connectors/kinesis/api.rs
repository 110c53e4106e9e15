//! The requests to Kinesis that we make, and their responses.

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;

use crate::record::Timestamp;

/// The requests about one stream. An implementation makes each request once: retries and their
/// pace are up to the caller, who knows what must keep its order.
#[async_trait]
pub trait KinesisApi: Send + Sync + 'static {
    /// One page of the stream's shards, open and closed; `next` comes from the page before.
    ///
    /// # Errors
    /// An [`ApiError`], like all requests here.
    async fn list_shards(&self, next: Option<&str>) -> Result<ShardPage, ApiError>;

    /// An iterator over the records of a shard. It can be used for five minutes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if a sequence number is not of this stream.
    async fn shard_iterator(&self, shard: &str, start: &IteratorStart) -> Result<String, ApiError>;

    /// Up to `limit` records, 1 to 10,000. An empty response does not mean the end: it can occur in
    /// the middle of a shard.
    ///
    /// # Errors
    /// [`ErrorKind::ExpiredIterator`] if the iterator is older than five minutes.
    async fn get_records(&self, iterator: &str, limit: u32) -> Result<RecordPage, ApiError>;

    /// Pushes the records of a shard to a registered consumer, for five minutes at most.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] while another subscription of the consumer to the shard is new.
    async fn subscribe(
        &self,
        consumer: &str,
        shard: &str,
        start: &IteratorStart,
    ) -> Result<Box<dyn Subscription>, ApiError>;

    /// Puts up to 500 records and returns a result for each of them, in order.
    ///
    /// # Errors
    /// When the request failed as a whole. Some of its records may be in the stream anyway.
    async fn put_records(
        &self,
        entries: Vec<PutEntry>,
    ) -> Result<Vec<Result<(), Rejection>>, ApiError>;

    /// The size of the largest record that the stream takes, in bytes.
    ///
    /// # Errors
    /// An [`ApiError`].
    async fn max_record_bytes(&self) -> Result<usize, ApiError>;
}

/// Records as they are pushed.
#[async_trait]
pub trait Subscription: Send {
    /// The next ones; `None` when the subscription has ended, but not the shard.
    ///
    /// # Errors
    /// The connection broke; another subscription is needed.
    async fn next(&mut self) -> Result<Option<RecordPage>, ApiError>;
}

/// One page of the list of shards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardPage {
    /// The shards of the page.
    pub shards: Vec<Shard>,
    /// Asks for the next page; `None` on the last.
    pub next: Option<String>,
}

/// A shard, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its id.
    pub id: String,
    /// The shards that it was made from: one after a split, two after a merge. They are named here
    /// long after the stream has removed them.
    pub parents: Vec<String>,
    /// The hashes of the partition keys that it takes, both ends included.
    pub hashes: Option<(u128, u128)>,
}

/// Where an iterator starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IteratorStart {
    /// At the oldest record.
    TrimHorizon,
    /// After the newest record.
    Latest,
    /// At the first record that arrived then or later.
    AtTimestamp(Timestamp),
    /// At this record. If the stream no longer holds it: at the oldest record.
    AtSequence(String),
    /// After this record.
    AfterSequence(String),
}

/// The result of one read of a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordPage {
    /// Records in the order of the shard.
    pub records: Vec<FetchedRecord>,
    /// The iterator for the next read; `None` when the shard is closed and this was the rest of it.
    pub next: Option<String>,
    /// How far this read is behind the newest record of the shard, in whole milliseconds. There may
    /// be more records even if it is 0.
    pub millis_behind_latest: u64,
}

/// A record in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedRecord {
    /// A decimal number that grows along the shard.
    pub sequence: String,
    /// The key whose hash chose the shard.
    pub partition_key: String,
    /// When Kinesis took the record.
    pub arrival: Option<Timestamp>,
    /// The payload.
    pub data: Bytes,
}

/// A record to put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutEntry {
    /// 1 to 256 characters; its hash chooses the shard.
    pub partition_key: String,
    /// The payload.
    pub data: Bytes,
}

/// Why one record of a request was not put.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
pub struct Rejection {
    /// The name of the error.
    pub code: String,
    /// Its text.
    pub message: String,
}

impl Rejection {
    /// Whether the same record may be taken later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            ErrorKind::of_code(&self.code),
            Some(ErrorKind::Throttled | ErrorKind::Unavailable)
        )
    }
}

/// A request that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ApiError {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// The text, with that of all its causes.
    pub message: String,
}

/// The kind of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Too many requests or bytes; the same request succeeds later.
    Throttled,
    /// The service could not be reached or failed; the same request succeeds later.
    Unavailable,
    /// The shard iterator is too old; a new one is needed.
    ExpiredIterator,
    /// There is no such stream or shard.
    NotFound,
    /// A value in the request is not allowed.
    InvalidArgument,
    /// There are no credentials, or the service does not know them.
    Credentials,
    /// The credentials do not allow the request.
    Denied,
    /// Anything else that a retry does not heal.
    Other,
}

impl ErrorKind {
    /// Whether the same request succeeds later.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }

    /// The same for a process that was already running: its credentials are renewed.
    #[must_use]
    pub fn is_retryable_at_work(self) -> bool {
        self.is_retryable() || self == Self::Credentials
    }

    /// What to do, if the remedy is to change the configuration.
    pub(crate) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some(
                "create it, or correct its name, `region`, `endpoint_url` or the account of the \
                 credentials",
            ),
            Self::Credentials => Some(
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the \
                 machine a role; `credentials` names one source",
            ),
            Self::Denied => Some("allow the action for these credentials"),
            _ => None,
        }
    }

    /// The kind of an error that the service names; `None` for a name that says too little.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            // Our previous subscription has not ended yet.
            | "ResourceInUseException"
            | "KMSThrottlingException"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded" => Self::Throttled,
            // Expired tokens and skewed clocks are temporary: credentials are renewed, clocks are
            // set.
            "InternalFailure"
            | "InternalFailureException"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "RequestTimeout"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "ExpiredToken"
            | "ExpiredTokenException" => Self::Unavailable,
            "ExpiredIteratorException" => Self::ExpiredIterator,
            "ResourceNotFoundException" => Self::NotFound,
            "InvalidArgumentException" | "ValidationException" => Self::InvalidArgument,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => Self::Credentials,
            "AccessDeniedException" | "KMSAccessDeniedException" => Self::Denied,
            _ => return None,
        })
    }
}
