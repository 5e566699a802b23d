//! The real window, seen and used.
