//! Text as records: decompressed and decoded, then split into lines or JSON values.

mod json_reader;
mod line_reader;
mod records;
#[cfg(feature = "tables")]
mod tables;
mod text;

pub use line_reader::MAX_QUOTED_LINES;
pub(crate) use line_reader::{Line, LineReader};
pub(crate) use records::{Cutting, Records};
#[cfg(feature = "tables")]
pub(crate) use tables::open as open_table;
pub use text::Bytes;
pub(crate) use text::{Input, open};
