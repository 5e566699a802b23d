//! Editing data sets: put together, split, packed, and changed in place so that it can be undone.
//!
//! There is one mechanism. A [`Plan`] lists pieces of data sets that are open for reading, each an
//! episode or a part of one, and [`write`] makes a new data set of them: rows are numbered anew and
//! their statistics computed anew, films are linked where they can stay whole and cut where not, and
//! what the standard has no place for goes along. The result lies beside its place under a hidden name
//! until the disk has all of it and appears in one step.
//!
//! In place means that the two folders are exchanged in one step. A process that dies at any moment
//! leaves the data set as it was or as it should be. The folder before the edit is kept as a
//! [`Before`] for [`undo`].

mod along;
mod aside;
mod before;
mod change;
mod data_files;
mod fill;
mod films;
mod groups;
mod lead;
mod links;
mod make;
mod piece;
mod plan;
mod tables;

#[cfg(test)]
mod tests;

pub use aside::tidy;
pub use before::{Before, undo};
pub use change::{Delete, Relabel, Tag, Trim, delete, relabel, tag, trim};
pub use fill::{Written, write};
pub use make::{Compact, Merge, Split, compact, merge, split};
pub use plan::{Limits, Piece, Plan};
