//! world_model
