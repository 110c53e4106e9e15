//! The frame of stored objects, except the position: a signature and a version.

use thiserror::Error;

/// Bytes are not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes do not start with the signature.
    #[error("it is not a checkpoint: the signature is missing")]
    NotACheckpoint,
    /// Written by a release whose format this one does not know.
    #[error("its format {found} is not supported by this release")]
    UnsupportedVersion {
        /// The format version found.
        found: u16,
    },
    /// The file ends too early.
    #[error("it is truncated at {got} bytes")]
    Truncated {
        /// The bytes found.
        got: usize,
    },
    /// The checksum does not match.
    #[error("it is damaged: checksum {found:#010x}, computed {computed:#010x}")]
    Checksum {
        /// The checksum that was stored.
        found: u32,
        /// The checksum of the bytes found.
        computed: u32,
    },
    /// The checksum matches, but the content makes no sense.
    #[error("it is malformed: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
}

/// What follows the signature and this version.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    signature: &[u8; 8],
    version: u16,
) -> Result<&'a [u8], FormatError> {
    let truncated = FormatError::Truncated { got: bytes.len() };
    let Some(rest) = bytes.strip_prefix(signature) else {
        return Err(if signature.starts_with(bytes) {
            truncated
        } else {
            FormatError::NotACheckpoint
        });
    };
    let (found, rest) = rest.split_first_chunk().ok_or(truncated)?;
    match u16::from_le_bytes(*found) {
        found if found == version => Ok(rest),
        found => Err(FormatError::UnsupportedVersion { found }),
    }
}
