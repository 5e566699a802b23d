//! The files read back, by the crate that wrote them and by the reader of the Python package.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interface::{Frame, FrameLayout};
use serde_json::{Value, json};

use super::*;
use crate::export::tests::{GRIPPERS, add, frame, layout, notes, python, run, shot};

/// A message that was read.
struct Read {
    topic: String,
    schema: String,
    log: u64,
    taken: u64,
    json: Value,
}

/// Every message of a file, whose index has to agree.
fn read(path: &Path) -> Vec<Read> {
    let bytes = fs::read(path).unwrap();
    let messages: Vec<Read> = ::mcap::MessageStream::new(&bytes)
        .unwrap()
        .map(|message| {
            let message = message.unwrap();
            let schema = message.channel.schema.clone().unwrap();
            assert_eq!(message.channel.message_encoding, "json");
            assert_eq!(schema.encoding, "jsonschema");
            assert!(
                serde_json::from_slice::<Value>(&schema.data).unwrap()["properties"].is_object()
            );
            Read {
                topic: message.channel.topic.clone(),
                schema: schema.name.clone(),
                log: message.log_time,
                taken: message.publish_time,
                json: serde_json::from_slice(&message.data).unwrap(),
            }
        })
        .collect();
    let summary = ::mcap::Summary::read(&bytes).unwrap().unwrap();
    assert_eq!(summary.stats.unwrap().message_count, messages.len() as u64);
    assert!(messages.is_sorted_by_key(|message| message.log));
    // The summary's checksum, and the order in which it lists things.
    let tail = bytes.len() - 8 - 4;
    let start = bytes[tail - 16..tail - 8].try_into().map(u64::from_le_bytes).unwrap() as usize;
    assert_eq!(bytes[tail..tail + 4], crc32fast::hash(&bytes[start..tail]).to_le_bytes());
    let mut numbers = Vec::new();
    let mut at = start;
    while at < tail - 16 {
        let length = bytes[at + 1..at + 9].try_into().map(u64::from_le_bytes).unwrap() as usize;
        if matches!(bytes[at], 3 | 4) {
            numbers.push((bytes[at], bytes[at + 9..at + 11].try_into().map(u16::from_le_bytes)));
        }
        at += 9 + length;
    }
    // Task and control mode are always there: a schema and a channel each.
    assert!(numbers.len() >= 4 && numbers.is_sorted_by_key(|(kind, id)| (*kind, id.unwrap())));
    messages
}

/// Every message of a file is read.
pub(in crate::export) fn opens(path: &Path) {
    assert!(!read(path).is_empty());
}

/// Exports episodes of the given lengths.
fn export(layout: &FrameLayout, lengths: &[usize], out: &Path) -> Exported {
    let mut export = Box::new(McapExport::begin(layout, GRIPPERS, out).unwrap());
    for (episode, length) in lengths.iter().enumerate() {
        let frames: Vec<Frame> = (0..*length).map(|index| frame(episode, index)).collect();
        add(export.as_mut(), layout, &notes(episode), &frames).unwrap();
    }
    export.finish().unwrap()
}

/// Numbers as JSON has them.
fn close(got: &Value, expected: f32) -> bool {
    (got.as_f64().unwrap() as f32).to_bits() == expected.to_bits()
}

