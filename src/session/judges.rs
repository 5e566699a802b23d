//! The judge that a command names, and whether it was there to be asked.

use std::path::Path;

use interface::{Verdict, VerdictQuery, Verifier, VerifierError};
use plan::{GeometricVerifier, HumanVerifier, NoVerifier, VlmVerifier};
use session_api::{Ask, Failure, Question, VerifierChoice};

use crate::files::write_png;

/// Passes questions on to a judge and remembers when nobody answered: that is the machine's lack,
/// not the plan's.
pub struct Judge<'a> {
    inner: Box<dyn Verifier + 'a>,
    /// The sentence, where the judge could not be asked.
    pub absent: Option<String>,
}

impl<'a> Judge<'a> {
    /// The judge of this name. A person is asked through `ask`, with pictures written to `folder`.
    pub fn new(choice: VerifierChoice, ask: Ask<'a>, folder: &'a Path) -> Result<Self, Failure> {
        let inner: Box<dyn Verifier + 'a> = match choice {
            VerifierChoice::Geometric => Box::new(GeometricVerifier),
            VerifierChoice::None => Box::new(NoVerifier),
            VerifierChoice::Vlm => Box::new(
                VlmVerifier::from_env().map_err(|error| Failure::Machine(error.to_string()))?,
            ),
            VerifierChoice::Human => {
                Box::new(HumanVerifier::new(move |query| put(query, ask, folder)))
            }
        };
        Ok(Self { inner, absent: None })
    }
}

impl Verifier for Judge<'_> {
    fn judge(&mut self, query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError> {
        let answer = self.inner.judge(query);
        if let Err(error @ (VerifierError::Absent { .. } | VerifierError::NotConfigured { .. })) =
            &answer
        {
            self.absent = Some(error.to_string());
        }
        answer
    }
}

/// Shows a person both pictures and waits for the answer.
fn put(query: &VerdictQuery<'_>, ask: Ask<'_>, folder: &Path) -> Option<(bool, String)> {
    let shown = |name: &str, picture| {
        let path = folder.join(name);
        write_png(&path, picture).ok()?;
        Some(path)
    };
    let now = shown("judge_now.png", query.before)?;
    let target = shown("judge_target.png", query.after)?;
    ask(&Question { instruction: query.instruction.to_owned(), now, target })
}
