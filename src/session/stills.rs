//! The pictures of a plan: what was seen, what is expected, how it could be taken.

use interface::Observation;
use plan::Plan;
use session_api::Failure;

use crate::files::Written;

/// Writes one picture for each step that the plan reached; names begin with `prefix`.
pub fn write(
    written: &mut Written<'_>,
    prefix: &str,
    plan: &Plan,
    observation: &Observation,
) -> Result<(), Failure> {
    let Some(view) = observation.views.first() else { return Ok(()) };
    written.picture(&format!("{prefix}1_sees.png"), &view.image)?;
    if let Some(target) = &plan.target {
        written.picture(&format!("{prefix}3_checks.png"), &target.image)?;
    }
    Ok(())
}