#[test]
fn every_message_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("demos");
    let layout = layout();
    let exported = export(&layout, &[4, 1], &out);
    let names = ["episode_000000.mcap", "episode_000001.mcap"].map(|name| out.join(name));
    assert_eq!((exported.episodes, exported.frames), (2, 5));
    assert_eq!(exported.files, names);

    let messages = read(&names[0]);
    let of = |topic: &str| messages.iter().filter(|m| m.topic == topic).collect::<Vec<_>>();
    for index in 0..4 {
        let due = frame(0, index);
        let stamp = due.stamp.0 as u64;
        let time = json!({ "sec": 0, "nsec": due.stamp.0 });
        for (topic, numbers) in [
            ("/joint_states", &due.state),
            ("/action", &due.action),
            ("/action_requested", &due.requested),
        ] {
            let got = of(topic)[index];
            assert_eq!((got.log, got.schema.as_str()), (stamp, "foxglove.JointStates"));
            assert_eq!(got.json["timestamp"], time);
            for (joint, (name, number)) in layout.joints.iter().zip(numbers).enumerate() {
                let got = &got.json["joints"][joint];
                assert!(got["name"] == *name && close(&got["position"], *number), "{got}");
            }
        }
        let transforms = &of("/tf")[index].json["transforms"];
        let children: Vec<_> =
            transforms.as_array().unwrap().iter().map(|t| t["child_frame_id"].clone()).collect();
        assert_eq!(children, ["tool", "cube", "tea/pot ☕"]);
        assert!(close(&transforms[0]["translation"]["y"], due.tool_pose[1]));
        assert!(close(&transforms[0]["rotation"]["w"], due.tool_pose[6]));
        assert!(close(&transforms[2]["translation"]["x"], due.environment[7]));
        let flow = &of("/flow")[index].json;
        let points = STANDARD.decode(flow["data"].as_str().unwrap()).unwrap();
        let due: Vec<u8> = due.flow.as_flattened().iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!((points, &flow["point_stride"]), (due, &json!(12)));
    }
    let words = |topic: &str, key: &str| {
        of(topic).iter().map(|m| m.json[key].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words("/task", "message"), ["lift the “cube”, take 0", "done", "success"]);
    assert_eq!(words("/control_mode", "mode"), ["expert", "guard", "expert"]);
    assert_eq!(of("/camera/front").len(), 4);
    let slow = of("/camera/wrist/left");
    let times: Vec<_> = slow.iter().map(|m| (m.log, m.taken)).collect();
    assert_eq!(times, [(7, 3), (40_000_007, 40_000_003)]);
    for (index, message) in of("/camera/front").iter().enumerate() {
        let jpeg = STANDARD.decode(message.json["data"].as_str().unwrap()).unwrap();
        let got = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        let due = shot(&layout.cameras[0], 0, index).image;
        assert_eq!((got.width(), got.height()), (16, 12));
        let pairs = got.as_raw().iter().zip(due.rgb.as_flattened());
        let off: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        assert!(off < 6 * 16 * 12 * 3, "the pictures differ by {off} in all");
    }
    let depth = &of("/camera_depth/front")[1].json;
    let bytes = STANDARD.decode(depth["data"].as_str().unwrap()).unwrap();
    let millimetres: Vec<u16> =
        bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    assert_eq!((&millimetres[..3], &depth["step"]), (&[0, 502, 503][..], &json!(32)));

    // The same again by the reader that everybody has.
    let Some(python) = python("FLOWARM_MCAP_PYTHON", "mcap") else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    messages.iter().for_each(|message| *counts.entry(&message.topic).or_default() += 1);
    let expected = json!({
        "counts": counts,
        "stamps": (0..4).map(|i| frame(0, i).stamp.0).collect::<Vec<_>>(),
        "joints": layout.joints,
        "states": (0..4).map(|i| frame(0, i).state).collect::<Vec<_>>(),
        "flow": (0..4).map(|i| frame(0, i).flow).collect::<Vec<_>>(),
        "task": notes(0).task,
        "seed": "40",
    });
    let expected_path = dir.path().join("expected.json");
    fs::write(&expected_path, expected.to_string()).unwrap();
    run(&python, include_str!("mcap_check.py"), &[&names[0], &expected_path]);
}

#[test]
fn the_same_episodes_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = ["a", "b"].map(|name| {
        let exported = export(&layout(), &[3], &dir.path().join(name));
        fs::read(&exported.files[0]).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}

#[test]
fn what_nobody_recorded_has_no_topic() {
    let dir = tempfile::tempdir().unwrap();
    let layout = FrameLayout { cameras: vec![], ..layout() };
    let mut export = Box::new(McapExport::begin(&layout, GRIPPERS, &dir.path().join("x")).unwrap());
    let bare = Frame {
        state: vec![0.5, f32::NAN, 0.0],
        action: vec![0.0; 3],
        environment: [&[f32::NAN; 7][..], &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]].concat(),
        ..Frame::default()
    };
    add(export.as_mut(), &layout, &EpisodeNotes::default(), &[bare]).unwrap();
    let messages = read(&export.finish().unwrap().files[0]);
    let topics: Vec<_> = messages.iter().map(|message| message.topic.as_str()).collect();
    assert_eq!(topics, ["/tf", "/joint_states", "/action", "/task", "/control_mode", "/task"]);
    assert_eq!(messages[0].json["transforms"].as_array().unwrap().len(), 1);
    assert!(messages[1].json["joints"][1].get("position").is_none());
    assert_eq!(messages[5].json["message"], "no success");
}

#[test]
fn a_time_before_the_clock_began_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("x");
    let mut export = McapExport::begin(&layout(), GRIPPERS, &out).unwrap();
    let early = Frame { stamp: Stamp(-1_500_000_000), ..frame(0, 0) };
    let said = add(&mut export, &layout(), &notes(0), &[early]).unwrap_err().to_string();
    assert!(said.contains("frame 0 has the time -1.5 s"), "{said}");
}
