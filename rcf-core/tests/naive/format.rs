//! A reader of saved states that shares no line with the forest: it follows
//! `docs/state-format.md`, and so tests that as well.

/// What a state says.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) input_dimensions: usize,
    pub(crate) shingle_size: usize,
    pub(crate) rotates: bool,
    pub(crate) sample_size: usize,
    pub(crate) noise_floor: Vec<f64>,
    pub(crate) relative_noise_floor: f64,
    pub(crate) updates: u64,
    pub(crate) origin: Vec<f64>,
    pub(crate) shingle: Vec<f32>,
    pub(crate) missing: u64,
    pub(crate) trees: Vec<SavedTree>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct SavedTree {
    pub(crate) hazard: f64,
    pub(crate) keys: Vec<f32>,
    /// The points of the sample, in the order of the keys.
    pub(crate) points: Vec<Vec<f32>>,
    pub(crate) sequence_numbers: Vec<i64>,
    pub(crate) labels: Vec<i64>,
    /// Dimension and value.
    pub(crate) cuts: Vec<(usize, f32)>,
}

/// Reads little-endian numbers; the states that tests read are whole.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (bytes, rest) = self.0.split_first_chunk().expect("the state ends early");
        self.0 = rest;
        *bytes
    }

    fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.bytes())
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.bytes())
    }

    fn f32(&mut self) -> f32 {
        f32::from_le_bytes(self.bytes())
    }

    fn f64(&mut self) -> f64 {
        f64::from_le_bytes(self.bytes())
    }

    fn size(&mut self) -> usize {
        self.u64() as usize
    }

    fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.size()).map(|_| element(self)).collect()
    }
}

impl State {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader(bytes);
        assert_eq!(reader.bytes(), *b"\x89RCF\r\n\x1a\n");
        let numbers = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
        assert_eq!(numbers, [1, 1, 1, 0]);
        assert_eq!(reader.size(), bytes.len() - 28);
        reader.u32();

        let (input_dimensions, shingle_size) = (reader.size(), reader.size());
        let (_internal, rotates) = (reader.u8(), reader.u8() == 1);
        let (number_of_trees, sample_size) = (reader.size(), reader.size());
        let (_time_decay, _output_after) = (reader.f64(), reader.u64());
        let (_accept_fraction, _seed) = (reader.f64(), reader.u64());
        let (_numbers_stored, _labels_stored) = (reader.u8(), reader.u8());
        let (noise_floor, relative_noise_floor) = (reader.list(Reader::f64), reader.f64());
        let (updates, _sampling) = (reader.u64(), reader.u8());
        if reader.u8() == 1 {
            reader.i64();
        }
        let (_anchor, _settled) = (reader.i64(), reader.f64());
        let (_ticks, _now) = (reader.u64(), reader.f64());
        let (origin, shingle) = (reader.list(Reader::f64), reader.list(Reader::f32));
        let missing = reader.u64();

        let dimensions = input_dimensions * shingle_size;
        let (fresh, values) = (reader.list(Reader::u8), reader.list(Reader::f32));
        let points = points(input_dimensions, dimensions, &fresh, &values);
        let phases = reader.list(Reader::u64);
        assert_eq!(phases.len(), if rotates { points.len() } else { 0 });
        let heads = reader.list(|reader| {
            reader.bytes::<32>();
            let waits = (reader.f64(), reader.f64());
            (waits.0, reader.u32() as usize, reader.u32() as usize)
        });
        assert_eq!(heads.len(), number_of_trees);
        let keys = reader.list(Reader::f32);
        let slots: Vec<usize> = match reader.u32() {
            0 => reader.list(|reader| reader.u16() as usize),
            _ => reader.list(|reader| reader.u32() as usize),
        };
        let (sequence_numbers, labels) = (reader.list(Reader::i64), reader.list(Reader::i64));
        let (cut_values, cut_dimensions) = (reader.list(Reader::f32), reader.list(Reader::u16));
        assert!(reader.0.is_empty());

        let (mut slot, mut cut) = (0, 0);
        let trees = heads.into_iter().map(|(hazard, sampled, cuts)| {
            let (here, there) = (slot..slot + sampled, cut..cut + cuts);
            (slot, cut) = (here.end, there.end);
            let share = |column: &[i64]| column.get(here.clone()).unwrap_or(&[]).to_vec();
            let cut = |i: usize| {
                let dimension = cut_dimensions
                    .get(i)
                    .map_or(0, |&dimension| dimension.into());
                (dimension, cut_values[i])
            };
            SavedTree {
                hazard,
                keys: keys[here.clone()].to_vec(),
                points: here.clone().map(|i| points[slots[i]].clone()).collect(),
                sequence_numbers: share(&sequence_numbers),
                labels: share(&labels),
                cuts: there.map(cut).collect(),
            }
        });
        Self {
            input_dimensions,
            shingle_size,
            rotates,
            sample_size,
            noise_floor,
            relative_noise_floor,
            updates,
            origin,
            shingle,
            missing,
            trees: trees.collect(),
        }
    }
}

fn points(block: usize, dimensions: usize, fresh: &[u8], values: &[f32]) -> Vec<Vec<f32>> {
    if fresh.is_empty() {
        return values.chunks(dimensions).map(<[f32]>::to_vec).collect();
    }
    let (mut points, mut values): (Vec<Vec<f32>>, _) = (Vec::new(), values);
    for &ahead in fresh {
        let new = if ahead == 0 {
            dimensions
        } else {
            usize::from(ahead) * block
        };
        let known = dimensions - new;
        let mut point = match points.last() {
            Some(last) => last[dimensions - known..].to_vec(),
            None => Vec::new(),
        };
        point.extend_from_slice(&values[..new]);
        values = &values[new..];
        points.push(point);
    }
    assert!(values.is_empty());
    points
}
