//! Headers of messages, forwarded to results.

use std::sync::Arc;

use bytes::Bytes;

/// One header of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name; several headers of a message may have the same.
    pub name: String,
    /// Its bytes, if it has any.
    pub value: Option<Bytes>,
}

/// The headers of a message that are forwarded to its result, in their order. If a source has
/// none, they take no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Option<Arc<[Header]>>);

impl Headers {
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter().flat_map(|headers| headers.iter())
    }

    /// The total size of names and values in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let size = |it: &Header| it.name.len() + it.value.as_ref().map_or(0, Bytes::len);
        self.iter().map(size).sum()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        let headers: Arc<[Header]> = headers.into_iter().collect();
        Self((!headers.is_empty()).then_some(headers))
    }
}
