//! Buffer for one point, allocated only if the point is large.

/// Floats that fit on the stack: those of all boxes that walks in step compute.
const INLINE: usize = 464;

pub(crate) struct RowBuffer {
    len: usize,
    inline: [f32; INLINE],
    heap: Vec<f32>,
}

impl RowBuffer {
    pub(crate) fn new(len: usize) -> Self {
        let heap = if len > INLINE {
            vec![0.0; len]
        } else {
            Vec::new()
        };
        Self {
            len,
            inline: [0.0; INLINE],
            heap,
        }
    }

    pub(crate) fn as_mut(&mut self) -> &mut [f32] {
        if self.len > INLINE {
            &mut self.heap
        } else {
            &mut self.inline[..self.len]
        }
    }
}
