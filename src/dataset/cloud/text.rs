//! `.xyz`: a point a line, `x y z` or `x y z r g b`, parted by blanks or commas; `#` begins a remark.

use std::io::BufRead;

use interface::Cancel;

use super::gather::Gather;
use super::{CloudFile, Problem, sense};

/// Longest line that is believed, bytes.
pub(super) const LONGEST_LINE: u64 = 1 << 16;

/// The next line without its end; `None` at the end of the stream.
pub(super) fn line<'a>(
    reader: &mut dyn BufRead,
    buffer: &'a mut Vec<u8>,
) -> Result<Option<&'a str>, Problem> {
    use std::io::Read;
    buffer.clear();
    if reader.take(LONGEST_LINE).read_until(b'\n', buffer)? == 0 {
        return Ok(None);
    }
    let text = std::str::from_utf8(buffer).map_err(|_| sense("it holds bytes that are no text"))?;
    Ok(Some(text.trim()))
}

fn says_nothing(line: &str) -> bool {
    line.is_empty() || line.starts_with('#') || line.starts_with("//")
}

/// How many lines hold a point.
pub(super) fn count(reader: &mut dyn BufRead, cancel: &Cancel) -> Result<u64, Problem> {
    let (mut total, mut buffer) = (0_u64, Vec::new());
    while let Some(line) = line(reader, &mut buffer)? {
        total += u64::from(!says_nothing(line));
        if total.is_multiple_of(65536) && cancel.is_cancelled() {
            return Err(Problem::Stopped);
        }
    }
    Ok(total)
}

/// The points.
pub(super) fn read(
    reader: &mut dyn BufRead,
    total: u64,
    most: usize,
    cancel: &Cancel,
) -> Result<CloudFile, Problem> {
    let mut gather = Gather::new(total, most);
    let (mut number, mut buffer) = (0_u64, Vec::new());
    while let Some(line) = line(reader, &mut buffer)? {
        number += 1;
        if number.is_multiple_of(65536) && cancel.is_cancelled() {
            return Err(Problem::Stopped);
        }
        if says_nothing(line) {
            continue;
        }
        if !gather.keeps_next() {
            gather.skip();
            continue;
        }
        let mut row = [f64::NAN; 6];
        let mut got = 0;
        let words = line.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        for word in words.filter(|word| !word.is_empty()).take(6) {
            row[got] = word.parse().map_err(|_| {
                let word: String = word.chars().take(20).collect();
                sense(format!("line {number} holds {word:?}; a line is x y z, or x y z r g b"))
            })?;
            got += 1;
        }
        if got < 3 {
            return Err(sense(format!("line {number} holds {got} numbers; a point needs 3")));
        }
        let color = (got == 6).then(|| [row[3], row[4], row[5]]);
        gather.push([row[0], row[1], row[2]], color);
    }
    Ok(gather.finish())
}
