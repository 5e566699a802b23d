//! session_api
