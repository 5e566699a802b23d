//! What only a person can answer.

use std::path::PathBuf;

/// Whether a predicted end state is what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The sentence that is followed.
    pub instruction: String,
    /// A picture of how things are.
    pub now: PathBuf,
    /// A picture of how they would be.
    pub target: PathBuf,
}

/// Puts a question to the person at the screen and waits: yes or no with a reason (which may be
/// empty), or `None` where nobody answers.
pub type Ask<'a> = &'a (dyn Fn(&Question) -> Option<(bool, String)> + Sync);
