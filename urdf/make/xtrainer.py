"""Two Dobot Nova 2 arms on a bench, each with a parallel gripper, and a camera mast.

Kinematics, joint ranges, reach, payload and total mass are the maker's published figures for the
Nova 2. Masses and inertias are the ones of its ROS description, which are those of plastic; they are
scaled here so that an arm weighs its published 11 kg. Torque limits are not published and are chosen
so that the arm holds its 2 kg payload at full reach with a reserve. Bench, grippers and all shapes
are this project's own.
"""

from math import pi, radians

import numpy as np

from cobot import Style, beam, tee
from gripper import RUBBER, Gripper
from shapes import band, brick, disc, extrude, lathe, rounded_rectangle, screw
from write import Collision, Material, Robot, box_inertia, cylinder_inertia

# Both grippers straight down, 0.39 m in front of the arms' own axes and 0.32 m above the table.
HOME = [0.306, -0.3391, -2.0193, 0.7876, pi / 2, -1.2648]

D1, A2, A3, D4, D5, D6 = 0.2234, 0.28, 0.225, 0.1175, 0.12, 0.088
# Where the two long tubes lie along their joints' axes, and the plane in which they meet.
UPPER, LOWER, ELBOW_SEAM = 0.112, 0.002, 0.058
# The bench lifts the arms so that they reach what stands high as well as the table.
BENCH, MAST, APART, WIDTH = 0.2, 0.9, 0.6, 0.86
PUBLISHED_MASS = 11.0

WHITE = Material("shell", "#eceded", 0.0, 0.36)
TUBE = Material("tube", "#e4e6e7", 0.0, 0.34)
GREY = Material("cap", "#8d959b", 0.1, 0.42)
DARK = Material("seal", "#33373a", 0.0, 0.55)
STEEL = Material("steel", "#d0d3d5", 0.7, 0.3)
ALUMINIUM = Material("aluminium", "#aeb4b8", 0.6, 0.42)
STATUS = Material("status", "#35d08a", 0.0, 0.3, glow=0.5)
GLASS = Material("lens", "#0b0d12", 0.0, 0.08)
STYLE = Style(WHITE, TUBE, GREY, DARK, lean=0.0, depth=0.42, dome=0.36, swell=0.75)

HAND = Gripper(body=(0.058, 0.134, 0.062), foot=0.012, foot_radius=0.034, opening=0.085,
               force=60.0, speed=0.08, body_mass=0.52, finger_mass=0.04,
               shell=Material("gripper_shell", "#dfe2e4", 0.0, 0.4),
               finger=Material("gripper_finger", "#4a4f54", 0.4, 0.4), finger_length=0.062,
               pad_length=0.032, width=0.022, thickness=0.013)


def build():
    r = Robot("xtrainer", "Two Dobot Nova 2 arms on a bench, with parallel grippers.")
    r.link("bench", 18.0, (-0.025, 0, 0.14), box_inertia(18.0, 0.21, WIDTH, BENCH), visual=bench(),
           collision=[Collision("box", (0.21, WIDTH, BENCH), (-0.025, 0, BENCH / 2)),
                      Collision("box", (0.04, 0.04, MAST - BENCH), (-0.1, 0, (MAST + BENCH) / 2)),
                      Collision("box", (0.2, 0.09, 0.04), (-0.02, 0, MAST - 0.015))])
    looks = [pedestal(), shoulder(), upper_arm(), forearm(),
             tee(STYLE, 0.0365, D4 - 0.058, 0.043, 0.0365, 0.0605, "-y", "z"),
             tee(STYLE, 0.0365, D5 - 0.0605, 0.043, 0.0365, 0.0455, "y", "z"), flange()]
    for side, sign in (("left", 1), ("right", -1)):
        add_arm(r, f"{side}_", sign * APART / 2, looks)
    for side in ("left", "right"):
        r.camera(f"{side}_wrist", f"{side}_gripper", (0.055, 0, 0.03), (-0.35, 0, pi / 2))
    # At the head of the mast, looking forward and down at the table.
    r.camera("top", "bench", (0.1, 0, MAST - 0.027), (-pi + 0.5, 0, -pi / 2))
    return r


