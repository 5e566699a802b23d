//! rerun_log
