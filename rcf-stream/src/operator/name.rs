//! Names of models.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rcf_core::keyed::Key;

/// The separator of a saved name. Shard ids do not contain it.
const SEPARATOR: char = '/';

/// The parts of the names of an operator's models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelNaming {
    /// The key, whatever shard it comes through.
    #[default]
    Key,
    /// The shard, whatever the keys of its records.
    Shard,
    /// The key within its shard.
    KeyInShard,
}

/// The name of a model: its key, its shard, or both.
///
/// The *saved form* is `KEY`, `SHARD` or `SHARD/KEY`. Checkpoints hold it and seeds are derived
/// from it, so it never changes. It does not say which of the three it is; the [`ModelNaming`] of
/// the operator does. Names are equal, and in order, as their saved forms are.
///
/// ```
/// use rcf_stream::operator::{ModelName, ModelNaming};
///
/// let name = ModelName::in_shard("shard-1", "pump/7");
/// assert_eq!(name.saved(), "shard-1/pump/7");
/// assert_eq!((name.shard(), name.key()), (Some("shard-1"), Some("pump/7")));
/// assert_eq!(ModelName::read(name.saved(), ModelNaming::KeyInShard), name);
/// ```
#[derive(Clone)]
pub struct ModelName {
    saved: Arc<str>,
    parts: Parts,
}

#[derive(Debug, Clone, Copy)]
enum Parts {
    Key,
    Shard,
    /// Bytes of the shard.
    Both(usize),
}

impl ModelName {
    /// The model of a key.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        Self {
            saved: key.into(),
            parts: Parts::Key,
        }
    }

    /// The model of a shard.
    #[must_use]
    pub fn of_shard(shard: &str) -> Self {
        Self {
            saved: shard.into(),
            parts: Parts::Shard,
        }
    }

    /// The model of a key within a shard.
    #[must_use]
    pub fn in_shard(shard: &str, key: &str) -> Self {
        Self {
            saved: format!("{shard}{SEPARATOR}{key}").into(),
            parts: Parts::Both(shard.len()),
        }
    }

    /// Reads the saved form of a name.
    #[must_use]
    pub fn read(saved: &str, naming: ModelNaming) -> Self {
        let parts = match naming {
            ModelNaming::Key => Parts::Key,
            ModelNaming::Shard => Parts::Shard,
            ModelNaming::KeyInShard => saved.find(SEPARATOR).map_or(Parts::Key, Parts::Both),
        };
        Self {
            saved: saved.into(),
            parts,
        }
    }

    /// The saved form.
    #[must_use]
    pub fn saved(&self) -> &str {
        &self.saved
    }

    /// The shard, if the model belongs to one.
    #[must_use]
    pub fn shard(&self) -> Option<&str> {
        match self.parts {
            Parts::Key => None,
            Parts::Shard => Some(&self.saved),
            Parts::Both(length) => Some(&self.saved[..length]),
        }
    }

    /// The key, if the model belongs to one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self.parts {
            Parts::Key => Some(&self.saved),
            Parts::Shard => None,
            Parts::Both(length) => Some(&self.saved[length + SEPARATOR.len_utf8()..]),
        }
    }

    /// The same model after it was handed to another shard; `None` if it belongs to none.
    #[must_use]
    pub fn moved_to(&self, shard: &str) -> Option<Self> {
        match (self.shard()?, self.key()) {
            (_, Some(key)) => Some(Self::in_shard(shard, key)),
            (_, None) => Some(Self::of_shard(shard)),
        }
    }
}

impl PartialEq for ModelName {
    fn eq(&self, other: &Self) -> bool {
        self.saved == other.saved
    }
}

impl Eq for ModelName {}

impl PartialOrd for ModelName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ModelName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.saved.cmp(&other.saved)
    }
}

impl Hash for ModelName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.saved.hash(state);
    }
}

impl Key for ModelName {
    fn heap_bytes(&self) -> usize {
        self.saved.heap_bytes()
    }
}

impl Borrow<str> for ModelName {
    fn borrow(&self) -> &str {
        &self.saved
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.saved)
    }
}

/// The saved form in quotes, as a text.
impl fmt::Debug for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.saved.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_forms_never_change() {
        let parts = |name: &ModelName| {
            let text = |part: Option<&str>| part.map(str::to_owned);
            (text(name.shard()), text(name.key()))
        };
        for (name, naming, saved) in [
            (ModelName::of_key("a/b"), ModelNaming::Key, "a/b"),
            (ModelName::of_key(""), ModelNaming::Key, ""),
            (ModelName::of_shard("s-1"), ModelNaming::Shard, "s-1"),
            (
                ModelName::in_shard("s-1", "a/b"),
                ModelNaming::KeyInShard,
                "s-1/a/b",
            ),
            (ModelName::in_shard("0", ""), ModelNaming::KeyInShard, "0/"),
        ] {
            assert_eq!(name.saved(), saved);
            assert_eq!(
                parts(&ModelName::read(saved, naming)),
                parts(&name),
                "{saved}"
            );
        }
    }

    #[test]
    fn only_models_of_a_shard_move() {
        let moved = |name: ModelName| name.moved_to("s-2").map(|it| it.saved().to_owned());
        assert_eq!(
            moved(ModelName::in_shard("s-1", "k")).as_deref(),
            Some("s-2/k")
        );
        assert_eq!(moved(ModelName::of_shard("s-1")).as_deref(), Some("s-2"));
        assert_eq!(moved(ModelName::of_key("k")), None);
    }
}
