//! The JSON schemas of the messages: Foxglove's well-known ones by name and field, and one of ours.
//!
//! Fields: Foxglove's message schemas (docs.foxglove.dev/docs/sdk/schemas), those that are written
//! here. Times are `{sec, nsec}`, bytes are base64.

use serde_json::{Value, json};

/// What a topic carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Where frames stand in others.
    FrameTransforms,
    /// Positions of joints by name.
    JointStates,
    /// Points in a frame.
    PointCloud,
    /// A JPEG picture.
    CompressedImage,
    /// A picture of plain numbers.
    RawImage,
    /// A line of text.
    Log,
    /// Who decides from now on.
    ControlMode,
}

impl Kind {
    /// The schema's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FrameTransforms => "foxglove.FrameTransforms",
            Self::JointStates => "foxglove.JointStates",
            Self::PointCloud => "foxglove.PointCloud",
            Self::CompressedImage => "foxglove.CompressedImage",
            Self::RawImage => "foxglove.RawImage",
            Self::Log => "foxglove.Log",
            Self::ControlMode => "flowarm.ControlMode",
        }
    }

    /// The schema.
    pub(super) fn schema(self) -> Vec<u8> {
        let fields = match self {
            Self::FrameTransforms => {
                let transform = json!({
                    "timestamp": time(), "parent_frame_id": text(), "child_frame_id": text(),
                    "translation": numbers(&["x", "y", "z"]),
                    "rotation": numbers(&["x", "y", "z", "w"]),
                });
                json!({ "transforms": list(object(transform)) })
            }
            Self::JointStates => {
                let joint = json!({ "name": text(), "position": number() });
                json!({ "timestamp": time(), "joints": list(object(joint)) })
            }
            Self::PointCloud => {
                let pose = json!({
                    "position": numbers(&["x", "y", "z"]),
                    "orientation": numbers(&["x", "y", "z", "w"]),
                });
                let field = json!({ "name": text(), "offset": whole(), "type": whole() });
                json!({
                    "timestamp": time(), "frame_id": text(), "pose": object(pose),
                    "point_stride": whole(), "fields": list(object(field)), "data": bytes(),
                })
            }
            Self::CompressedImage => json!({
                "timestamp": time(), "frame_id": text(), "data": bytes(), "format": text(),
            }),
            Self::RawImage => json!({
                "timestamp": time(), "frame_id": text(), "width": whole(), "height": whole(),
                "encoding": text(), "step": whole(), "data": bytes(),
            }),
            Self::Log => json!({
                "timestamp": time(), "level": whole(), "message": text(), "name": text(),
                "file": text(), "line": whole(),
            }),
            Self::ControlMode => json!({ "timestamp": time(), "mode": text() }),
        };
        let mut schema = object(fields);
        schema["title"] = json!(self.name());
        schema.to_string().into_bytes()
    }
}

fn object(fields: Value) -> Value {
    json!({ "type": "object", "properties": fields })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "number" })
}

fn whole() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn bytes() -> Value {
    json!({ "type": "string", "contentEncoding": "base64" })
}

fn time() -> Value {
    let mut time = object(json!({ "sec": whole(), "nsec": whole() }));
    time["title"] = json!("time");
    time
}

fn numbers(names: &[&str]) -> Value {
    object(names.iter().map(|name| ((*name).to_owned(), number())).collect::<Value>())
}
