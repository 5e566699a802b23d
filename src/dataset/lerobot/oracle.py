"""The official reader and writer as a judge of data sets. Prints one line of JSON.

    oracle.py load ROOT         load a data set, read every frame in every way, recompute its statistics
    oracle.py write ROOT OUT    make small data sets with the official writer: OUT/h264, OUT/av1, OUT/images
    oracle.py edit ROOT OUT     delete the first episode into OUT/deleted, merge with itself into OUT/merged

Nothing leaves the machine. Warnings about the data are failures.
"""

import json
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

scratch = tempfile.TemporaryDirectory()
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    HF_HOME=scratch.name,
    HF_DATASETS_CACHE=scratch.name,
    TQDM_DISABLE="1",
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import numpy as np
    import torch

    torch.set_num_threads(1)
    from lerobot.datasets.compute_stats import aggregate_stats, compute_episode_stats
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

TOLERANCE_S = 1e-4


def backend():
    """`torchcodec` where it finds its libraries."""
    try:
        import torchcodec  # noqa: F401

        return "torchcodec"
    except Exception:
        return "pyav"


class Listener(logging.Handler):
    """Keeps what is logged as a warning or worse."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []

    def emit(self, record):
        text = record.getMessage()
        if "torchcodec" not in text:
            self.heard.append(text)


def about_data(warning):
    """Whether a Python warning is about the data and not about the library that shows it."""
    of_libraries = (
        "video decoding and encoding capabilities of torchvision",
        # numpy, when the official statistics count truths
        "Converting input from bool",
    )
    old = issubclass(warning.category, (DeprecationWarning, FutureWarning))
    return not old and not any(text in str(warning.message) for text in of_libraries)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def numbers(value):
    return np.asarray(value, dtype=np.float64)


def compare_stats(dataset, edited):
    """Recomputes the statistics of every episode and of all with the official functions. Where these
    edited the data, they left the statistics of numbers as they were."""
    features = dataset.features
    skipped = [k for k, f in features.items() if "image" in k and f["dtype"] not in ("image", "video")]
    columns = [
        k
        for k, f in features.items()
        if f["dtype"] not in ("video", "image", "string") and k not in skipped
        and not (edited and k in ("episode_index", "index", "task_index"))
    ]
    table = dataset.hf_dataset.with_format("numpy")
    episodes = []
    worst = 0.0
    for row in dataset.meta.episodes:
        part = table[row["dataset_from_index"] : row["dataset_to_index"]]
        data = {}
        for key in columns:
            values = np.stack([np.asarray(v) for v in part[key]])
            # In double precision: the official writer loses digits of deviations in float32.
            data[key] = values.astype(np.float64) if values.dtype == np.float32 else values
        episodes.append(compute_episode_stats(data, {k: features[k] for k in columns}))
    expected = aggregate_stats(episodes)
    for key in columns:
        ours = dataset.meta.stats[key]
        span = numbers(expected[key]["max"]) - numbers(expected[key]["min"])
        for name, value in expected[key].items():
            got, want = numbers(ours[name]), numbers(value)
            expect(got.shape == want.shape, f"stats {key} {name}: shape {got.shape}, not {want.shape}")
            # A quantile may fall into the next of 5000 bins.
            slack = 1e-6 + (span / 2000 if name.startswith("q") else 1e-6 * np.abs(want))
            off = np.abs(got - want)
            expect((off <= slack).all(), f"stats {key} {name}: {got}, recomputed {want}")
            worst = max(worst, float((off / (span + 1e-12)).max()) if span.any() else 0.0)
    for key in dataset.meta.video_keys:
        for name, value in dataset.meta.stats[key].items():
            shape = (1,) if name == "count" else (3, 1, 1)
            expect(numbers(value).shape == shape, f"stats {key} {name}: shape {numbers(value).shape}")
    return worst


def read_every_frame(dataset, root):
    info = json.loads((root / "meta/info.json").read_text())
    expect(len(dataset) == info["total_frames"], f"{len(dataset)} frames, info says {info['total_frames']}")
    expect(dataset.num_episodes == info["total_episodes"], "number of episodes")
    expect(len(dataset.meta.tasks) == info["total_tasks"], "number of tasks")
    expect(len(dataset.hf_dataset) == len(dataset), f"{len(dataset.hf_dataset)} rows in the tables")
    seen = {"tasks": [], "first_state": [], "picture_means": {k: [] for k in dataset.meta.camera_keys}}
    pixels = {k: [] for k in dataset.meta.camera_keys}
    for index in range(len(dataset)):
        item = dataset[index]
        row = dataset.meta.episodes[int(item["episode_index"])]
        frame = index - row["dataset_from_index"]
        expect(int(item["index"]) == index, f"index {item['index']} at {index}")
        expect(int(item["frame_index"]) == frame, f"frame_index {item['frame_index']} at {index}")
        nominal = frame / dataset.fps
        expect(abs(float(item["timestamp"]) - nominal) < TOLERANCE_S, f"timestamp at {index}")
        expect(isinstance(item["task"], str) and item["task"] in row["tasks"], f"task {item['task']!r}")
        for key, feature in dataset.features.items():
            shape = tuple(feature["shape"])
            if feature["dtype"] in ("video", "image"):
                picture = item[key]
                height, width, channels = shape
                expect(picture.shape == (channels, height, width), f"{key} is {tuple(picture.shape)}")
                expect(picture.dtype == torch.float32, f"{key} is {picture.dtype}")
                expect(0 <= float(picture.min()) and float(picture.max()) <= 1, f"{key} leaves [0, 1]")
                pixels[key].append(picture.mean(dim=(1, 2)))
                if index % 7 == 0:
                    seen["picture_means"][key].append([round(float(c), 4) for c in pixels[key][-1]])
            elif feature["dtype"] == "string":
                expect(isinstance(item[key], str), f"{key} is no text")
            else:
                got = tuple(item[key].shape)
                expect(got == (shape if shape != (1,) else ()), f"{key} is {got}, not {shape}")
        if frame == 0:
            seen["tasks"].append(item["task"])
            if "observation.state" in item:
                seen["first_state"].append([float(x) for x in item["observation.state"]])
    for key, means in pixels.items():
        shown = torch.stack(means).mean(dim=0).numpy()
        stored = numbers(dataset.meta.stats[key]["mean"]).reshape(3)
        expect(np.abs(shown - stored).max() < 0.03, f"mean of {key}: {stored}, shown {shown}")
    return seen


def load(root, edited=None):
    root = Path(root)
    dataset = LeRobotDataset("local/x", root=root, video_backend=backend())
    seen = read_every_frame(dataset, root)
    fps = dataset.fps

    # Neighbours in time, padded at the ends.
    cameras = dataset.meta.camera_keys
    keys = [k for k in ("observation.state", "action") if k in dataset.features] + cameras
    steps = [-1 / fps, 0.0, 1 / fps]
    windowed = LeRobotDataset(
        "local/x", root=root, delta_timestamps={k: steps for k in keys}, video_backend=backend()
    )
    for row in dataset.meta.episodes:
        first, last = row["dataset_from_index"], row["dataset_to_index"] - 1
        for index in {first, (first + last) // 2, last}:
            item = windowed[index]
            for key in keys:
                expect(item[key].shape[0] == 3, f"{key} has {item[key].shape[0]} steps")
                padded = [index == first, False, index == last]
                expect(item[f"{key}_is_pad"].tolist() == padded, f"{key}_is_pad at {index}")
                expect(torch.equal(item[key][1], dataset[index][key]), f"{key} in a window at {index}")

    # One episode of several.
    last = dataset.num_episodes - 1
    row = dataset.meta.episodes[last]
    one = LeRobotDataset("local/x", root=root, episodes=[last], video_backend=backend())
    expect(len(one) == row["length"], f"episode {last} alone has {len(one)} frames")
    expect(int(one[0]["index"]) == row["dataset_from_index"], "first frame of one episode")

    loader = torch.utils.data.DataLoader(dataset, batch_size=16, num_workers=0, shuffle=True)
    batched = sum(len(batch["index"]) for batch in loader)
    expect(batched == len(dataset), f"{batched} frames in batches")

    worst = compare_stats(dataset, edited)
    return {
        "episodes": dataset.num_episodes,
        "frames": len(dataset),
        "fps": fps,
        "backend": backend(),
        "stats_off": worst,
        **seen,
    }


def write(root, out):
    """Data sets by the official writer, of known values: two episodes of 9 and 6 frames, two tasks."""
    width, height, fps = 64, 48, 30
    made = {}
    for name, codec in (("h264", "h264"), ("av1", "libsvtav1"), ("images", None)):
        camera = {
            "dtype": "video" if codec else "image",
            "shape": (height, width, 3),
            "names": ["height", "width", "channels"],
        }
        features = {
            "observation.state": {"dtype": "float32", "shape": (2,), "names": ["a", "b"]},
            "action": {"dtype": "float32", "shape": (2,), "names": ["a", "b"]},
            "observation.images.front": camera,
            "next.success": {"dtype": "bool", "shape": (1,), "names": None},
            "observation.flow": {"dtype": "float32", "shape": (4, 3), "names": ["point", "xyz"]},
            "phase": {"dtype": "int64", "shape": (1,), "names": None},
            "word": {"dtype": "string", "shape": (1,), "names": None},
        }
        dataset = LeRobotDataset.create(
            "local/x",
            fps,
            features,
            root=Path(out) / name,
            robot_type="so101_follower",
            use_videos=codec is not None,
            **({"vcodec": codec} if codec else {}),
        )
        for episode, frames in enumerate((9, 6)):
            for i in range(frames):
                picture = np.full((height, width, 3), 40, np.uint8)
                picture[:, : 4 * (i + 1)] = (200, 30 + 60 * episode, 90)
                dataset.add_frame(
                    {
                        "observation.state": np.array([i, -episode], np.float32),
                        "action": np.array([i + 0.5, 2.0], np.float32),
                        "observation.images.front": picture,
                        "next.success": np.array([i == frames - 1]),
                        "observation.flow": np.full((4, 3), 0.1 * i, np.float32),
                        "phase": np.array([7 * i], np.int64),
                        "word": f"w{i}",
                        "task": ("put it there", "bring it back")[episode],
                    }
                )
            dataset.save_episode()
        dataset.finalize()
        made[name] = dataset.num_frames
    return {"made": made}


def edit(root, out):
    from lerobot.datasets.dataset_tools import delete_episodes, merge_datasets

    opened = lambda: LeRobotDataset("local/x", root=Path(root), video_backend=backend())  # noqa: E731
    deleted = delete_episodes(opened(), [0], output_dir=Path(out) / "deleted", repo_id="local/d")
    merged = merge_datasets([opened(), opened()], "local/m", output_dir=Path(out) / "merged")
    return {"deleted": deleted.num_frames, "merged": merged.num_frames}


def main():
    listener = Listener()
    logging.getLogger().addHandler(listener)
    todo = {"load": load, "write": write, "edit": edit}[sys.argv[1]]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = todo(*sys.argv[2:])
    said = listener.heard + [str(w.message) for w in caught if about_data(w)]
    # Writing and editing are the package's own affair.
    expect(todo is not load or not said, f"warnings: {said}")
    return result


if __name__ == "__main__":
    try:
        line = {"ok": True, **main()}
    except Exception as error:  # noqa: BLE001
        line = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(line))
    sys.exit(0 if line["ok"] else 1)
