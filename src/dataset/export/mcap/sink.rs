//! The file under the writer, which must never see it fail.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The first thing that went wrong with a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault(Arc<Mutex<Option<io::Error>>>);

impl Fault {
    /// What went wrong, once.
    pub(super) fn check(&self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    fn note(&self, error: io::Error) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// A file that takes everything. After something went wrong nothing reaches it any more, and it goes
/// on saying where it would be: mcap 0.25 ends the program when a chunk cannot be begun, or ends
/// elsewhere than it should.
#[derive(Debug)]
pub(super) struct Sink {
    file: BufWriter<File>,
    fault: Fault,
    failed: bool,
    place: u64,
    length: u64,
}

impl Sink {
    /// An empty file, and where to ask how it went.
    pub(super) fn new(file: File) -> (Self, Fault) {
        let fault = Fault::default();
        let file = BufWriter::new(file);
        (Self { file, fault: fault.clone(), failed: false, place: 0, length: 0 }, fault)
    }

    /// The file with everything in it.
    pub(super) fn into_file(self) -> io::Result<File> {
        self.fault.check()?;
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.file.into_inner().map_err(io::IntoInnerError::into_error)
    }

    /// Does something with the file as long as nothing went wrong.
    fn reach(&mut self, act: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        if !self.failed
            && let Err(error) = act(&mut self.file)
        {
            self.failed = true;
            self.fault.note(error);
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.reach(|file| file.write_all(bytes));
        self.place += bytes.len() as u64;
        self.length = self.length.max(self.place);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.reach(Write::flush);
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.place = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let place = self.place;
        self.reach(|file| file.seek(SeekFrom::Start(place)).map(drop));
        Ok(place)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.place)
    }
}

#[cfg(test)]
mod tests {
    use interface::Stamp;

    use super::super::messages::Log;
    use super::super::recording::Recording;
    use super::super::schemas::Kind;
    use super::*;

    #[test]
    fn a_file_that_takes_nothing_is_told_and_places_stay_right() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("read only");
        std::fs::write(&path, "").unwrap();
        let (mut sink, fault) = Sink::new(File::open(&path).unwrap());
        assert_eq!(sink.write(&[0; 100_000]).unwrap(), 100_000);
        assert!(fault.check().is_err());
        assert!(fault.check().is_ok(), "it is told once");
        assert_eq!(sink.seek(SeekFrom::End(-10)).unwrap(), 99_990);
        sink.write_all(&[1; 20]).unwrap();
        assert_eq!(sink.stream_position().unwrap(), 100_010);
        assert_eq!(sink.seek(SeekFrom::Current(-100_010)).unwrap(), 0);
        assert!(sink.seek(SeekFrom::Current(-1)).is_err());
        assert!(sink.into_file().is_err(), "and whoever wants the file has to know as well");
        let (mut sink, _) = Sink::new(File::open(&path).unwrap());
        sink.write_all(b"small").unwrap();
        assert!(sink.into_file().is_err(), "what was still held back could not be kept either");
    }

    #[test]
    fn a_whole_recording_on_a_disk_that_is_full_is_one_error() {
        let full = File::options().read(true).write(true).open("/dev/full");
        let Ok(full) = full else { return };
        let mut recording = Recording::new(full).unwrap();
        // Few bytes that many are made of would fit into what is held back.
        let long: String =
            (0..3_000_000_u64).map(|i| char::from((i * i % 89) as u8 + 33)).collect();
        let mut said = Vec::new();
        for index in 0..3 {
            let stamp = Stamp(index);
            let message = Log::new(stamp, &long);
            said.extend(recording.send("/task", Kind::Log, (stamp, stamp), &message).err());
        }
        assert!(said.len() == 1 && matches!(&said[0], ::mcap::McapError::Io(_)), "{said:?}");
        assert!(recording.finish().is_err());
    }
}
