//! Text as records: compression and encoding undone, then cut into lines or JSON values.

mod json_reader;
mod line_reader;
mod records;
mod text;

pub use line_reader::MAX_QUOTED_LINES;
pub(crate) use line_reader::{Line, LineReader};
pub(crate) use records::{Cutting, Records};
pub use text::Bytes;
pub(crate) use text::{Input, open};
