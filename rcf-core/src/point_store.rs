//! The points that any tree of the forest has in its sample, each kept once.

/// Rows of single-precision coordinates, counted by the sampler slots that refer to them.
///
/// A row is freed with its last reference and its place used again. The rows grow with the number
/// of distinct points in the samples, up to the room for the number expected in the long run at
/// once: a forest that is warm need not grow.
#[derive(Debug, Clone)]
pub(crate) struct PointStore {
    /// Floats per row: the dimensions, padded.
    stride: usize,
    /// Rows that are enough in the long run.
    expected: usize,
    rows: Vec<f32>,
    references: Vec<u32>,
    free: Vec<u32>,
}

impl PointStore {
    pub(crate) fn new(stride: usize, expected: usize) -> Self {
        Self {
            stride,
            expected,
            rows: Vec::new(),
            references: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The coordinates of a point.
    #[inline(always)]
    pub(crate) fn row(&self, point: usize) -> &[f32] {
        &self.rows[point * self.stride..][..self.stride]
    }

    /// Stores a point that nobody refers to yet.
    pub(crate) fn add(&mut self, row: &[f32]) -> usize {
        if self.free.is_empty() {
            self.grow();
        }
        let point = self.free.pop().expect("grow() left a free row") as usize;
        self.rows[point * self.stride..][..self.stride].copy_from_slice(row);
        point
    }

    /// The coordinates of a point that is in no tree.
    pub(crate) fn row_mut(&mut self, point: usize) -> &mut [f32] {
        &mut self.rows[point * self.stride..][..self.stride]
    }

    /// Counts one more reference.
    pub(crate) fn retain(&mut self, point: usize) {
        self.references[point] += 1;
    }

    /// Takes one reference away; the last one frees the row.
    pub(crate) fn release(&mut self, point: usize) {
        self.references[point] -= 1;
        self.drop_if_unused(point);
    }

    /// Frees a row that was added, but that no sampler took.
    pub(crate) fn drop_if_unused(&mut self, point: usize) {
        if self.references[point] == 0 {
            self.free.push(point as u32);
        }
    }

    /// Number of points stored.
    pub(crate) fn len(&self) -> usize {
        self.references.len() - self.free.len()
    }

    /// Number of places for points; all point numbers are below.
    pub(crate) fn capacity(&self) -> usize {
        self.references.len()
    }

    /// Whether any sampler slot refers to the point.
    pub(crate) fn is_used(&self, point: usize) -> bool {
        self.references[point] > 0
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        4 * (self.rows.capacity() + self.references.capacity() + self.free.capacity())
    }

    /// Doubles the rows up to the expected number, and goes beyond it by an eighth at a time.
    fn grow(&mut self) {
        let rows = self.references.len();
        let more = match self.expected.checked_sub(rows) {
            // The last step ends at the expected number.
            Some(missing @ 1..) if missing <= 2 * rows => missing,
            Some(1..) => rows.max(32).min(self.expected - rows),
            _ => (rows / 8).max(32),
        };
        self.rows.reserve_exact(more * self.stride);
        self.references.reserve_exact(more);
        // One place for every row there will be, so that releasing never allocates.
        self.free.reserve_exact(rows + more);
        self.rows.resize((rows + more) * self.stride, 0.0);
        self.references.resize(rows + more, 0);
        self.free
            .extend((rows..rows + more).rev().map(|row| row as u32));
    }
}

#[cfg(test)]
mod tests;