def add_arm(r, prefix, y, looks):
    # mass, centre of mass, inertia about it, as modelled in plastic
    plastic = [
        (0.9398733, (1.3e-05, -7.8e-06, 0.0647773),
         (0.0019168287, 0, 0, 0.0019227947, 0, 0.0012726996)),
        (0.8033714, (0, -0.0218723, -0.0236240),
         (0.0016795290, 0, 0, 0.0014696583, 0.0004420223, 0.0010370660)),
        (1.5781598, (-0.1503138, 0, 0.0931448),
         (0.0015667497, 0, -0.0011524011, 0.0216397042, 0, 0.0217363605)),
        (0.9986739, (-0.1182953, 0, 0.0113008),
         (0.0007757123, 0, 0.0005435886, 0.0093820490, 0, 0.0094011597)),
        (0.4416088, (0, -0.0226550, -0.0204587),
         (0.0006411725, 0, 0, 0.0004553715, 0.0002132828, 0.0004827185)),
        (0.5748351, (0, 0.0019130, -0.0076112),
         (0.0006631769, 0, 0, 0.0003975206, -0.0001202638, 0.0006411568)),
        (0.1242471, (0, 0, -0.0196921), (4.97045e-05, 0, 0, 4.99146e-05, 0, 7.67223e-05)),
    ]
    scale = PUBLISHED_MASS / sum(mass for mass, _, _ in plastic)
    across = {"x": (0, pi / 2, 0), "y": (pi / 2, 0, 0), "z": (0, 0, 0)}

    def pipe(radius, length, at, axis):
        return Collision("cylinder", (radius, length), at, across[axis])

    collision = [
        [pipe(0.062, 0.16, (0, 0, 0.08), "z")],
        [pipe(0.052, 0.116, (0, 0, -0.004), "z"), pipe(0.052, 0.06, (0, -0.03, 0), "y")],
        [pipe(0.052, 0.106, (0, 0, UPPER), "z"), pipe(0.045, A2, (-A2 / 2, 0, UPPER), "x"),
         pipe(0.046, 0.102, (-A2, 0, UPPER - 0.003), "z")],
        [pipe(0.046, 0.104, (0, 0, 0.006), "z"), pipe(0.037, A3, (-A3 / 2, 0, LOWER), "x"),
         pipe(0.037, 0.1, (-A3, 0, 0.009), "z")],
        [pipe(0.037, 0.102, (0, 0, -0.008), "z"), pipe(0.037, 0.06, (0, -0.03, 0), "y")],
        [pipe(0.037, 0.102, (0, 0, -0.008), "z"), pipe(0.037, 0.045, (0, 0.0225, 0), "y")],
        [pipe(0.035, 0.0425, (0, 0, -0.0215), "z")],
    ]
    names = [f"{prefix}base"] + [f"{prefix}link{n}" for n in range(1, 7)]
    for n, ((mass, com, inertia), name) in enumerate(zip(plastic, names)):
        r.link(name, mass * scale, com, tuple(i * scale for i in inertia), visual=looks[n],
               mesh=f"nova_link{n}", collision=collision[n])
    r.joint(f"{prefix}mount", "fixed", "bench", names[0], (0, y, BENCH))
    # origin, roll pitch yaw, half range in degrees, torque. At zero the arm stands straight up.
    rows = [
        ((0, 0, D1), (0, 0, 0), 360, 100),
        ((0, 0, 0), (pi / 2, pi / 2, 0), 180, 100),
        ((-A2, 0, 0), (0, 0, 0), 156, 60),
        ((-A3, 0, D4), (0, 0, -pi / 2), 360, 20),
        ((0, -D5, 0), (pi / 2, 0, 0), 360, 20),
        ((0, D6, 0), (-pi / 2, 0, 0), 360, 20),
    ]
    for n, (xyz, rpy, half, torque) in enumerate(rows, start=1):
        r.joint(f"{prefix}joint{n}", "revolute", names[n - 1], names[n], xyz, rpy,
                lower=-radians(half), upper=radians(half), effort=torque, velocity=radians(135))
    gripper = HAND.add(r, prefix, names[6])
    r.arm(prefix[:-1], names[0], f"{prefix}gripper", ((0, 0, HAND.tool), (0, 0, 0)),
          [f"{prefix}joint{n}" for n in range(1, 7)], HOME, acceleration=[12.0] * 3 + [16.0] * 3,
          jerk=[3000.0] * 3 + [4000.0] * 3, gripper=gripper)


# ---- looks -------------------------------------------------------------------------------------

def profile(a, b):
    """A slotted 40 mm aluminium profile from a to b."""
    corner = [(0.014, 0.004), (0.02, 0.004), (0.02, 0.02), (0.004, 0.02), (0.004, 0.014)]
    outline = []
    for _ in range(4):
        outline += corner
        corner = [(-y, x) for x, y in corner]
    length = float(np.linalg.norm(np.subtract(b, a)))
    return extrude(outline, 0, length, 0.0006).along(a, b)


