"""Reads an exported file with h5py and compares everything in it with what it should hold."""

import json
import sys

import h5py
import numpy as np

path, expected = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
with h5py.File(path, "r") as file:
    found = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    data_sets = {name for name in found if name.startswith("data/")}
    assert data_sets == set(expected["datasets"]), data_sets ^ set(expected["datasets"])
    for name, due in expected["datasets"].items():
        got = found[name]
        assert got.dtype == np.dtype(due["kind"]), (name, got.dtype)
        assert list(got.shape) == due["shape"], (name, got.shape)
        off = np.abs(got[()].astype(float).ravel() - np.array(due["values"], float)).max()
        assert off < 1e-12, (name, off)
        if name.endswith("_image"):
            assert got.chunks == (1, *got.shape[1:]) and got.compression == "gzip", name
        if name.endswith("/actions"):
            assert np.abs(got[()]).max() <= 1, name

    data = file["data"].attrs
    assert data["total"] == sum(expected["lengths"])
    arguments = json.loads(data["env_args"])
    assert isinstance(data["env_args"], str) and arguments["env_name"] == "pick_cube"
    assert isinstance(arguments["type"], int) and arguments["env_kwargs"]["robots"] == "so101"
    for index, (length, words) in enumerate(zip(expected["lengths"], expected["words"])):
        demo = file[f"data/demo_{index}"]
        assert demo.attrs["num_samples"] == length
        assert isinstance(demo.attrs["ep_meta"], str)
        assert json.loads(demo.attrs["ep_meta"])["lang"] == words
        assert list(demo["control_mode"].attrs["words"]) == expected["modes"]
        actions = demo["actions"][()] * data["action_scale"] + data["action_offset"]
        assert actions.shape == (length, 7) and np.isfinite(actions).all()
    # As robomimic reads them.
    for name, demos in expected["masks"].items():
        got = [element.decode("utf-8") for element in np.array(file[f"mask/{name}"][:])]
        assert got == demos, (name, got)
    assert set(file["mask"]) == set(expected["masks"])
