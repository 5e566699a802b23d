"""PyTorch beside ours: the same weights, the same inputs, the same parts.

Reads {"folder": ..., "threads": ...} from its standard input, where the folder holds what our bench
wrote, and answers with milliseconds and how far our answer is from its own.
"""

import json
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

given = json.load(sys.stdin)
FOLDER, THREADS = pathlib.Path(given["folder"]), given["threads"]
torch.set_num_threads(THREADS)


class Net:
    """The published network as plain functions of a dictionary of weights."""

    def __init__(self, weights, channels_last):
        self.w = {k: v for k, v in weights.items() if not k.startswith(("in.", "out."))}
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        for k, v in self.w.items():
            if v.dim() == 4:
                self.w[k] = v.contiguous(memory_format=self.format)
        self.blocks = sum("mlp.fc1.weight" in k for k in self.w)

    def lin(self, name, x):
        return F.linear(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def norm(self, name, x):
        return F.group_norm(x, x.shape[1] // 16, self.w[name + ".weight"], self.w[name + ".bias"], 1e-5)

    def resnet(self, x):
        cam = "obs_encoder.key_model_map.head_cam."
        x = x.contiguous(memory_format=self.format)
        x = F.relu(self.norm(cam + "bn1", F.conv2d(x, self.w[cam + "conv1.weight"], stride=2, padding=3)))
        x = F.max_pool2d(x, 3, 2, 1)
        for s in range(4):
            for b in range(2):
                at, stride = f"{cam}layer{s + 1}.{b}.", 2 if s > 0 and b == 0 else 1
                y = F.conv2d(x, self.w[at + "conv1.weight"], stride=stride, padding=1)
                y = F.conv2d(F.relu(self.norm(at + "bn1", y)), self.w[at + "conv2.weight"], padding=1)
                y = self.norm(at + "bn2", y)
                if at + "downsample.0.weight" in self.w:
                    x = self.norm(at + "downsample.1", F.conv2d(x, self.w[at + "downsample.0.weight"], stride=stride))
                x = F.relu(x + y)
        return x.mean((2, 3))

    def condition(self, images, states):
        windows = states.shape[0]
        joined = torch.cat([self.resnet(images), states.reshape(windows * 8, -1)], 1)
        return self.lin("obs_projector", joined.reshape(windows, -1))

    def encode(self, name, rows):
        x = rows.transpose(1, 2)
        for layer in (0, 2, 4):
            at = f"{name}.encoder.{layer}"
            x = F.relu(F.conv1d(x, self.w[at + ".weight"], self.w[at + ".bias"], stride=2, padding=2))
        return self.lin(name + ".latent_proj", x.flatten(1))

    def velocity(self, x, t, c):
        half = self.w["flow_net.time_embed.1.weight"].shape[1] // 2
        rate = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
        angle = t[:, None] * rate
        t = torch.cat([angle.sin(), angle.cos()], 1)
        t = self.lin("flow_net.time_embed.3", F.mish(self.lin("flow_net.time_embed.1", t)))
        m = F.silu(t + self.lin("flow_net.cond_embed", c))
        h = self.lin("flow_net.input_proj", x)
        for i in range(self.blocks):
            at = f"flow_net.layers.{i}"
            gate, scale, shift = self.lin(at + ".time_modulator.1", m).chunk(3, 1)
            y = F.layer_norm(h, h.shape[-1:], eps=1e-6) * (1 + scale) + shift
            h = h + gate * self.lin(at + ".mlp.fc2", F.gelu(self.lin(at + ".mlp.fc1", y), approximate="tanh"))
        h = F.layer_norm(h, h.shape[-1:], self.w["flow_net.norm.weight"], self.w["flow_net.norm.bias"], 1e-5)
        return self.lin("flow_net.out_proj", h)

    def euler(self, z, c, steps):
        for k in range(steps):
            z = z + self.velocity(z, torch.full((z.shape[0],), k / steps), c) / steps
        return z

    def decode(self, z):
        x, i = self.lin("action_decoder.input_proj", z), 0
        while f"action_decoder.layers.{i}.fc1.weight" in self.w:
            at = f"action_decoder.layers.{i}"
            x, i = self.lin(at + ".fc2", F.gelu(self.lin(at + ".fc1", x))), i + 1
        return self.lin("action_decoder.output_proj", x).reshape(z.shape[0], 8, -1)

    def loss(self, images, states, actions, t):
        c, z0, z1 = self.condition(images, states), self.encode("history_action_encoder", states), self.encode("action_encoder", actions)
        point = t[:, None] * z1 + (1 - t[:, None]) * z0
        flow = ((self.velocity(point, t, c) - (z1 - z0)) ** 2).mean()
        end = self.euler(z0, c, 6)
        return (
            flow
            + ((end - z1) ** 2).mean()
            + 0.5 * (self.decode(end) - actions).abs().mean()
            + 0.5 * (self.decode(z1) - actions).abs().mean()
        )


def median(work, count):
    for _ in range(max(2, count // 10)):
        work()
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return sorted(times)[count // 2] * 1e3


figures, errors = {}, {}
for size in ("paper", "compact"):
    weights = load_file(FOLDER / f"{size}.safetensors")
    nets = [Net(weights, last) for last in (False, True)]
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    images = (weights["in.pictures"].permute(0, 3, 1, 2) / 255 * 2 - 1 - mean) / deviation
    states = weights["in.states"][None]
    with torch.inference_mode():

        def best(work, count):
            return min(median(lambda net=net: work(net), count) for net in nets)

        net = nets[0]
        c, z0 = net.condition(images, states), net.encode("history_action_encoder", states)
        chunk = net.decode(net.euler(z0, c, 6))
        error = (chunk[0] - weights["out.chunk"]).abs().max() / chunk.abs().max()
        errors[size] = float(error)
        joined = torch.cat([net.resnet(images), states.reshape(8, -1)], 1).reshape(1, -1)
        n = 20 if size == "paper" else 60
        figures[f"{size} frame"] = best(lambda net: net.resnet(images[:1]), n)
        figures[f"{size} call of 8 frames, 6 steps"] = best(
            lambda net: net.decode(net.euler(net.encode("history_action_encoder", states), net.condition(images, states), 6)), n // 2
        )
        projector = median(lambda: net.lin("obs_projector", joined), 200)
        history = median(lambda: net.encode("history_action_encoder", states), 200)
        figures[f"{size} projector"], figures[f"{size} history encoder"] = projector, history
        for steps in (1, 6, 10):
            flow = median(lambda: net.decode(net.euler(z0, c, steps)), 200)
            figures[f"{size} flow + decoder, {steps} steps"] = flow
            figures[f"{size} decision, {steps} steps"] = flow + projector + history
    if size == "paper":
        continue
    side = images.shape[-1]
    batch = [torch.rand(256, 3, side, side) * 2 - 1, torch.rand(32, 8, 9), torch.rand(32, 8, 9), torch.rand(32)]
    for net in nets:
        params = [w.clone(memory_format=torch.preserve_format).requires_grad_() for w in net.w.values()]
        net.w = dict(zip(net.w, params))
        adam = torch.optim.AdamW(params, lr=1e-4, betas=(0.95, 0.999), eps=1e-8, weight_decay=1e-6)
        ema = [p.detach().clone() for p in params]

        def update():
            adam.zero_grad()
            net.loss(*batch).backward()
            adam.step()
            with torch.no_grad():
                torch._foreach_lerp_(ema, params, 0.01)

        took = median(update, 5)
        key = f"{size} update of 32 windows, own frames"
        figures[key] = min(took, figures.get(key, math.inf))
    figures[f"{size} update of 32 windows, shared frames"] = figures[key]

print(json.dumps({"version": torch.__version__, "millis": figures, "errors": errors}))
