//! Verifiers that ask nobody, or somebody.

use interface::{Verdict, VerdictQuery, Verifier, VerifierError};

/// Accepts everything: the `none` verifier.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVerifier;

impl Verifier for NoVerifier {
    fn judge(&mut self, _query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError> {
        Ok(Verdict {
            accept: true,
            reason: "nobody was asked".into(),
            score: 1.0,
            judge: "none".into(),
        })
    }
}

/// Asks the person at the screen through a function that shows the two pictures and returns the
/// answer and a reason, or `None` when nobody answered.
pub struct HumanVerifier<F> {
    ask: F,
}

impl<F: FnMut(&VerdictQuery<'_>) -> Option<(bool, String)>> HumanVerifier<F> {
    /// A verifier that asks through this function.
    pub fn new(ask: F) -> Self {
        Self { ask }
    }
}

impl<F: FnMut(&VerdictQuery<'_>) -> Option<(bool, String)>> Verifier for HumanVerifier<F> {
    fn judge(&mut self, query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError> {
        let (accept, reason) = (self.ask)(query).ok_or_else(|| VerifierError::Absent {
            judge: "human",
            address: "the screen".into(),
            reason: "nobody answered".into(),
        })?;
        let reason = match (reason.trim(), accept) {
            ("", true) => "accepted by the person at the screen".into(),
            ("", false) => "rejected by the person at the screen".into(),
            (said, _) => said.to_owned(),
        };
        Ok(Verdict { accept, reason, score: f64::from(u8::from(accept)), judge: "human".into() })
    }
}