def bench():
    """A frame of slotted profiles under a plate, and a mast whose boom carries a stereo camera."""
    plate = extrude(rounded_rectangle(0.21, WIDTH, 0.018), BENCH - 0.018, BENCH, 0.002)
    parts = [(plate.moved((-0.025, 0, 0)), ALUMINIUM)]
    top, low = BENCH - 0.018, 0.008
    for y in (-0.405, 0, 0.405):
        for x in (-0.105, 0.055):
            parts += [(profile((x, y, low), (x, y, top)), ALUMINIUM),
                      (disc(0.022, low + 0.002, 0.002).moved((x, y, 0)), DARK),
                      (screw(0.006, 0.004).moved((x, y, BENCH - 0.0005)), DARK)]
        parts.append((profile((-0.085, y, 0.05), (0.035, y, 0.05)), ALUMINIUM))
    for x in (-0.105, 0.055):
        for y in (-0.385, 0.02):
            parts.append((profile((x, y, 0.05), (x, y + 0.365, 0.05)), ALUMINIUM))
    # A control box hangs between the posts on either side.
    z = BENCH - 0.085
    for y in (-0.203, 0.203):
        parts += [(brick((0.12, 0.29, 0.1), (-0.03, y, z), bevel=0.004), DARK),
                  (brick((0.001, 0.24, 0.06), (0.0302, y, z), bevel=0.0004), RUBBER),
                  (disc(0.004, 0.0015).moved((0.0302, y - 0.1, z), (0, pi / 2, 0)), STATUS)]
    parts += [(profile((-0.1, 0, BENCH), (-0.1, 0, MAST)), ALUMINIUM),
              (brick((0.041, 0.041, 0.006), (-0.1, 0, MAST + 0.002)), DARK),
              (brick((0.075, 0.075, 0.008), (-0.1, 0, BENCH + 0.004)), DARK),
              (brick((0.16, 0.022, 0.022), (-0.005, 0, MAST - 0.015)), ALUMINIUM)]
    tilt = (0, 0.5, 0)
    parts.append((brick((0.024, 0.092, 0.026), (0.083, 0, MAST - 0.02), tilt, bevel=0.005), DARK))
    # The lenses look along the tilted camera's lower face.
    face = np.array([0.083 + 0.0135 * np.sin(0.5), 0, MAST - 0.02 - 0.0135 * np.cos(0.5)])
    for y in (-0.03, 0, 0.03):
        parts.append((disc(0.007, 0.0015).moved(face + (0, y, 0), (0, pi - 0.5, 0)), GLASS))
    return parts


def pedestal():
    foot = lathe([(0, 0), (0.0735, 0), (0.0745, 0.001), (0.0745, 0.013), (0.073, 0.015),
                  (0.065, 0.0165), (0.0615, 0.021), (0.0585, 0.045), (0.055, 0.1), (0.0525, 0.135),
                  (0.052, 0.16), (0, 0.16)], 56, 0.5)
    parts = [(foot, WHITE), (band(0.0517, 0.159, 0.003), DARK),
             (band(0.0532, 0.122, 0.0045, proud=0.0012), STATUS)]
    for t in range(4):
        a = pi / 4 + t * pi / 2
        parts.append((screw(0.0045, 0.004).moved((0.068 * np.cos(a), 0.068 * np.sin(a), 0.0145)),
                      STEEL))
    plug = lathe([(0.012, 0), (0.012, 0.012), (0.0095, 0.014), (0.008, 0.026), (0.0055, 0.028),
                  (0.0055, 0.05), (0, 0.05)], 24)
    parts.append((plug.moved((-0.054, 0, 0.05), (0, -pi / 2, 0)), DARK))
    return parts


def shoulder():
    return tee(STYLE, 0.052, 0.062, 0.054, 0.052, 0.06, "-y", "z")


def upper_arm():
    return (tee(STYLE, 0.052, UPPER - 0.06, 0.053, 0.044, 0.058, "-x", "z", (0, 0, UPPER), False)
            + beam(STYLE, A2, 0.0425, 0.039, (0, 0, UPPER), 0.0015, (0.058, 0.053))
            + tee(STYLE, 0.046, UPPER - ELBOW_SEAM, 0.048, 0.0405, 0.053, "x", "z",
                  (-A2, 0, UPPER), False))


def forearm():
    return (tee(STYLE, 0.046, ELBOW_SEAM - LOWER, 0.046, 0.037, 0.053, "-x", "-z",
                (0, 0, LOWER), False)
            + beam(STYLE, A3, 0.0355, 0.0325, (0, 0, LOWER), 0.0015, (0.053, 0.045))
            + tee(STYLE, 0.0365, 0.058 - LOWER, 0.042, 0.034, 0.045, "x", "-z", (-A3, 0, LOWER),
                  False))


def flange():
    drum = lathe([(0, -0.0425), (0.0345, -0.0425), (0.035, -0.0415), (0.035, -0.0125),
                  (0.0335, -0.011), (0.0335, -0.0015), (0.0325, 0), (0, 0)], 48)
    return [(drum, WHITE), (band(0.035, -0.02, 0.004, proud=0.0008), STATUS),
            (band(0.0335, -0.0105, 0.002), DARK),
            (disc(0.005, 0.003).moved((0, 0.034, -0.031), (-pi / 2, 0, 0)), RUBBER)]


if __name__ == "__main__":
    build().write()
