"""Universal Robots UR5e with a two-finger parallel gripper.

Kinematics are the maker's published Denavit-Hartenberg parameters; limits come from its user manual
and torque table; masses, centres of mass and inertia tensors from the tables of its ROS 2
description. The gripper and all shapes are this project's own.
"""

from math import pi

import numpy as np

from cobot import Style, beam, tee
from gripper import Gripper
from shapes import band, disc, lathe, screw
from write import Collision, Material, Robot, cylinder_inertia

# Gripper straight down, 0.45 m in front of the base, 0.3 m above its foot, elbow up.
HOME = [-0.3007, -1.7083, 1.8487, -1.7112, -pi / 2, -1.8715]

D1, A2, A3, D4, D5, D6 = 0.1625, -0.425, -0.3922, 0.1333, 0.0997, 0.0996
# Where the two long tubes lie along their joints' axes, and the plane in which they meet.
UPPER, LOWER, ELBOW_SEAM = 0.138, 0.007, 0.0725

SILVER = Material("housing", "#b9bdc0", 0.35, 0.42)
TUBE = Material("tube", "#c9ccce", 0.45, 0.34)
CAP = Material("cap", "#8fb0c9", 0.05, 0.42)
BLACK = Material("seal", "#1d1f21", 0.0, 0.6)
STEEL = Material("steel", "#d0d3d5", 0.7, 0.3)
STYLE = Style(SILVER, TUBE, CAP, BLACK, lean=0.32, depth=0.52, dome=0.3, swell=0.5)

HAND = Gripper(body=(0.066, 0.142, 0.07), foot=0.014, foot_radius=0.0375, opening=0.085,
               force=80.0, speed=0.075, body_mass=0.85, finger_mass=0.06,
               shell=Material("gripper_shell", "#3a3d41", 0.1, 0.45),
               finger=Material("gripper_finger", "#aab0b4", 0.6, 0.35))


def build():
    r = Robot("ur5e", "Universal Robots UR5e with a two-finger parallel gripper.")
    quarter = (pi / 2, 0, 0)
    across = {"x": (0, pi / 2, 0), "y": (pi / 2, 0, 0), "z": (0, 0, 0)}

    def pipe(radius, length, at, axis):
        return Collision("cylinder", (radius, length), at, across[axis])

    r.link("base_link", 4.0, (0, 0, 0.04), cylinder_inertia(4.0, 0.06, 0.09), visual=base(),
           collision=[pipe(0.075, 0.03, (0, 0, 0.015), "z"), pipe(0.06, 0.07, (0, 0, 0.065), "z")])
    r.link("shoulder_link", 3.761, (0, -0.00193, -0.02561),
           (0.00700210, 0.00000073, -0.00001053, 0.00648091, 0.00049994, 0.00657286), quarter,
           visual=tee(STYLE, 0.06, 0.062, 0.062, 0.06, 0.0705, "-y", "z"),
           collision=[pipe(0.06, 0.124, (0, 0, 0), "z"), pipe(0.06, 0.07, (0, -0.035, 0), "y")])
    r.link("upper_arm_link", 8.058, (-0.2125, 0, 0.11336),
           (0.01505885, -0.00005400, 0.00000563, 0.33388086, -0.00000181, 0.33247207),
           visual=upper_arm(), collision=[
               pipe(0.06, 0.13, (0, 0, UPPER), "z"), pipe(0.05, 0.425, (A2 / 2, 0, UPPER), "x"),
               pipe(0.056, 0.125, (A2, 0, UPPER - 0.003), "z")])
    r.link("forearm_link", 2.846, (-0.2422, 0, 0.0265),
           (0.00399632, -0.00001365, 0.00137272, 0.07879254, -0.00000660, 0.07848510),
           visual=forearm(), collision=[
               pipe(0.056, 0.125, (0, 0, 0.01), "z"), pipe(0.043, 0.392, (A3 / 2, 0, LOWER), "x"),
               pipe(0.0385, 0.112, (A3, 0, 0.0165), "z")])
    r.link("wrist_1_link", 1.37, (0, -0.01634, -0.0018),
           (0.00165491, -0.00000282, -0.00000438, 0.00135962, 0.00010157, 0.00126279), quarter,
           visual=tee(STYLE, 0.0385, 0.06, 0.046, 0.0385, 0.0535, "-y", "z"),
           collision=[pipe(0.0385, 0.106, (0, 0, -0.007), "z"),
                      pipe(0.0385, 0.053, (0, -0.0265, 0), "y")])
    r.link("wrist_2_link", 1.3, (0, 0.01634, -0.0018),
           (0.00135617, -0.00000274, 0.00000444, 0.00127827, -0.00005048, 0.00096614),
           (-pi / 2, 0, 0), visual=tee(STYLE, 0.0385, 0.0455, 0.046, 0.0385, 0.0535, "y", "z"),
           collision=[pipe(0.0385, 0.091, (0, 0, 0), "z"),
                      pipe(0.0385, 0.053, (0, 0.0265, 0), "y")])
    r.link("wrist_3_link", 0.365, (0, 0, -0.001159),
           (0.00018694, 0.00000006, -0.00000017, 0.00018908, -0.00000092, 0.00025756),
           visual=flange(), collision=[pipe(0.0375, 0.045, (0, 0, -0.0225), "z")])

    links = ["base_link", "shoulder_link", "upper_arm_link", "forearm_link", "wrist_1_link",
             "wrist_2_link", "wrist_3_link"]
    # name, origin, roll pitch yaw, half range, effort. The first turn by half a revolution puts
    # the arm's reach at zero angles along +x.
    rows = [
        ("shoulder_pan_joint", (0, 0, D1), (0, 0, pi), 2 * pi, 150),
        ("shoulder_lift_joint", (0, 0, 0), quarter, 2 * pi, 150),
        ("elbow_joint", (A2, 0, 0), (0, 0, 0), pi, 150),
        ("wrist_1_joint", (A3, 0, D4), (0, 0, 0), 2 * pi, 28),
        ("wrist_2_joint", (0, -D5, 0), quarter, 2 * pi, 28),
        ("wrist_3_joint", (0, D6, 0), (-pi / 2, 0, 0), 2 * pi, 28),
    ]
    for (name, xyz, rpy, half, effort), parent, child in zip(rows, links, links[1:]):
        r.joint(name, "revolute", parent, child, xyz, rpy, lower=-half, upper=half, effort=effort,
                velocity=pi)

    gripper = HAND.add(r, "", "wrist_3_link")
    r.arm("arm", "base_link", "gripper", ((0, 0, HAND.tool), (0, 0, 0)),
          [row[0] for row in rows], HOME,
          # The maker publishes neither; these are chosen within what the torques allow.
          acceleration=[14.0] * 3 + [20.0] * 3, jerk=[3000.0] * 3 + [5000.0] * 3, gripper=gripper)
    r.camera("wrist", "gripper", (0.06, 0, 0.03), (-0.35, 0, pi / 2))
    return r


