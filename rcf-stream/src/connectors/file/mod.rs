//! Lines of files and of the standard streams.

mod ahead;
mod json_reader;
pub(crate) mod line_reader;
mod line_thread;
mod place;
mod rotation;
mod sink;
mod source;
mod text;

pub use line_reader::MAX_QUOTED_LINES;
pub use sink::LinesSink;
pub(crate) use source::Records;
pub use source::{LinesInput, LinesOptions, LinesSource, OnReplaced};
pub use text::Bytes;
