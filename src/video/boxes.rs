//! The boxes of an mp4 file (ISO/IEC 14496-12, section 4.2): a size, a name of four letters,
//! content.
//!
//! Nothing here believes a size: a box that claims more than is there is named and refused.

/// One box within bytes that are in memory.
#[derive(Clone, Copy, Debug)]
pub struct Mp4Box<'a> {
    /// Its four letters.
    pub name: [u8; 4],
    /// What it holds.
    pub content: &'a [u8],
    /// All of it, its header too.
    pub whole: &'a [u8],
}

/// The boxes that follow each other in some bytes. Fewer than eight bytes at the end are no box.
#[derive(Clone, Debug)]
pub struct Boxes<'a>(pub &'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Mp4Box<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = std::mem::take(&mut self.0);
        let header = bytes.first_chunk::<8>()?;
        let long = bytes.get(8..).and_then(|rest| rest.first_chunk::<8>());
        Some(Header::read(header, long, bytes.len() as u64, false).and_then(|header| {
            // The size is at most the number of bytes in memory.
            let (start, end) = (header.length as usize, header.size as usize);
            let parts = bytes.get(start..end).zip(bytes.split_at_checked(end));
            let (content, (whole, rest)) = parts.ok_or_else(|| too_large(header.name, 0, 0))?;
            self.0 = rest;
            Ok(Mp4Box { name: header.name, content, whole })
        }))
    }
}

/// The beginning of a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Its four letters.
    pub name: [u8; 4],
    /// Bytes before its content: 8, or 16 when the size takes 64 bits.
    pub length: u64,
    /// Bytes of all of it.
    pub size: u64,
}

impl Header {
    /// Reads a header of which `available` bytes and its own follow. `long` are the eight bytes
    /// after the first. A size of zero, "to the end", is taken only where `last` may stand.
    pub fn read(
        header: &[u8; 8],
        long: Option<&[u8; 8]>,
        available: u64,
        last: bool,
    ) -> Result<Self, String> {
        let [a, b, c, d, name @ ..] = *header;
        let (length, size) = match (u32::from_be_bytes([a, b, c, d]), long) {
            (0, _) if last => (8, available),
            (1, Some(long)) => (16, u64::from_be_bytes(*long)),
            (short, _) => (8, u64::from(short)),
        };
        if size < length || size > available {
            return Err(too_large(name, size, available));
        }
        Ok(Self { name, length, size })
    }
}

fn too_large(name: [u8; 4], size: u64, there: u64) -> String {
    format!("its box `{}` claims {size} bytes, {there} are there", printable(name))
}

/// The letters of a name.
pub fn printable(name: [u8; 4]) -> String {
    name.escape_ascii().to_string()
}

/// The first box of that name among those in `bytes`.
pub fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Result<Option<Mp4Box<'a>>, String> {
    for found in Boxes(bytes) {
        let found = found?;
        if found.name == *name {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The content of the first box of that name, which must be there.
pub fn need<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Result<Fields<'a>, String> {
    match find(bytes, name)? {
        Some(found) => Ok(Fields { bytes: found.content, name: *name }),
        None => Err(format!("it has no box `{}`", printable(*name))),
    }
}

/// The numbers in a box, taken from its front.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// What is left.
    pub bytes: &'a [u8],
    /// The box they are in.
    pub name: [u8; 4],
}

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (first, rest) = self
            .bytes
            .split_first_chunk::<N>()
            .ok_or_else(|| format!("its box `{}` ends too early", printable(self.name)))?;
        self.bytes = rest;
        Ok(*first)
    }

    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<&mut Self, String> {
        let (_, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or_else(|| format!("its box `{}` ends too early", printable(self.name)))?;
        self.bytes = rest;
        Ok(self)
    }

    /// The version and the flags that begin a full box.
    pub fn version(&mut self) -> Result<(u8, u32), String> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, String> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_be_bytes)
    }

    /// Four bytes with a sign.
    pub fn i32(&mut self) -> Result<i32, String> {
        self.array().map(i32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_be_bytes)
    }

    /// Eight bytes in version 1 of a box, four in version 0.
    pub fn sized(&mut self, version: u8) -> Result<u64, String> {
        if version == 1 { self.u64() } else { self.u32().map(u64::from) }
    }

    /// A table: how many rows it has, each of `row` bytes, of which all must be there.
    pub fn rows(&mut self, row: usize) -> Result<std::slice::ChunksExact<'a, u8>, String> {
        let count = self.u32()? as usize;
        let rows = count.checked_mul(row).and_then(|size| self.bytes.get(..size));
        let rows = rows.ok_or_else(|| {
            let there = self.bytes.len() / row;
            format!("its box `{}` promises {count} rows, {there} are there", printable(self.name))
        })?;
        Ok(rows.chunks_exact(row))
    }
}

/// The four bytes at `at` of a row that has them.
pub fn word(row: &[u8], at: usize) -> u32 {
    row.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_be_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<usize, &str>) {
        let boxes: Result<Vec<_>, _> = Boxes(bytes).collect();
        assert_eq!(boxes.map(|b| b.len()), expected.map_err(String::from));
    }

    #[test]
    fn boxes_hold_together_or_are_named() {
        check(b"", Ok(0));
        check(b"\0\0\0", Ok(0));
        check(b"\0\0\0\x10free12345678", Ok(1));
        check(b"\0\0\0\x08free\0\0\0\x08skip\0\0", Ok(2));
        check(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12xy", Ok(1));
        check(b"\0\0\0\0mdatrest", Err("its box `mdat` claims 0 bytes, 12 are there"));
        check(b"\0\0\0\x04free", Err("its box `free` claims 4 bytes, 8 are there"));
        check(b"\0\0\0\x20free", Err("its box `free` claims 32 bytes, 8 are there"));
        check(
            b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x02",
            Err("its box `mdat` claims 2 bytes, 16 are there"),
        );
    }

    #[test]
    fn tables_never_promise_more_than_they_hold() {
        let table = |bytes| Fields { bytes, name: *b"stsz" }.rows(4).map(Iterator::count);
        assert_eq!(table(b"\0\0\0\x01abcd"), Ok(1));
        let promise = "its box `stsz` promises 4294967295 rows, 1 are there".to_string();
        assert_eq!(table(b"\xff\xff\xff\xffabcd"), Err(promise));
        assert_eq!(table(b"\0\0"), Err("its box `stsz` ends too early".to_string()));
    }
}