# ---- looks -------------------------------------------------------------------------------------

def base():
    foot = lathe([(0, 0), (0.0745, 0), (0.0755, 0.001), (0.0755, 0.022), (0.0735, 0.025),
                  (0.0635, 0.027), (0.061, 0.031), (0.06, 0.04), (0.06, 0.0985), (0, 0.0985)], 56,
                 0.5)
    parts = [(foot, SILVER), (band(0.0594, 0.0975, 0.003), BLACK), (band(0.0602, 0.036, 0.0015),
                                                                    BLACK)]
    for t in range(4):
        a = pi / 4 + t * pi / 2
        at = (0.0675 * np.cos(a), 0.0675 * np.sin(a), 0.0245)
        parts += [(disc(0.0075, 0.003).moved((*at[:2], 0.0235)), STEEL),
                  (screw(0.0052, 0.004).moved((*at[:2], 0.026)), STEEL)]
    # Cable gland at the back.
    gland = lathe([(0.013, 0), (0.013, 0.012), (0.01, 0.014), (0.0085, 0.026), (0.006, 0.028),
                   (0.006, 0.055), (0, 0.055)], 24)
    return parts + [(gland.moved((-0.056, 0, 0.062), (0, -pi / 2, 0)), BLACK)]


def upper_arm():
    return (tee(STYLE, 0.06, UPPER - 0.0705, 0.062, 0.05, 0.07, "-x", "z", (0, 0, UPPER), seam=False)
            + beam(STYLE, -A2, 0.0485, 0.0455, (0, 0, UPPER), 0.0035, (0.072, 0.068))
            + tee(STYLE, 0.056, UPPER - ELBOW_SEAM, 0.058, 0.047, 0.066, "x", "z", (A2, 0, UPPER),
                  seam=False))


def forearm():
    return (tee(STYLE, 0.056, ELBOW_SEAM - LOWER, 0.056, 0.0435, 0.066, "-x", "-z", (0, 0, LOWER),
                seam=False)
            + beam(STYLE, -A3, 0.0415, 0.0375, (0, 0, LOWER), 0.003, (0.068, 0.06))
            + tee(STYLE, 0.0385, D4 - 0.06 - LOWER, 0.046, 0.0385, 0.058, "x", "-z", (A3, 0, LOWER),
                  seam=False))


def flange():
    drum = lathe([(0, -0.0455), (0.0375, -0.0455), (0.038, -0.0445), (0.038, -0.0145),
                  (0.0365, -0.013), (0.0365, -0.0015), (0.0355, 0), (0, 0)], 48)
    parts = [(drum, SILVER), (band(0.038, -0.0145, 0.002), BLACK)]
    plug = lathe([(0.0055, 0), (0.0055, 0.006), (0.004, 0.0085), (0, 0.0085)], 20)
    parts.append((plug.moved((0, 0.037, -0.027), (-pi / 2, 0, 0)), BLACK))
    for t in range(4):
        a = pi / 4 + t * pi / 2
        parts.append((screw(0.0032).moved((0.025 * np.cos(a), 0.025 * np.sin(a), -0.0002)), STEEL))
    return parts


if __name__ == "__main__":
    build().write()
