//! The file, and how much of it waits to be written.

use std::path::Path;

use hdf5_pure::{
    DatasetBuilder, File, FileAccessProperties, FileCreateProperties, StagedGroup, SyncPolicy,
};

/// Bytes that may wait. Bringing the file up to date takes longer the more there is in it, so many
/// small episodes go together.
const WAITING: usize = 32 << 20;

/// A file that is being written.
pub(super) struct Store {
    file: File,
    waiting: usize,
}

impl Store {
    /// Begins a file, which is forced to the disk once, when it is closed.
    pub(super) fn new(path: &Path) -> Result<Self, hdf5_pure::Error> {
        let access = FileAccessProperties::new().with_sync_policy(SyncPolicy::OnClose);
        let file = File::create_with_options(path, FileCreateProperties::new(), access)?;
        Ok(Self { file, waiting: 0 })
    }

    /// The file. What waits can be named in it but not read.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Whether so many bytes are written at once, and never wait.
    pub(super) fn is_much(bytes: usize) -> bool {
        bytes > WAITING
    }

    /// Adds a group of about so many bytes.
    pub(super) fn group(
        &mut self,
        path: &str,
        bytes: usize,
        build: impl FnOnce(&mut StagedGroup<'_>),
    ) -> Result<(), hdf5_pure::Error> {
        self.make_room(bytes)?;
        self.file.root().create_group_with(path, build)?;
        self.take_in(bytes)
    }

    /// Adds a data set of so many bytes.
    pub(super) fn dataset(
        &mut self,
        path: &str,
        bytes: usize,
        build: impl FnOnce(&mut DatasetBuilder),
    ) -> Result<(), hdf5_pure::Error> {
        self.make_room(bytes)?;
        self.file.root().create_dataset(path, build)?;
        self.take_in(bytes)
    }

    /// Puts other numbers in the place of those of a data set, which does not wait.
    pub(super) fn change(
        &mut self,
        path: &str,
        to: impl FnOnce(&mut [f64]),
    ) -> Result<(), hdf5_pure::Error> {
        let mut dataset = self.file.dataset(path)?;
        let (shape, mut numbers) = (dataset.shape()?, dataset.read_f64()?);
        let bytes = size_of_val(numbers.as_slice());
        self.make_room(bytes)?;
        to(&mut numbers);
        dataset.write_staged(|data| {
            data.with_f64_data(&numbers).with_shape(&shape);
        })?;
        self.take_in(bytes)
    }

    /// Writes what waits.
    pub(super) fn write(&mut self) -> Result<(), hdf5_pure::Error> {
        self.waiting = 0;
        self.file.commit()
    }

    /// Writes what waits and closes the file, which is then on the disk.
    pub(super) fn close(mut self) -> Result<(), hdf5_pure::Error> {
        self.write()?;
        self.file.close()
    }

    fn make_room(&mut self, bytes: usize) -> Result<(), hdf5_pure::Error> {
        if self.waiting > 0 && self.waiting + bytes > WAITING { self.write() } else { Ok(()) }
    }

    fn take_in(&mut self, bytes: usize) -> Result<(), hdf5_pure::Error> {
        self.waiting += bytes;
        if Self::is_much(self.waiting) { self.write() } else { Ok(()) }
    }
}
