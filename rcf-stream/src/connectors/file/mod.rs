//! Lines of files and of the standard streams.

mod ahead;
mod json_reader;
pub(crate) mod line_reader;
mod sink;
mod source;
mod text;

pub use sink::LinesSink;
pub(crate) use source::Records;
pub use source::{LinesInput, LinesSource};
pub use text::Bytes;
