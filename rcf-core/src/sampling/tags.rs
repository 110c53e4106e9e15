//! Optional tags of sampled points: sequence numbers and labels.

use crate::config::Config;
use crate::sampling::NO_LABEL;

/// The sequence number and the label of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) sequence_number: i64,
    /// [`NO_LABEL`] if there is none.
    pub(crate) label: i64,
}

impl Tag {
    pub(crate) fn new(sequence_number: i64, label: Option<i64>) -> Self {
        Self {
            sequence_number,
            label: label.unwrap_or(NO_LABEL),
        }
    }
}

/// The tags of the slots of a sample, in two columns of which each may be absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tags {
    pub(crate) sequence_numbers: Option<Vec<i64>>,
    pub(crate) labels: Option<Vec<i64>>,
}

impl Tags {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            sequence_numbers: config.store_sequence_numbers.then(Vec::new),
            labels: config.store_labels.then(Vec::new),
        }
    }

    /// Whether all columns that are there have this length.
    pub(super) fn have_length(&self, length: usize) -> bool {
        let columns = [&self.sequence_numbers, &self.labels];
        columns
            .iter()
            .all(|column| column.as_ref().is_none_or(|column| column.len() == length))
    }

    /// Neither column.
    pub(super) const NONE: Self = Self {
        sequence_numbers: None,
        labels: None,
    };

    /// `None` if there is no column.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        let has_columns = self.sequence_numbers.is_some() || self.labels.is_some();
        has_columns.then(|| Box::new(self))
    }

    /// The sequence number and the label of a slot, where they are kept.
    pub(crate) fn get(&self, slot: usize) -> (Option<i64>, Option<i64>) {
        let of = |column: &Option<Vec<i64>>| column.as_ref().map(|column| column[slot]);
        (of(&self.sequence_numbers), of(&self.labels))
    }

    fn columns(&mut self) -> impl Iterator<Item = &mut Vec<i64>> {
        self.sequence_numbers.iter_mut().chain(&mut self.labels)
    }

    pub(super) fn reserve_exact(&mut self, more: usize) {
        self.columns().for_each(|column| column.reserve_exact(more));
    }

    pub(super) fn push(&mut self, tag: Tag) {
        let values = [tag.sequence_number, tag.label];
        for (column, value) in self.both().into_iter().zip(values) {
            column.iter_mut().for_each(|column| column.push(value));
        }
    }

    pub(super) fn set(&mut self, slot: usize, tag: Tag) {
        let values = [tag.sequence_number, tag.label];
        for (column, value) in self.both().into_iter().zip(values) {
            column.iter_mut().for_each(|column| column[slot] = value);
        }
    }

    pub(super) fn copy(&mut self, from: usize, to: usize) {
        self.columns().for_each(|column| column[to] = column[from]);
    }

    pub(super) fn swap(&mut self, a: usize, b: usize) {
        self.columns().for_each(|column| column.swap(a, b));
    }

    /// Keeps these slots, in this order.
    pub(super) fn select(&mut self, slots: &[usize]) {
        self.columns()
            .for_each(|column| *column = slots.iter().map(|&slot| column[slot]).collect());
    }

    fn both(&mut self) -> [&mut Option<Vec<i64>>; 2] {
        [&mut self.sequence_numbers, &mut self.labels]
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let columns = [&self.sequence_numbers, &self.labels];
        let bytes = |column: &&Option<Vec<i64>>| column.as_ref().map_or(0, |c| 8 * c.capacity());
        size_of::<Self>() + columns.iter().map(bytes).sum::<usize>()
    }
}
