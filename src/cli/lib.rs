//! The command line: flags become questions to the session, its events lines, its reports JSON.
//!
//! It knows no organ: what a command means is the session's business, what it looks like is decided
//! here. Exit codes: 0 done; 1 done and the answer is no; 2 wrong usage or unreadable input; 3 this
//! machine lacks something.

mod args;
mod args_demonstrations;
mod args_policies;
mod console;
mod summary;
mod summary_demonstrations;
mod summary_policies;

use std::io::{BufRead, IsTerminal, Write};

use clap::Parser;
use interface::Cancel;
use session_api::{Ask, Command, FaceBench, Failure, Question, Report};

use args::{Act, Line};
use console::Console;

/// What the command line knows of the program's window.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Why there is none, where one was tried.
    pub failed: Option<String>,
    /// What it can measure of itself.
    pub benches: Vec<FaceBench>,
}

/// Runs one command line (`args` without the program's name) and gives its exit code.
///
/// Nothing but `out` and `err` is written to, apart from the files that the command names; a bar
/// is never drawn, and nobody answers questions.
pub fn run(args: &[String], out: &mut (dyn Write + Send), err: &mut (dyn Write + Send)) -> i32 {
    act(args, out, Console::plain(err), &|_| None, &Cancel::default(), &Window::default())
}

/// Runs the command line of this process on its own stdout and stderr, with a progress bar where
/// stderr is a terminal; the first Ctrl-C asks the work to stop, the second ends the process.
pub fn run_process(window: &Window) -> i32 {
    let cancel = Cancel::default();
    let asked = cancel.clone();
    let watched = ctrlc::set_handler(move || {
        if asked.is_cancelled() {
            std::process::exit(130);
        }
        asked.cancel();
    });
    let mut stderr = std::io::stderr();
    if let Err(error) = watched {
        let _ = writeln!(stderr, "Ctrl-C will end the program at once: {error}");
    }
    let console = if stderr.is_terminal() {
        Console::terminal(&mut stderr)
    } else {
        Console::plain(&mut stderr)
    };
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    act(&args, &mut std::io::stdout(), console, &ask_on_terminal, &cancel, window)
}

/// Asks the person who started this process: `y`, or `n` and why.
fn ask_on_terminal(question: &Question) -> Option<(bool, String)> {
    let mut stderr = std::io::stderr();
    let shown = writeln!(
        stderr,
        "Is this what \"{}\" means?\n  now:    {}\n  target: {}\nyes, or no and why: ",
        question.instruction,
        question.now.display(),
        question.target.display()
    );
    shown.ok()?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
        return None;
    }
    answer(&line)
}

/// `yes`, or `no` with a reason; anything else is no answer.
fn answer(line: &str) -> Option<(bool, String)> {
    let (word, reason) = line.trim().split_once([' ', ',']).unwrap_or((line.trim(), ""));
    let accept = match word.to_lowercase().as_str() {
        "y" | "yes" => true,
        "n" | "no" => false,
        _ => return None,
    };
    Some((accept, reason.trim().to_owned()))
}

fn act(
    args: &[String],
    out: &mut (dyn Write + Send),
    mut console: Console<'_>,
    ask: Ask<'_>,
    cancel: &Cancel,
    window: &Window,
) -> i32 {
    let line = match Line::try_parse_from(
        std::iter::once("flowarm").chain(args.iter().map(String::as_str)),
    ) {
        Ok(line) => line,
        Err(error) => {
            let help = !error.use_stderr();
            let text = error.render().to_string();
            if help {
                let _ = out.write_all(text.as_bytes());
                return 0;
            }
            console.error(text.trim_end());
            if args.iter().any(|arg| arg == "--json") {
                let first = text.lines().next().unwrap_or_default();
                print_json(out, &error_object(first.trim_start_matches("error: ")));
            }
            return 2;
        }
    };
    let common = line.common;
    console.quiet = common.quiet;
    let asked = line.act.unwrap_or_else(|| {
        let why = window.failed.as_deref().unwrap_or(if display_present() {
            "the studio is not part of this build"
        } else {
            "there is no display here"
        });
        console.line(&format!("No window: {why}. This is the tour without one."));
        Act::tour()
    });
    if asked.wants_window() {
        console.line("The tour has no window yet: this is the one in pictures.");
    }
    let mut command = asked.command(common.seed);
    if let Command::Bench(spec) = &mut command {
        spec.of_face.clone_from(&window.benches);
    }
    let answer = session::run(&command, &|event| console.event(event), ask, cancel);
    console.finish();
    match answer {
        Ok(report) => {
            let text = summary::of(&report);
            if common.json {
                console.line(&text);
                print_json(out, &report);
            } else {
                let _ = writeln!(out, "{text}");
            }
            exit_code(&report)
        }
        Err(failure) => {
            console.error(&failure.to_string());
            if common.json {
                print_json(out, &error_object(&failure.to_string()));
            }
            match failure {
                Failure::Cancelled => 1,
                Failure::Usage(_) => 2,
                Failure::Machine(_) => 3,
            }
        }
    }
}

fn exit_code(report: &Report) -> i32 {
    if report.is_yes() { 0 } else { 1 }
}

fn error_object(sentence: &str) -> serde_json::Value {
    serde_json::json!({ "error": sentence })
}

fn print_json(out: &mut (dyn Write + Send), value: &impl serde::Serialize) {
    // Reports hold no map with keys that are not text, so this cannot fail on what we give it.
    let text = serde_json::to_string(value)
        .unwrap_or_else(|error| error_object(&error.to_string()).to_string());
    let _ = writeln!(out, "{text}");
}

/// Whether a window could be opened.
fn display_present() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let args = std::iter::once("flowarm").chain(line.split_whitespace());
        let line = Line::try_parse_from(args).map_err(|error| error.to_string())?;
        Ok(line.act.unwrap_or_else(Act::tour).command(line.common.seed))
    }

    #[test]
    fn flags_become_questions() {
        let check = |line: &str, expected: &str| {
            let got = parse(line).map_or_else(|error| error, |command| format!("{command:?}"));
            assert!(got.contains(expected), "{line}: {got}");
        };
        check("doctor", "Doctor");
        check("eval --policy plan --scene pick_cube --trials 3 --seed 7", "seed: 7");
        check("plan --scene pick_cube", "world_model: GoalFlow");
        check("plan --rgbd a --flow b", "world_model: Recorded");
        check("plan --rgbd a --flow b --world-model goal_flow", "world_model: GoalFlow");
        check("plan", "required");
        check("plan --rgbd a --execute", "cannot be used with");
        check("plan --scene a --rgbd b", "cannot be used with");
        check("eval --policy plan --scene a --level 4", "0..=3");
        check("demo --force", "--out");
        check("", "Demo");
    }

    #[test]
    fn people_answer_in_words() {
        let check = |line: &str, expected: Option<(bool, &str)>| {
            let expected = expected.map(|(accept, reason)| (accept, reason.to_owned()));
            assert_eq!(answer(line), expected, "{line}");
        };
        check("y\n", Some((true, "")));
        check("Yes, fine", Some((true, "fine")));
        check("no the cup is tilted", Some((false, "the cup is tilted")));
        check("perhaps", None);
        check("", None);
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Line::command().debug_assert();
    }
}
