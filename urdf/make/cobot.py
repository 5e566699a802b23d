"""Joint housings and tubes of six-axis arms that are built from drums at right angles."""

from dataclasses import dataclass

import numpy as np

from shapes import Mesh, band, blend, clip, lathe, mesh_field, rod
from write import Material


@dataclass
class Style:
    """What tells one maker's housings from another's."""

    shell: Material
    tube: Material
    cap: Material
    seal: Material
    lean: float  # slope of the cap's edge, lowest away from the branch
    depth: float  # of the cap, in radii
    dome: float  # rounding of the cap, in radii
    swell: float  # rounding between drum and branch, in radii


AXES = {"x": (1, 0, 0), "-x": (-1, 0, 0), "y": (0, 1, 0), "-y": (0, -1, 0), "z": (0, 0, 1),
        "-z": (0, 0, -1)}


def oriented(mesh, branch, axis):
    """A mesh made with its axis along z and its branch along x, turned to the named directions."""
    x, z = np.array(AXES[branch], float), np.array(AXES[axis], float)
    turn = np.stack([x, np.cross(z, x), z], axis=1)
    return Mesh(mesh.points @ turn.T, mesh.normals @ turn.T, mesh.faces)


def tee(style, radius, low, high, branch_radius, branch, to, axis, at=(0, 0, 0), seam=True):
    """A joint housing: a drum along `axis` from -low (a seam) to +high (its domed, coloured cap),
    and a branch towards `to` that ends in a seam after `branch`."""
    drum = rod((0, 0, -low - 0.03), (0, 0, high), radius, radius * style.dome)
    arm = rod((-radius * 0.3, 0, 0), (branch + 0.03, 0, 0), branch_radius, 0.004)
    cell = 0.0094 if radius > 0.05 else 0.0078
    body = mesh_field(blend(radius * style.swell, drum, arm), (-radius, -radius, -low - 0.02),
                      (branch + 0.02, radius, high), cell)
    body = clip(clip(body, (0, 0, -low + 0.0012), (0, 0, -1)), (branch - 0.0012, 0, 0), (1, 0, 0))
    lean = np.array([-style.lean, 0, 1.0])
    edge = np.array([0, 0, high - radius * style.depth])
    cap = clip(body, edge, -lean)
    cap.points += cap.normals * 0.0006
    parts = [(clip(body, edge, lean), style.shell), (cap, style.cap),
             (band(radius - 0.001, -low + 0.001, 0.0035), style.seal)]
    if style.lean == 0:
        parts.append((band(radius - 0.0006, edge[2], 0.0022, proud=0.001), style.seal))
    if seam:
        mark = band(branch_radius - 0.001, 0, 0.0035).along((branch - 0.001, 0, 0),
                                                            (branch + 1, 0, 0))
        parts.append((mark, style.seal))
    return [(oriented(m, to, axis).moved(at), paint) for m, paint in parts]


def beam(style, length, r0, r1, at, collar, ends):
    """A tube from `at` along -x, with turned collars where it leaves the housings at its ends."""
    a, b = ends[0], length - ends[1]
    profile = [(r0 + collar, a - 0.015), (r0 + collar, a - 0.003), (r0 + collar - 0.0015, a - 0.001),
               (r0, a), (r1, b), (r1 + collar - 0.0015, b + 0.001), (r1 + collar, b + 0.003),
               (r1 + collar, b + 0.015)]
    return [(lathe(profile, 48, 0.35).along((0, 0, 0), (-1, 0, 0)).moved(at), style.tube)]
