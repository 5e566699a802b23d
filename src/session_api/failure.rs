//! Why something asked could not be done at all.

/// A sentence, and whose turn it is: the person who asked, or the machine's owner.
///
/// Work that was done and whose answer is no (a refused plan, a failed task) is a
/// [`Report`](crate::Report), not a failure.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// What was asked makes no sense, or what it names cannot be read.
    #[error("{0}")]
    Usage(String),
    /// This machine lacks something; the sentence ends with what to do.
    #[error("{0}")]
    Machine(String),
    /// Somebody asked to stop; what was complete is kept.
    #[error("stopped on request; what was complete is kept")]
    Cancelled,
}

impl Failure {
    /// A usage failure from any error's own sentence, its causes included.
    pub fn usage(error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let more = error.to_string();
            // Many errors already end with their cause.
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        Self::Usage(text)
    }
}
