"""A small golden of the A2A network, from an implementation that shares nothing with ours.

Writes golden_fill.json (a rule for the weights), golden_io.safetensors (inputs, intermediates, outputs,
losses) and golden_grads.safetensors beside this file. Everything is computed in float64 from the
published description and stored in float32. Needs torch and safetensors:

    python make.py
"""

import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
WINDOWS, STATE, ACTION, SIDE = 2, 5, 4, 40
STAGES, LATENT, HIDDEN, MLP, BLOCKS = (16, 32, 16, 32), 12, 20, 28, 3
TIME, TIME_HIDDEN, ENCODER, DECODER, DECODER_BLOCKS = 18, 24, 8, 10, 2
MASK = (1 << 64) - 1


def mix(z):
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def raw(index, count):
    base = np.uint64(((index + 1) * 0x9E3779B97F4A7C15) & MASK)
    k = np.arange(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        return mix(mix((base + k) ^ np.uint64(0xD1B54A32D192ED03)) + base)


def uniform(index, shape, offset=0.0, scale_log2=0):
    u = (raw(index, int(np.prod(shape))) >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return (offset + 2.0**scale_log2 * u).astype(np.float32).reshape(shape)


def shapes():
    cam = "obs_encoder.key_model_map.head_cam."
    yield cam + "conv1.weight", (STAGES[0], 3, 7, 7)
    yield from norm(cam + "bn1", STAGES[0])
    width = STAGES[0]
    for s, out in enumerate(STAGES):
        for b in range(2):
            at = f"{cam}layer{s + 1}.{b}."
            yield at + "conv1.weight", (out, width, 3, 3)
            yield from norm(at + "bn1", out)
            yield at + "conv2.weight", (out, out, 3, 3)
            yield from norm(at + "bn2", out)
            if b == 0 and (s > 0 or width != out):
                yield at + "downsample.0.weight", (out, width, 1, 1)
                yield from norm(at + "downsample.1", out)
            width = out
    yield from linear("obs_projector", 8 * (width + STATE), LATENT)
    yield from linear("flow_net.input_proj", LATENT, HIDDEN)
    yield from linear("flow_net.time_embed.1", TIME, TIME_HIDDEN)
    yield from linear("flow_net.time_embed.3", TIME_HIDDEN, HIDDEN)
    yield from linear("flow_net.cond_embed", LATENT, HIDDEN)
    for i in range(BLOCKS):
        yield from linear(f"flow_net.layers.{i}.mlp.fc1", HIDDEN, MLP)
        yield from linear(f"flow_net.layers.{i}.mlp.fc2", MLP, HIDDEN)
        yield from linear(f"flow_net.layers.{i}.time_modulator.1", HIDDEN, 3 * HIDDEN)
    yield from norm("flow_net.norm", HIDDEN)
    yield from linear("flow_net.out_proj", HIDDEN, LATENT)
    for name, width in (("history_action_encoder", STATE), ("action_encoder", ACTION)):
        for layer in (0, 2, 4):
            yield f"{name}.encoder.{layer}.weight", (ENCODER, width, 5)
            yield f"{name}.encoder.{layer}.bias", (ENCODER,)
            width = ENCODER
        yield from linear(f"{name}.latent_proj", ENCODER, LATENT)
    yield from linear("action_decoder.input_proj", LATENT, DECODER)
    yield from linear("action_decoder.output_proj", DECODER, 8 * ACTION)
    for i in range(DECODER_BLOCKS):
        yield from linear(f"action_decoder.layers.{i}.fc1", DECODER, DECODER)
        yield from linear(f"action_decoder.layers.{i}.fc2", DECODER, DECODER)


def linear(name, inputs, outputs):
    yield name + ".weight", (outputs, inputs)
    yield name + ".bias", (outputs,)


def norm(name, width):
    yield name + ".weight", (width,)
    yield name + ".bias", (width,)


rules, weights = [], {}
for index, (name, shape) in enumerate(shapes()):
    gain = ("bn" in name or "downsample.1" in name or "flow_net.norm" in name) and "weight" in name
    fan = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    scale = -4 if len(shape) == 1 else -round(math.log2(fan) / 2)
    value = uniform(index, shape, 1.0 if gain else 0.0, scale)
    rules.append(
        dict(index=index, name=name, shape=shape, offset=1.0 if gain else 0.0, scale_log2=scale)
        | dict(first3=[float(v) for v in value.ravel()[:3]])
    )
    weights[name] = torch.tensor(value, dtype=torch.float64, requires_grad=True)


def W(name):
    return weights[name]


def lin(name, x):
    return x @ W(name + ".weight").T + W(name + ".bias")


def group(name, x):
    return F.group_norm(x, x.shape[1] // 16, W(name + ".weight"), W(name + ".bias"), 1e-5)


def resnet(x):
    cam, trace = "obs_encoder.key_model_map.head_cam.", {}
    x = F.conv2d(x, W(cam + "conv1.weight"), stride=2, padding=3)
    trace["conv1"] = x
    x = group(cam + "bn1", x)
    trace["bn1"] = x
    x = F.max_pool2d(F.relu(x), 3, 2, 1)
    trace["maxpool"] = x
    for s in range(4):
        for b in range(2):
            at, stride = f"{cam}layer{s + 1}.{b}.", 2 if s > 0 and b == 0 else 1
            y = F.relu(group(at + "bn1", F.conv2d(x, W(at + "conv1.weight"), stride=stride, padding=1)))
            y = group(at + "bn2", F.conv2d(y, W(at + "conv2.weight"), padding=1))
            if at + "downsample.0.weight" in weights:
                x = group(at + "downsample.1", F.conv2d(x, W(at + "downsample.0.weight"), stride=stride))
            x = F.relu(x + y)
        trace[f"layer{s + 1}"] = x
    x = x.mean((2, 3))
    trace["avgpool_flat"] = x
    return x, trace


def encode(name, rows):
    x, stages = rows.transpose(1, 2), []
    for layer in (0, 2, 4):
        at = f"{name}.encoder.{layer}"
        x = F.relu(F.conv1d(x, W(at + ".weight"), W(at + ".bias"), stride=2, padding=2))
        stages.append(x)
    return lin(name + ".latent_proj", x.flatten(1)), stages


def decode(z):
    x = lin("action_decoder.input_proj", z)
    for i in range(DECODER_BLOCKS):
        at = f"action_decoder.layers.{i}"
        x = lin(at + ".fc2", F.gelu(lin(at + ".fc1", x)))
    return lin("action_decoder.output_proj", x).reshape(-1, 8, ACTION)


def sinusoid(t):
    half = TIME // 2
    rate = torch.exp(-torch.arange(half, dtype=torch.float64) * math.log(10000) / (half - 1))
    return torch.cat([torch.sin(t[:, None] * rate), torch.cos(t[:, None] * rate)], 1)


def embed_time(t):
    return lin("flow_net.time_embed.3", F.mish(lin("flow_net.time_embed.1", sinusoid(t))))


def velocity(x, t, c):
    m = F.silu(embed_time(t) + lin("flow_net.cond_embed", c))
    h = lin("flow_net.input_proj", x)
    for i in range(BLOCKS):
        at = f"flow_net.layers.{i}"
        gate, scale, shift = lin(at + ".time_modulator.1", m).chunk(3, 1)
        y = F.layer_norm(h, (HIDDEN,), eps=1e-6) * (1 + scale) + shift
        h = h + gate * lin(at + ".mlp.fc2", F.gelu(lin(at + ".mlp.fc1", y), approximate="tanh"))
    h = F.layer_norm(h, (HIDDEN,), W("flow_net.norm.weight"), W("flow_net.norm.bias"), 1e-5)
    return lin("flow_net.out_proj", h)


def euler(z, c, steps):
    points, speeds = [z], []
    for k in range(steps):
        v = velocity(z, torch.full((len(z),), k / steps, dtype=torch.float64), c)
        z = z + v / steps
        points.append(z)
        speeds.append(v)
    return z, points, speeds


io = {}


def put(name, value):
    value = value.detach().numpy() if torch.is_tensor(value) else np.asarray(value)
    io[name] = np.ascontiguousarray(value if value.dtype == np.uint8 else value.astype(np.float32))


def double(a):
    return torch.tensor(np.asarray(a), dtype=torch.float64)


state, action = uniform(5001, (WINDOWS, 16, STATE)), uniform(5002, (WINDOWS, 16, ACTION), 0.5, 1)
pictures = (raw(9001, WINDOWS * 8 * 3 * SIDE * SIDE) >> np.uint64(56)).astype(np.uint8)
pictures = pictures.reshape(WINDOWS, 8, 3, SIDE, SIDE)
put("in.agent_pos", state), put("in.action", action)
put("in.head_cam_u8_first_row", pictures[0, 0, 0, 0])
maps = {}
for field, rows in (("agent_pos", state), ("action", action)):
    low, high = rows.min((0, 1)), rows.max((0, 1))
    scale = 2 / (high - low)
    offset = -1 - scale * low
    put(f"normalizer.params_dict.{field}.scale", scale)
    put(f"normalizer.params_dict.{field}.offset", offset)
    maps[field] = double(scale), double(offset)
state, action = double(state), double(action)
state = state * maps["agent_pos"][0] + maps["agent_pos"][1]
action = action * maps["action"][0] + maps["action"][1]
put("norm.agent_pos", state), put("norm.action", action)
history, future = state[:, :8], action[:, 7:15]
put("norm.future_action", future)

mean = double([0.485, 0.456, 0.406]).reshape(3, 1, 1)
deviation = double([0.229, 0.224, 0.225]).reshape(3, 1, 1)
images = (double(pictures).reshape(-1, 3, SIDE, SIDE) / 255 * 2 - 1 - mean) / deviation
features, trace = resnet(images)
for name, value in trace.items():
    put("frame0." + name, value[:1])
joined = torch.cat([features, history.reshape(-1, STATE)], 1)
c = lin("obs_projector", joined.reshape(WINDOWS, -1))
put("obs.features", joined), put("obs.latent_c", c)
z0, stages = encode("history_action_encoder", history)
for i, stage in enumerate(stages):
    put(f"history_encoder.conv{i}_relu", stage)
z1, stages = encode("action_encoder", future)
for i, stage in enumerate(stages):
    put(f"action_encoder.conv{i}_relu", stage)
put("z0", z0), put("z1_target", z1)
times = double([0.0, 0.25, 0.9])
put("flow.t_list", times), put("flow.time_sinusoid", sinusoid(times)), put("flow.time_embed", embed_time(times))
put("flow.cond_embed", lin("flow_net.cond_embed", c))
put("flow.v_at_z0", torch.stack([velocity(z0, t.expand(WINDOWS), c) for t in times]))
put("flow.v_at_interp", torch.stack([velocity(t * z1 + (1 - t) * z0, t.expand(WINDOWS), c) for t in times]))
for steps in (1, 2, 4, 6, 10):
    end, points, speeds = euler(z0, c, steps)
    put(f"euler.N{steps}.z1_hat", end), put(f"decode.N{steps}.action_norm", decode(end))
    put(f"euler.N{steps}.trace_z", torch.stack(points)), put(f"euler.N{steps}.trace_v", torch.stack(speeds))
    put(f"predict.N{steps}.action", (decode(end) - maps["action"][1]) / maps["action"][0])
put("decode.from_target.action_norm", decode(z1))

t = double([0.3, 0.77])
put("loss.t", t)
t = double(io["loss.t"])
point, target = t[:, None] * z1 + (1 - t[:, None]) * z0, z1 - z0
v, (end, _, _) = velocity(point, t, c), euler(z0, c, 6)
put("loss.xt", point), put("loss.ut", target), put("loss.vt", v), put("loss.z1_hat", end)
flow, near = ((v - target) ** 2).mean(), ((end - z1) ** 2).mean()
decoded, coded = (decode(end) - future).abs().mean(), (decode(z1) - future).abs().mean()
total = flow + near + 0.5 * decoded + 0.5 * coded
for name, value in zip(
    ("flow_mse", "consistency_mse", "flow_recon_l1", "enc_recon_l1", "total"),
    (flow, near, decoded, coded, total),
):
    put("loss." + name, value.reshape(1))
total.backward()
grads = {"grad." + name: w.grad.numpy().astype(np.float32) for name, w in weights.items()}

(HERE / "golden_fill.json").write_text(
    json.dumps(dict(tensors=rules, image_index=9001), indent=None, separators=(",", ":")) + "\n"
)
save_file(io, HERE / "golden_io.safetensors")
save_file(grads, HERE / "golden_grads.safetensors")
