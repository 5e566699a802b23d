//! Peers in Python: a script is given JSON on its standard input and answers with JSON.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Names the Python with the peers' packages; `python3` where it is not set.
pub const PEERS_PYTHON: &str = "FLOWARM_PEERS_PYTHON";

/// What `script` answers to `given`, or one sentence why it does not; `packages` are what it
/// imports, in words.
pub(crate) fn answer(script: &str, given: &Value, packages: &str) -> Result<Value, String> {
    let python = std::env::var(PEERS_PYTHON).unwrap_or_else(|_| "python3".into());
    let why =
        |what: String| format!("no peer: {what} (set {PEERS_PYTHON} to a Python with {packages})");
    let mut child = Command::new(&python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| why(format!("`{python}` does not start: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A script that fails early closes the pipe; its own words say more than this error.
        let _ = stdin.write_all(given.to_string().as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| why(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(why(said.trim().lines().last().unwrap_or("no word").to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| why(format!("its answer: {error}")))
}
