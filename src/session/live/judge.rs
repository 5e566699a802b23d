//! Who judges the predicted end state while a face looks on.

use interface::Verifier;
use plan::{GeometricVerifier, HumanVerifier, NoVerifier, VlmVerifier};
use session_api::VerifierChoice;
use session_api::live::Doing;

use super::job::{Answers, Report, Teller};

/// The judge of this name; the error is the sentence why there is none. A person is asked through the
/// face: the pictures are in the plan that is shown.
pub fn judge(
    choice: VerifierChoice,
    teller: Teller,
    answers: Answers,
) -> Result<Box<dyn Verifier>, String> {
    Ok(match choice {
        VerifierChoice::Geometric => Box::new(GeometricVerifier),
        VerifierChoice::None => Box::new(NoVerifier),
        VerifierChoice::Vlm => Box::new(VlmVerifier::from_env().map_err(|e| e.to_string())?),
        VerifierChoice::Human => Box::new(HumanVerifier::new(move |_| {
            teller.tell(Report::Doing(Doing::Asking));
            let answer = answers.wait();
            teller.tell(Report::Doing(Doing::Planning("verdict".into())));
            answer
        })),
    })
}
