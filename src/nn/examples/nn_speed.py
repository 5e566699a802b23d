"""PyTorch on the shapes of the example `nn_speed`: GFLOP/s of convolutions, milliseconds of a ResNet.

    python nn_speed.py THREADS
"""

import sys
import time

import torch
import torch.nn.functional as F
import torchvision

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
SHAPES = [
    (16, 96, 3, 64, 7, 2), (16, 24, 64, 64, 3, 1), (16, 24, 64, 128, 3, 2), (16, 12, 128, 128, 3, 1),
    (16, 6, 256, 256, 3, 1), (16, 3, 512, 512, 3, 1), (16, 24, 32, 32, 3, 1), (16, 12, 64, 64, 3, 1),
    (1, 64, 64, 64, 3, 1), (1, 32, 128, 128, 3, 1), (1, 16, 256, 256, 3, 1), (1, 8, 512, 512, 3, 1),
    (1, 256, 3, 64, 7, 2),
]  # fmt: skip


def best(work, rounds=9):
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


a = torch.full((1024, 1024), 0.5)
print(f"matrix product 1024^3: {2 * 1024**3 / best(lambda: a @ a) / 1e9:.1f} GFLOP/s")
for batch, side, channels, filters, k, s in SHAPES:
    rates = []
    for form in (torch.contiguous_format, torch.channels_last):
        x = torch.full((batch, channels, side, side), 0.3).contiguous(memory_format=form)
        w = torch.full((filters, channels, k, k), 0.1).contiguous(memory_format=form)
        y = F.conv2d(x, w, stride=s, padding=k // 2)
        dy = torch.full_like(y, 0.2)
        flop = 2 * y.numel() * channels * k * k / 1e9
        args = ([0], [s, s], [k // 2, k // 2], [1, 1], False, [0, 0], 1)

        def back(mask):
            torch.ops.aten.convolution_backward(dy, x, w, *args, mask)

        with torch.inference_mode():
            rates.append([
                flop / best(lambda: F.conv2d(x, w, stride=s, padding=k // 2)),
                flop / best(lambda: back([True, False, False])),
                flop / best(lambda: back([False, True, False])),
            ])  # fmt: skip
    out, dx, dw = (max(r) for r in zip(*rates))
    print(f"{batch}x{side}x{side} {channels}->{filters} k{k} s{s}: forward {out:.1f}, input {dx:.1f}, weights {dw:.1f} GFLOP/s")

for widths, side, count in [((64, 128, 256, 512), 96, 32), ((32, 64, 128, 256), 96, 32), ((64, 128, 256, 512), 256, 2)]:
    forward, step, alone = [], [], []
    for form in (torch.contiguous_format, torch.channels_last):
        net = torchvision.models.resnet18(norm_layer=lambda c: torch.nn.GroupNorm(c // 16, c))
        if widths[0] != 64:
            half = torchvision.models.resnet.BasicBlock
            net = torchvision.models.ResNet(half, [2, 2, 2, 2], norm_layer=lambda c: torch.nn.GroupNorm(max(c // 16, 1), c))
            for module in net.modules():
                if isinstance(module, torch.nn.Conv2d):
                    inputs = module.in_channels if module.in_channels == 3 else module.in_channels // 2
                    shape = (module.out_channels // 2, inputs, *module.kernel_size)
                    module.weight = torch.nn.Parameter(torch.randn(shape) * 0.05)
                elif isinstance(module, torch.nn.GroupNorm):
                    half = module.num_channels // 2
                    module.num_channels, module.num_groups = half, half // 16
                    module.weight = torch.nn.Parameter(torch.ones(half))
                    module.bias = torch.nn.Parameter(torch.zeros(half))
        net.fc = torch.nn.Identity()
        net = net.to(memory_format=form)
        x = torch.rand(count, 3, side, side).contiguous(memory_format=form)

        def train():
            net.zero_grad()
            net(x).square().mean().backward()

        forward.append(best(lambda: net(x), 4))
        step.append(best(train, 4))
        with torch.inference_mode():
            one = x[:1].contiguous(memory_format=form)
            alone.append(best(lambda: net(one)))
    each = 1e3 / count
    print(
        f"ResNet {widths} at {side}: forward {min(forward) * each:.2f} ms, forward and backward "
        f"{min(step) * each:.2f} ms an image; one image alone {min(alone) * 1e3:.2f} ms"
    )
