//! Data shared by all trees of a forest: points, cached bounding boxes, and phases of rotated
//! points.

mod boxes;
mod phases;
mod points;

pub(crate) use boxes::{Boxes, EVERYTHING, Ladder, WAITING};
pub(crate) use phases::{Phases, one};
pub(crate) use points::PointStore;
