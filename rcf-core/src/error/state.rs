//! Errors of saved states.

use thiserror::Error;

use super::ConfigError;

/// Saved bytes cannot be restored.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The bytes do not start with the signature of an rcf state.
    #[error("not an rcf state: the signature is missing")]
    NotAState,
    /// There are fewer bytes than the header promises.
    #[error("the state is truncated: expected {expected} bytes, got {got}")]
    Truncated {
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes found.
        got: u64,
    },
    /// There are more bytes than the header promises.
    #[error("{extra} bytes follow the end of the state")]
    TrailingBytes {
        /// How many.
        extra: u64,
    },
    /// Written by a release whose format this one does not know.
    #[error("state format {found} is not supported; this release reads up to format {supported}")]
    UnsupportedVersion {
        /// The format version found.
        found: u16,
        /// The newest format version known.
        supported: u16,
    },
    /// The body is encoded in a way this release does not know.
    #[error("unknown encoding {found} of the state body")]
    UnsupportedEncoding {
        /// The encoding id found.
        found: u16,
    },
    /// The state holds another kind of model.
    #[error("the state is a model of kind {found}, expected kind {expected}")]
    WrongKind {
        /// The kind expected.
        expected: u16,
        /// The kind found.
        found: u16,
    },
    /// The checksum does not match: the bytes were damaged.
    #[error("the state is damaged: checksum {found:#010x}, computed {computed:#010x}")]
    Checksum {
        /// The checksum that was stored.
        found: u32,
        /// The checksum of the bytes found.
        computed: u32,
    },
    /// The body cannot be decoded.
    #[error("the state body cannot be decoded: {reason}")]
    Malformed {
        /// What the decoder met.
        reason: String,
    },
    /// The body decodes, but breaks an invariant of the forest.
    #[error("the state is inconsistent: {reason}")]
    Inconsistent {
        /// The invariant that does not hold.
        reason: String,
    },
    /// The saved parameters break a rule of the builder.
    #[error("the saved parameters are invalid: {0}")]
    Config(#[from] ConfigError),
}
