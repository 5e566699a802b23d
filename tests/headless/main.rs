//! End-to-end stories, one binary: what a user does at the command line, in process, and the rules
//! of the house.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod demonstrations;
mod evaluation;
mod fits;
mod harness;
mod judged;
mod layering;
mod live;
mod machine;
mod planned;
mod policies;
mod recorded;
mod robots;
mod tidy;
