"""A small golden of the F2F network, from an implementation that shares nothing with ours.

Writes golden.safetensors beside this file: latents, predictions, the terms of a loss and the length of each
gradient, for weights and inputs that a rule makes. Everything is computed in float64 and stored in float32.
Needs torch and safetensors:

    python make.py
"""

import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
CLIPS, FRAMES, SIDE = 2, 3, 32
STAGES, LATENT, HIDDEN, HEADS, MLP, BLOCKS, TIME = (16, 32, 16, 32), 10, 12, 4, 20, 2, 8
DECODER = (32, 16, 16, 32, 16)
MASK = (1 << 32) - 1


def unit(index, shape):
    """Values in [-1, 1) from the number of a tensor and of the value in it."""
    k = np.arange(int(np.prod(shape)), dtype=np.uint64)
    h = (np.uint64(index * 0x9E3779B9 & MASK) + k * np.uint64(0x85EBCA6B)) & np.uint64(MASK)
    h ^= h >> np.uint64(16)
    h = h * np.uint64(0x7FEB352D) & np.uint64(MASK)
    h ^= h >> np.uint64(15)
    h = h * np.uint64(0x846CA68B) & np.uint64(MASK)
    h ^= h >> np.uint64(16)
    return ((h >> np.uint64(8)).astype(np.float64) / 2**23 - 1).reshape(shape)


def pair(name, *weight):
    yield name + ".weight", weight
    yield name + ".bias", weight[:1]


