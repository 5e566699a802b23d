"""Reads an exported file with the `mcap` package and compares it with what it should hold."""

import base64
import collections
import json
import struct
import sys

from mcap.reader import make_reader

path, expected = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
PLAIN = {"string": str, "integer": int, "number": (int, float)}


def conforms(value, schema, where):
    """Every field that is there is in the schema and of its type."""
    if schema["type"] == "object":
        for key, inner in value.items():
            conforms(inner, schema["properties"][key], f"{where}.{key}")
    elif schema["type"] == "array":
        for inner in value:
            conforms(inner, schema["items"], where)
    else:
        assert isinstance(value, PLAIN[schema["type"]]), (where, value)
        if schema.get("contentEncoding") == "base64":
            base64.b64decode(value, validate=True)


counts = collections.Counter()
seen = collections.defaultdict(list)
with open(path, "rb") as stream:
    reader = make_reader(stream, validate_crcs=True)
    for schema, channel, message in reader.iter_messages():
        assert schema.encoding == "jsonschema" and channel.message_encoding == "json"
        content = json.loads(message.data)
        conforms(content, json.loads(schema.data), schema.name)
        assert message.sequence == counts[channel.topic]
        counts[channel.topic] += 1
        seen[channel.topic].append((message.log_time, content))
    summary = reader.get_summary()
    assert summary.statistics.message_count == sum(counts.values())
    assert {chunk.compression for chunk in summary.chunk_indexes} == {"zstd"}
    (about,) = [record for record in reader.iter_metadata() if record.name == "episode"]
    assert about.metadata["seed"] == expected["seed"]
    assert about.metadata["task"] == expected["task"]

assert dict(counts) == expected["counts"], counts
assert seen["/task"][0][1]["message"] == expected["task"]
assert [log for log, _ in seen["/joint_states"]] == expected["stamps"]
single = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
for (_, joints), state in zip(seen["/joint_states"], expected["states"]):
    assert [joint["name"] for joint in joints["joints"]] == expected["joints"]
    assert [single(joint["position"]) for joint in joints["joints"]] == [single(x) for x in state]
for (_, cloud), flow in zip(seen["/flow"], expected["flow"]):
    points = struct.iter_unpack("<3f", base64.b64decode(cloud["data"]))
    assert [list(point) for point in points] == [[single(x) for x in point] for point in flow]
for _, picture in seen["/camera/front"]:
    assert picture["format"] == "jpeg" and base64.b64decode(picture["data"])[:3] == b"\xff\xd8\xff"
