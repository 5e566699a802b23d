"""The action solver as the paper describes it, in NumPy and SciPy: the peer of `solver.rs`.

Needs the Python packages `numpy` and `scipy`. Reads one JSON object from stdin: `start` and `target`
(N points each, metres), `tool` (position and Euler angles of the hand that holds them). Prints one JSON
object: `closed_us`, CPU microseconds of the closed-form fit by singular value decomposition; `first_ms`
and `rms`, CPU milliseconds and residual of the first solve (dual annealing with 5000 evaluations and
SLSQP as its local search, then SLSQP); `version`.

The pose is position and Euler angles (xyz), each scaled from its bounds to -1..1, the cost the sum of
squared keypoint distances, as in ReKep's solver, which the paper follows. Sine and cosine are written
out in the cost: SciPy's Rotation class would double its time.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import json
import sys
import time

import numpy as np
import scipy
from scipy.optimize import dual_annealing, minimize


def kabsch(a, b):
    mean_a, mean_b = a.mean(0), b.mean(0)
    u, _, vt = np.linalg.svd((a - mean_a).T @ (b - mean_b))
    if np.linalg.det(vt.T @ u.T) < 0:
        vt[2] = -vt[2]
    r = vt.T @ u.T
    return r, mean_b - r @ mean_a


def euler(angles):
    (cr, cp, cy), (sr, sp, sy) = np.cos(angles), np.sin(angles)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def main():
    given = json.load(sys.stdin)
    start, target = np.array(given["start"]), np.array(given["target"])
    tool = np.array(given["tool"])

    closed = []
    for _ in range(15):
        begin = time.process_time()
        for _ in range(500):
            kabsch(start, target)
        closed.append((time.process_time() - begin) / 500)

    in_tool = (start - tool[:3]) @ euler(tool[3:])
    half = np.array([0.5, 0.6, 0.4, np.pi, np.pi, np.pi])
    middle = np.array([*tool[:3], 0.0, 0.0, 0.0])

    def cost(x):
        pose = middle + half * x
        off = in_tool @ euler(pose[3:]).T + pose[:3] - target
        return np.sum(off * off)

    begin_at = (tool - middle) / half
    bounds = [(-1.0, 1.0)] * 6
    first, rms = [], []
    for seed in range(5):
        begin = time.process_time()
        found = dual_annealing(
            cost,
            bounds,
            maxfun=5000,
            x0=begin_at,
            rng=seed,
            minimizer_kwargs={"method": "SLSQP", "options": {"maxiter": 200}},
        )
        x = np.clip(found.x, -1.0, 1.0)
        x = minimize(cost, x, method="SLSQP", bounds=bounds, options={"maxiter": 200}).x
        first.append(time.process_time() - begin)
        rms.append(np.sqrt(cost(x) / len(target)))
    print(
        json.dumps(
            {
                "closed_us": 1e6 * float(np.median(closed)),
                "first_ms": 1e3 * float(np.median(first)),
                "rms": float(np.median(rms)),
                "version": f"NumPy {np.__version__} and SciPy {scipy.__version__}",
            }
        )
    )


main()