def shapes():
    net, width = "encoder.net.", STAGES[0]
    yield net + "conv1.weight", (width, 3, 7, 7)
    yield from norm(net + "bn1", width)
    for s, out in enumerate(STAGES):
        for b in range(2):
            at = f"{net}layer{s + 1}.{b}."
            yield at + "conv1.weight", (out, width, 3, 3)
            yield from norm(at + "bn1", out)
            yield at + "conv2.weight", (out, out, 3, 3)
            yield from norm(at + "bn2", out)
            if b == 0 and (s > 0 or width != out):
                yield at + "downsample.0.weight", (out, width, 1, 1)
                yield from norm(at + "downsample.1", out)
            width = out
    yield from pair("encoder.mean", LATENT, width)
    yield from pair("encoder.log_variance", LATENT, width)
    yield from pair("flow_net.input", HIDDEN, LATENT)
    yield from pair("flow_net.condition", HIDDEN, LATENT)
    yield "flow_net.places", (2 * FRAMES, HIDDEN)
    yield from pair("flow_net.time.0", HIDDEN, TIME)
    yield from pair("flow_net.time.1", HIDDEN, HIDDEN)
    for i in range(BLOCKS):
        at = f"flow_net.blocks.{i}."
        yield from pair(at + "modulator.0", 3 * HIDDEN, HIDDEN)
        yield from pair(at + "modulator.1", 3 * HIDDEN, HIDDEN)
        yield from pair(at + "qkv", 3 * HIDDEN, HIDDEN)
        yield from pair(at + "join", HIDDEN, HIDDEN)
        yield from pair(at + "first", MLP, HIDDEN)
        yield from pair(at + "second", HIDDEN, MLP)
    yield from norm("flow_net.norm", HIDDEN)
    yield from pair("flow_net.output", LATENT, HIDDEN)
    yield from pair("decoder.grid", DECODER[0] * (SIDE // 32) ** 2, LATENT)
    for i, (inputs, filters) in enumerate(zip(DECODER, DECODER[1:])):
        yield f"decoder.{i}.weight", (filters, inputs + 3, 3, 3)
        yield from norm(f"decoder.{i}.norm", filters)
    yield from pair("decoder.output", 12, DECODER[-1] + 12, 3, 3)


def norm(name, width):
    yield name + ".weight", (width,)
    yield name + ".bias", (width,)


def double(a):
    return torch.tensor(np.asarray(a), dtype=torch.float64)


weights = {}
for index, (name, shape) in enumerate(shapes()):
    gain = len(shape) == 1 and name.endswith(".weight")
    fan = int(np.prod(shape[1:]))
    scale = -4 if len(shape) == 1 else -math.floor(math.log2(fan) / 2 + 0.5)
    value = (float(gain) + 2.0**scale * unit(index + 1, shape)).astype(np.float32)
    weights[name] = double(value).requires_grad_()


def W(name):
    return weights[name]


def lin(name, x):
    return F.linear(x, W(name + ".weight"), W(name + ".bias"))


def group(name, x):
    return F.group_norm(x, x.shape[1] // 16, W(name + ".weight"), W(name + ".bias"), 1e-5)


def encode(pictures):
    net = "encoder.net."
    x = F.conv2d(pictures * 2 - 1, W(net + "conv1.weight"), stride=2, padding=3)
    x = F.max_pool2d(F.relu(group(net + "bn1", x)), 3, 2, 1)
    for s in range(4):
        for b in range(2):
            at, stride = f"{net}layer{s + 1}.{b}.", 2 if s > 0 and b == 0 else 1
            y = F.relu(group(at + "bn1", F.conv2d(x, W(at + "conv1.weight"), stride=stride, padding=1)))
            y = group(at + "bn2", F.conv2d(y, W(at + "conv2.weight"), padding=1))
            if at + "downsample.0.weight" in weights:
                x = group(at + "downsample.1", F.conv2d(x, W(at + "downsample.0.weight"), stride=stride))
            x = F.relu(x + y)
    x = x.mean((2, 3))
    return lin("encoder.mean", x), lin("encoder.log_variance", x) - 6


def embed_time(t):
    half = TIME // 2
    rate = torch.exp(-torch.arange(half, dtype=torch.float64) * math.log(10000) / (half - 1))
    waves = torch.cat([torch.sin(t[:, None] * rate), torch.cos(t[:, None] * rate)], 1)
    return lin("flow_net.time.1", F.silu(lin("flow_net.time.0", waves)))


def velocity(x, t, past):
    h = torch.cat([lin("flow_net.input", x), lin("flow_net.condition", past)], 1) + W("flow_net.places")
    time = F.silu(embed_time(t))

    def modulated(h, m):
        gate, scale, shift = m[:, None].chunk(3, 2)
        return gate, F.layer_norm(h, (HIDDEN,), eps=1e-6) * (1 + scale) + shift

    for i in range(BLOCKS):
        at = f"flow_net.blocks.{i}."
        gate, y = modulated(h, lin(at + "modulator.0", time))
        split = lambda part: part.reshape(*part.shape[:2], HEADS, -1).transpose(1, 2)
        q, k, v = map(split, lin(at + "qkv", y).chunk(3, 2))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        h = h + gate * lin(at + "join", y)
        gate, y = modulated(h, lin(at + "modulator.1", time))
        h = h + gate * lin(at + "second", F.gelu(lin(at + "first", y), approximate="tanh"))
    h = F.layer_norm(h[:, :FRAMES], (HIDDEN,), W("flow_net.norm.weight"), W("flow_net.norm.bias"), 1e-5)
    return lin("flow_net.output", h)


def euler(z, past, steps):
    for k in range(steps):
        z = z + velocity(z, torch.full((len(z),), k / steps, dtype=torch.float64), past) / steps
    return z


def decode(z, last):
    """Latents [clips, frames, latent] and last pictures [clips, 3, rows, columns]."""
    last = last.repeat_interleave(z.shape[1], 0)
    x = F.silu(lin("decoder.grid", z.flatten(0, 1)))
    x = x.reshape(len(x), SIDE // 32, SIDE // 32, DECODER[0]).permute(0, 3, 1, 2)
    for i in range(len(DECODER) - 1):
        seen = F.avg_pool2d(last, 2 ** (len(DECODER) - 1 - i))
        x = torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), seen], 1)
        x = F.relu(group(f"decoder.{i}.norm", F.conv2d(x, W(f"decoder.{i}.weight"), padding=1)))
    # Four pixels in the channels, the upper left one's colours first; torch has each colour's pixels first.
    ours = lambda x, wide: x.unflatten(1, (3, 4) if wide else (4, 3)).transpose(1, 2).flatten(1, 2)
    x = torch.cat([x, ours(F.pixel_unshuffle(last, 2), True)], 1)
    x = F.conv2d(x, W("decoder.output.weight"), W("decoder.output.bias"), padding=1)
    return F.pixel_shuffle(ours(x, False), 2) + last


out = {}


def put(name, value):
    value = value.detach().numpy().astype(np.float32)
    out[name] = np.ascontiguousarray(value if value.ndim else value.reshape(1))


def channels_last(x):
    return x.permute(0, 2, 3, 1)


pictures = double(((unit(1001, (CLIPS * 2 * FRAMES, SIDE, SIDE, 3)) + 1) / 2).astype(np.float32))
pictures = pictures.permute(0, 3, 1, 2)
mean, log_variance = encode(pictures)
put("mean", mean), put("log_variance", log_variance)
means = mean.reshape(CLIPS, 2 * FRAMES, LATENT)
past = means[:, :FRAMES]
frames = pictures.reshape(CLIPS, 2 * FRAMES, 3, SIDE, SIDE)
last, future = frames[:, FRAMES - 1], frames[:, FRAMES:].flatten(0, 1)
for steps in (1, 2, 6):
    end = euler(past, past, steps)
    put(f"predict.{steps}.end", end)
    put(f"predict.{steps}.first", channels_last(decode(end, last).clamp(0, 1))[:1])

noise = double((unit(1002, (CLIPS, 2 * FRAMES, LATENT)) * 2).astype(np.float32))
drawn = means + torch.exp(log_variance / 2).reshape(means.shape) * noise
z0, z1 = drawn[:, :FRAMES], drawn[:, FRAMES:]
t = double(np.float32([0.3, 0.77]))
way = (z1 - z0).detach()
flow = ((velocity(z0.detach() + way * t[:, None, None], t, past.detach()) - way) ** 2).mean()
end = euler(z0, past, 2)
error = lambda z: (decode(z, last) - future).abs().mean() + 5 * ((decode(z, last) - future) ** 2).mean()
near = ((euler(z0.detach(), past.detach(), 2) - z1.detach()) ** 2).mean()
decoded, coded = error(end), error(z1)
kl = (mean**2 + log_variance.exp() - log_variance - 1).mean() / 2
total = flow + near + decoded + coded + 1e-4 * kl
for name, value in dict(flow=flow, consistency=near, decoded=decoded, auto_encoder=coded, kl=kl).items():
    put("loss." + name, value)
total.backward()
put("gradient_lengths", double([float(w.grad.norm()) for w in weights.values()]))
save_file(out, HERE / "golden.safetensors")
