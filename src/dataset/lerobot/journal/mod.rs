//! The journal of an episode that is being recorded: one file that is only ever appended to.
//!
//! It begins with eight letters and holds records, each `[length u32][crc32 u32][kind u8][payload]`,
//! little endian; length and checksum are of kind and payload. The first record says what frames look
//! like and what is known of the episode. A process that dies loses what it had not handed to the
//! system, at most half a second where [`Journal::flush`] is called every period; a torn record at the
//! end is left out when the journal is read.

mod finish;
mod read;
mod record;
mod write;

#[cfg(test)]
mod tests;

pub use finish::{Develop, Developed, Finished, Prepared, finish, prepare, unfinished};
pub(crate) use finish::{is_being_recorded, journals};
pub use read::JournalReader;
pub use record::{Packing, Record};
pub use write::Journal;

/// What every journal begins with.
const MAGIC: &[u8; 8] = b"FLOWJRN1";
/// Bytes before a record's kind.
const HEAD: usize = 8;
/// Longest record believed, bytes.
const LONGEST: usize = 1 << 28;
