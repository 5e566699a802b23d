//! The summary at a file's end in one order: the writer lists schemas and channels as its hash map
//! does, differently in every run.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Opcode and length before every record.
const HEAD: usize = 9;
/// The footer's record and the magic bytes after it.
const TAIL: usize = HEAD + 20 + 8;
const SCHEMA: u8 = 0x03;
const CHANNEL: u8 = 0x04;

/// Sorts the schemas and the channels in the summary by number. The file has to be finished.
pub(super) fn settle(file: &mut File) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(-(TAIL as i64)))?;
    let mut tail = [0; TAIL];
    file.read_exact(&mut tail)?;
    let start = u64::from_le_bytes(eight(&tail[HEAD..]));
    let length = end.checked_sub(start).filter(|_| start > 0).ok_or_else(broken)?;
    let mut summary = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut summary)?;

    let mut sorted = Vec::with_capacity(summary.len() + TAIL);
    let mut records = records(&summary)?;
    for run in records.chunk_by_mut(|a, b| a[0] == b[0]) {
        if matches!(run[0][0], SCHEMA | CHANNEL) {
            run.sort_by_key(|record| record.get(HEAD..HEAD + 2).map(|id| [id[1], id[0]]));
        }
        run.iter().for_each(|record| sorted.extend_from_slice(record));
    }
    // The checksum covers the summary and the footer up to the checksum itself.
    sorted.extend_from_slice(&tail[..HEAD + 16]);
    let sum = crc32fast::hash(&sorted);
    sorted.extend_from_slice(&sum.to_le_bytes());
    file.seek(SeekFrom::Start(start))?;
    file.write_all(&sorted)
}

/// The records of a section, each with its opcode and length.
fn records(mut section: &[u8]) -> io::Result<Vec<&[u8]>> {
    let mut records = Vec::new();
    while !section.is_empty() {
        let head = section.get(..HEAD).ok_or_else(broken)?;
        let length =
            usize::try_from(u64::from_le_bytes(eight(&head[1..]))).map_err(io::Error::other)?;
        let (record, rest) =
            section.split_at_checked(HEAD.saturating_add(length)).ok_or_else(broken)?;
        records.push(record);
        section = rest;
    }
    Ok(records)
}

fn eight(bytes: &[u8]) -> [u8; 8] {
    std::array::from_fn(|i| bytes.get(i).copied().unwrap_or_default())
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the summary at its end is not where it should be")
}
