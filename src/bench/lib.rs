//! The figures of `flowarm bench`: our parts beside their peers, on this machine.
//!
//! This crate knows no face: it returns numbers and leaves their telling to others.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod physics;
