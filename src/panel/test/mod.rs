//! The panels as a screen reader, a mouse and a keyboard see them.

mod acts;
mod fixture;
mod goldens;
mod harness;
mod picture;
mod recorded;
mod window;
