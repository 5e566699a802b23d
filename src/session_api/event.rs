//! What a face hears while it waits.

use std::path::PathBuf;

use crate::Stage;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It went as meant.
    Info,
    /// It went on, but something was missing or replaced.
    Warning,
}

/// One fact about work under way. None is lost.
#[derive(Clone, Debug)]
pub enum Event {
    /// A sentence for the person who waits.
    Line(Level, String),
    /// Part of a long work is done.
    Progress {
        /// What is counted: `trials`, `frames`.
        what: &'static str,
        /// How many are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// A stage of a plan has ended.
    Stage(Stage),
    /// A file is complete on disk.
    FileWritten(PathBuf),
}

/// Where events go. It is called from several threads and must not wait for long.
pub type Sink<'a> = &'a (dyn Fn(Event) + Sync);
