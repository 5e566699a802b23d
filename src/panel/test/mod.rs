//! The panels as a screen reader, a mouse and a keyboard see them.

mod acts;
mod acts_demonstrations;
mod demonstrations;
mod fixture;
mod goldens;
mod harness;
mod picture;
mod policies;
mod recorded;
mod window;
