//! One MCAP file while it is written: topics open with their first message.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use interface::Stamp;
use mcap::records::{MessageHeader, Metadata};
use mcap::{Compression, McapError, WriteOptions, Writer};
use serde::Serialize;

use super::order::settle;
use super::schemas::Kind;
use super::sink::{Fault, Sink};

/// A file that is being written.
pub(super) struct Recording {
    writer: Writer<Sink>,
    fault: Fault,
    topics: BTreeMap<String, Topic>,
}

/// A topic that is open.
struct Topic {
    channel: u16,
    /// The number of its next message.
    sequence: u32,
}

impl Recording {
    /// Begins `file`, which can be read as well: chunks compressed with Zstandard, and the same bytes for any number of cores.
    pub(super) fn new(file: File) -> Result<Self, McapError> {
        let options = WriteOptions::new()
            .compression(Some(Compression::Zstd))
            .compression_threads(0)
            .library("flowarm");
        let (sink, fault) = Sink::new(file);
        Ok(Self { writer: options.create(sink)?, fault, topics: BTreeMap::new() })
    }

    /// Writes a message of a frame at `stamp` about something of the moment `taken`, both not before
    /// the clock's start.
    pub(super) fn send(
        &mut self,
        topic: &str,
        kind: Kind,
        (stamp, taken): (Stamp, Stamp),
        message: &impl Serialize,
    ) -> Result<(), McapError> {
        if !self.topics.contains_key(topic) {
            let schema = self.writer.add_schema(kind.name(), "jsonschema", &kind.schema())?;
            let channel = self.writer.add_channel(schema, topic, "json", &BTreeMap::new())?;
            self.topics.insert(topic.to_owned(), Topic { channel, sequence: 0 });
        }
        let Some(open) = self.topics.get_mut(topic) else { return Ok(()) };
        let header = MessageHeader {
            channel_id: open.channel,
            sequence: open.sequence,
            log_time: stamp.0.unsigned_abs(),
            publish_time: taken.0.unsigned_abs(),
        };
        open.sequence += 1;
        let message = serde_json::to_vec(message).map_err(io::Error::from)?;
        self.writer.write_to_known_channel(&header, &message)?;
        Ok(self.fault.check()?)
    }

    /// Writes what holds for the whole file, under a name.
    pub(super) fn note(
        &mut self,
        name: &str,
        metadata: BTreeMap<String, String>,
    ) -> Result<(), McapError> {
        self.writer.write_metadata(&Metadata { name: name.to_owned(), metadata })
    }

    /// Ends the file; it is on the disk when this returns.
    pub(super) fn finish(mut self) -> Result<(), McapError> {
        self.writer.finish()?;
        let mut file = self.writer.into_inner().into_file()?;
        settle(&mut file)?;
        Ok(file.sync_all()?)
    }
}
