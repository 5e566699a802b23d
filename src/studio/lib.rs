//! The window: a 3D view of the session's moments with the panels round it (Bevy).
