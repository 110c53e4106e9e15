//! Categories among the inputs of a model: the state of their encoders.

use rcf_core::StateError;
use rcf_core::categories::CategoryEncoder;

/// The label of the value that replaces a category: its surprise.
#[must_use]
pub fn surprise_label(field: &str) -> String {
    format!("surprise of {field}")
}

/// An encoder for each categorical input of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Categories(Vec<CategoryEncoder>);

impl Categories {
    /// Empty encoders for this many inputs.
    #[must_use]
    pub fn new(inputs: usize) -> Self {
        Self(vec![CategoryEncoder::default(); inputs])
    }

    /// How many inputs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends the surprise of each category, in nats, to the values of a record; NaN where it is
    /// missing. Nothing is learned, since the model may reject the record.
    pub fn append(&self, categories: &[Option<String>], values: &mut Vec<f64>) {
        let both = self.0.iter().zip(categories);
        values.extend(both.map(|(encoder, category)| match category {
            Some(category) => encoder.surprise(category),
            None => f64::NAN,
        }));
    }

    /// Learns the categories of a record that the model has accepted.
    pub fn learn(&mut self, categories: &[Option<String>]) {
        for (encoder, category) in self.0.iter_mut().zip(categories) {
            if let Some(category) = category {
                encoder.process(category);
            }
        }
    }

    /// Approximate number of bytes on the heap.
    pub(crate) fn size_in_bytes(&self) -> usize {
        const ENTRY: usize = 40; // a hash and a weight, in a node of a tree that is half full
        let of = |it: &CategoryEncoder| size_of_val(it) + ENTRY * it.categories();
        self.0.iter().map(of).sum()
    }

    /// Prepends the encoders to the bytes of a model; without encoders, returns the bytes alone.
    pub(crate) fn seal(&self, model: Vec<u8>) -> Vec<u8> {
        if self.0.is_empty() {
            return model;
        }
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.0.len() as u32).to_le_bytes());
        for encoder in &self.0 {
            let state = encoder.to_bytes();
            bytes.extend((state.len() as u64).to_le_bytes());
            bytes.extend(state);
        }
        bytes.extend(model);
        bytes
    }

    /// The encoders, and the bytes of the model after them.
    pub(crate) fn open(bytes: &[u8]) -> Result<(Self, &[u8]), StateError> {
        let Some(rest) = bytes.strip_prefix(&SIGNATURE) else {
            return Ok((Self::default(), bytes));
        };
        let (version, rest) = number::<2>(rest)?;
        match u16::from_le_bytes(version) {
            VERSION => {}
            found => {
                return Err(StateError::UnsupportedVersion {
                    found,
                    supported: VERSION,
                });
            }
        }
        let (count, mut rest) = number::<4>(rest)?;
        let mut encoders = Vec::new();
        for _ in 0..u32::from_le_bytes(count) {
            let (length, after) = number::<8>(rest)?;
            let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
            let (state, after) = after.split_at_checked(length).ok_or_else(truncated)?;
            encoders.push(CategoryEncoder::from_bytes(state)?);
            rest = after;
        }
        Ok((Self(encoders), rest))
    }
}

/// Magic number of a model with categories. Each encoder and the model have their own checksums.
const SIGNATURE: [u8; 8] = *b"\x89RCFCM\r\n";
const VERSION: u16 = 1;

fn number<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), StateError> {
    let (number, rest) = bytes.split_first_chunk::<N>().ok_or_else(truncated)?;
    Ok((*number, rest))
}

fn truncated() -> StateError {
    StateError::Malformed {
        reason: "the encoders of categories are truncated".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_saved_with_the_model() {
        let mut categories = Categories::new(2);
        let seen = |text: &str| [Some(text.to_owned()), None];
        for n in 0..100 {
            let category = seen(if n % 10 == 0 { "rare" } else { "usual" });
            let mut values = vec![0.5];
            categories.append(&category, &mut values);
            assert!(values[1] >= 0.0 && values[2].is_nan(), "{values:?}");
            categories.learn(&category);
        }
        let surprise = |categories: &Categories, text: &str| {
            let mut values = Vec::new();
            categories.append(&seen(text), &mut values);
            values[0]
        };
        let order = ["usual", "rare", "new"].map(|text| surprise(&categories, text));
        assert!(order.is_sorted(), "{order:?}");

        let bytes = categories.seal(b"model".to_vec());
        assert_eq!(&bytes[..14], b"\x89RCFCM\r\n\x01\0\x02\0\0\0", "format 1");
        let (again, model) = Categories::open(&bytes).unwrap();
        assert_eq!((&again, model), (&categories, &b"model"[..]));
        for length in 8..bytes.len() - 5 {
            assert!(Categories::open(&bytes[..length]).is_err(), "{length}");
        }
        let none = Categories::default();
        assert_eq!(none.seal(b"model".to_vec()), b"model");
        assert_eq!(Categories::open(b"model").unwrap(), (none, &b"model"[..]));
    }
}
