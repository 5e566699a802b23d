"""Franka Emika Panda with its hand.

Joint origins, limits and accelerations are the maker's published interface specification; masses
and inertias are the identified parameters that the maker's ROS description carries. The shapes are
this project's own.
"""

from math import pi

import numpy as np

from shapes import (band, blend, block, brick, clip, cone, cut, disc, extrude, extrude_x,
                    grown, half_space, lathe, meet, mesh_field, placed, prism_x, ring, rod,
                    rounded_rectangle, screw, sweep, tube)
from write import Collision, Material, Robot, cylinder_inertia

# Gripper straight down, 0.45 m in front of the base, 0.35 m above its foot.
HOME = [0, -0.311, 0, -2.3474, 0, 2.0364, pi / 4]


def build():
    r = Robot("franka", "Franka Emika Panda with its hand.")

    # mass, centre of mass, inertia about it
    inertial = {
        0: (2.814200, (-0.041018, -0.00014, 0.049974),
            (0.00315, 8.2904e-07, 0.00015, 0.00388, 8.2299e-06, 0.004285)),
        1: (4.970684, (0.003875, 0.002081, -0.04762),
            (0.70337, -0.000139, 0.006772, 0.70661, 0.019169, 0.009117)),
        2: (0.646926, (-0.003141, -0.02872, 0.003495),
            (0.007962, -0.003925, 0.010254, 0.02811, 0.000704, 0.025995)),
        3: (3.228604, (0.027518, 0.039252, -0.066502),
            (0.037242, -0.004761, -0.011396, 0.036155, -0.012805, 0.01083)),
        4: (3.587895, (-0.05317, 0.104419, 0.027454),
            (0.025853, 0.007796, -0.001332, 0.019552, 0.008641, 0.028323)),
        5: (1.225946, (-0.011953, 0.041065, -0.038437),
            (0.035549, -0.002117, -0.004037, 0.029474, 0.000229, 0.008627)),
        6: (1.666555, (0.060149, -0.014117, -0.010517),
            (0.001964, 0.000109, -0.001158, 0.004354, 0.000341, 0.005433)),
        7: (0.735522, (0.010517, -0.004252, 0.061597),
            (0.012516, -0.000428, -0.001196, 0.010027, -0.000741, 0.004815)),
    }
    collision = {
        0: [Collision("cylinder", (0.07, 0.14), (0, 0, 0.07)),
            Collision("box", (0.13, 0.15, 0.12), (-0.085, 0, 0.06))],
        1: [Collision("cylinder", (0.055, 0.19), (0, 0, -0.097)),
            Collision("cylinder", (0.055, 0.184), (0, -0.037, 0), (pi / 2, 0, 0))],
        2: [Collision("cylinder", (0.055, 0.184), (0, 0, 0.037)),
            Collision("cylinder", (0.055, 0.194), (0, -0.097, 0), (pi / 2, 0, 0))],
        3: [Collision("cylinder", (0.055, 0.121), (0, 0, -0.0605)),
            Collision("box", (0.085, 0.11, 0.1), (0.041, 0, -0.005)),
            Collision("cylinder", (0.055, 0.165), (0.0825, 0.028, 0), (pi / 2, 0, 0))],
        4: [Collision("cylinder", (0.055, 0.166), (0, 0, 0.028)),
            Collision("box", (0.085, 0.1, 0.11), (-0.041, 0.005, 0)),
            Collision("cylinder", (0.055, 0.124), (-0.0825, 0.062, 0), (pi / 2, 0, 0))],
        5: [Collision("cylinder", (0.055, 0.1), (0, 0, -0.212)),
            Collision("box", (0.075, 0.08, 0.18), (0, 0.075, -0.12)),
            Collision("cylinder", (0.051, 0.085), (0, 0.0875, 0), (pi / 2, 0, 0))],
        6: [Collision("cylinder", (0.046, 0.098), (0, 0, 0.006)),
            Collision("cylinder", (0.046, 0.132), (0.088, 0.015, 0), (pi / 2, 0, 0))],
        7: [Collision("cylinder", (0.044, 0.055), (0, 0, 0.0795))],
    }
    arm = shoulder()
    looks = [base(), arm, [(m.moved(rpy=(-pi / 2, 0, 0)), paint) for m, paint in arm], elbow(False),
             elbow(True), forearm(), wrist(), flange()]
    for n, (mass, com, inertia) in inertial.items():
        r.link(f"panda_link{n}", mass, com, inertia, visual=looks[n], collision=collision[n])

    # origin, roll, lower, upper, velocity, effort
    rows = [
        ((0, 0, 0.333), 0, -2.8973, 2.8973, 2.175, 87),
        ((0, 0, 0), -pi / 2, -1.7628, 1.7628, 2.175, 87),
        ((0, -0.316, 0), pi / 2, -2.8973, 2.8973, 2.175, 87),
        ((0.0825, 0, 0), pi / 2, -3.0718, -0.0698, 2.175, 87),
        ((-0.0825, 0.384, 0), -pi / 2, -2.8973, 2.8973, 2.61, 12),
        ((0, 0, 0), pi / 2, -0.0175, 3.7525, 2.61, 12),
        ((0.088, 0, 0), pi / 2, -2.8973, 2.8973, 2.61, 12),
    ]
    for n, (xyz, roll, lower, upper, velocity, effort) in enumerate(rows, start=1):
        r.joint(f"panda_joint{n}", "revolute", f"panda_link{n - 1}", f"panda_link{n}", xyz,
                (roll, 0, 0), lower=lower, upper=upper, effort=effort, velocity=velocity,
                damping=0.003)

    r.link("panda_hand", 0.73, (-0.01, 0, 0.03), (0.001, 0, 0, 0.0025, 0, 0.0017), visual=hand(), collision=[
        Collision("box", (0.06, 0.204, 0.062), (0, 0, 0.035)),
    ])
    r.joint("panda_hand_joint", "fixed", "panda_link7", "panda_hand", (0, 0, 0.107),
            (0, 0, -pi / 4))
    for side, sign in (("left", 1), ("right", -1)):
        r.link(f"panda_{side}finger", 0.015, (0, sign * 0.01, 0.025),
               cylinder_inertia(0.015, 0.01, 0.05), mesh="panda_finger",
               visual=finger() if sign > 0 else [],
               visual_rpy=(0, 0, 0) if sign > 0 else (0, 0, pi), collision=[
                   Collision("box", (0.02, 0.012, 0.022), (0, sign * 0.006, 0.0435)),
                   Collision("box", (0.02, 0.016, 0.0325), (0, sign * 0.0155, 0.01625)),
               ])
    slide = dict(xyz=(0, 0, 0.0584), lower=0, upper=0.04, effort=70, velocity=0.05, damping=0.3)
    r.joint("panda_finger_joint1", "prismatic", "panda_hand", "panda_leftfinger",
            axis=(0, 1, 0), **slide)
    r.joint("panda_finger_joint2", "prismatic", "panda_hand", "panda_rightfinger",
            axis=(0, -1, 0), mimic=("panda_finger_joint1", 1, 0), **slide)

    r.arm(
        "arm", "panda_link0", "panda_hand", ((0, 0, 0.1034), (0, 0, 0)),
        [f"panda_joint{n}" for n in range(1, 8)],
        home=HOME,
        acceleration=[15, 7.5, 10, 12.5, 15, 20, 20],
        jerk=[7500, 3750, 5000, 6250, 7500, 10000, 10000],
        gripper=dict(kind="parallel", joints=["panda_finger_joint1", "panda_finger_joint2"],
                     closed=[0, 0], open=[0.04, 0.04], max_opening=0.08, force=70,
                     finger=dict(length=0.045, width=0.02, thickness=0.012),
                     finger_links=["panda_leftfinger", "panda_rightfinger"]),
    )
    # Bolted to the flange in front of the hand, looking along the fingers.
    r.camera("wrist", "panda_hand", (0.065, 0, 0.03), (-0.35, 0, pi / 2))
    return r


# ---- looks -------------------------------------------------------------------------------------

SHELL = Material("shell", "#f1f2f0", 0.0, 0.38)
DARK = Material("joint_cap", "#2c2e31", 0.0, 0.45)
SEAM = Material("seam", "#5c6064", 0.0, 0.6)
METAL = Material("flange", "#c6cacd", 0.55, 0.38)
PANEL = Material("panel", "#c9cdcf", 0.0, 0.5)
RUBBER = Material("rubber", "#17181a", 0.0, 0.85)
STATUS = Material("status", "#3fb6ff", 0.0, 0.3, glow=0.6)


def base():
    column = cone((0, 0, -0.05), (0, 0, 0.2), 0.0735, 0.0485, 0.002)
    wedge = meet(0.03, block((0.19, 0.15, 0.26), (-0.038, 0, -0.02), round=0.02),
                 half_space((-0.055, 0, 0.104), (-0.5, 0, 1)),
                 half_space((0, 0.066, 0.05), (0, 1, 0.16)),
                 half_space((0, -0.066, 0.05), (0, -1, 0.16)),
                 half_space((0.01, 0, 0), (1, 0, 0)))
    body = mesh_field(blend(0.025, column, wedge), (-0.14, -0.09, -0.02), (0.08, 0.09, 0.16),
                      0.0092)
    body = clip(clip(body, (0, 0, 0.1395), (0, 0, 1)), (0, 0, 0), (0, 0, -1))
    foot = extrude([(-0.152, -0.055), (-0.135, -0.0945), (-0.05, -0.0945), (-0.03, -0.06),
                    (0.03, -0.05), (0.03, 0.05), (-0.03, 0.06), (-0.05, 0.0945),
                    (-0.135, 0.0945), (-0.152, 0.055)], 0, 0.011, 0.002)
    parts = [(body, SHELL), (foot, SHELL), (band(0.0546, 0.1385, 0.003), SEAM)]
    for sign in (1, -1):
        for x in (-0.126, -0.062):
            parts.append((screw(0.006, 0.005).moved((x, sign * 0.0835, 0.0105)), METAL))
    # Connectors on the right flank.
    lean = pi / 2 - 0.16
    panel = extrude(rounded_rectangle(0.078, 0.056, 0.01), -0.004, 0.002)
    parts.append((panel.moved((-0.083, -0.0668, 0.046), (lean, 0, 0)), PANEL))
    for x, z, r in ((-0.1, 0.049, 0.011), (-0.064, 0.06, 0.0065), (-0.064, 0.036, 0.0065)):
        at = (x, -0.0684 + 0.16 * (z - 0.046), z)
        parts.append((ring(r * 0.6, r, 0.009).moved(at, (lean, 0, 0)), METAL))
        parts.append((disc(r * 0.6, 0.005).moved(at, (lean, 0, 0)), RUBBER))
    # The status light on the slope at the back.
    parts.append((disc(0.011, 0.003).moved((-0.1, 0, 0.0795), (0, -0.4636, 0)), PANEL))
    parts.append((disc(0.0075, 0.004).moved((-0.1, 0, 0.0797), (0, -0.4636, 0)), STATUS))
    return parts


def shoulder():
    """Barrel below, head to the side: link 1, and link 2 upside down."""
    barrel = tube([(0, 0, -0.25), (0, 0, -0.157)], 0.0548)
    neck = tube([(0, -0.004, -0.152), (0, -0.064, -0.012)], [0.048, 0.05])
    head = meet(0.003, tube([(0, -0.0745, 0), (0, 0.1, 0)], 0.0548),
                half_space((0, -0.0005, 0), (0, 1, 0)))
    body = mesh_field(blend(0.035, barrel, blend(0.03, neck, head)),
                      (-0.06, -0.132, -0.21), (0.06, 0.06, 0.058), 0.0075)
    return [(clip(body, (0, 0, -0.1925), (0, 0, -1)), SHELL),
            (band(0.0548, -0.191, 0.003), SEAM)]


def elbow_cap():
    """The dark cap with its white lid, standing on z = 0."""
    cap = lathe([(0.0535, -0.003), (0.0562, 0), (0.0566, 0.014), (0.0545, 0.026), (0.048, 0.036),
                 (0.039, 0.0405), (0.034, 0.0412)], 48, 0.9)
    lid = lathe([(0.0345, 0.0395), (0.0338, 0.0418), (0.028, 0.0432), (0.014, 0.0441),
                 (0, 0.0443)], 48, 0.9)
    return cap, lid


def elbow(flip):
    """A barrel along z that ends in a dome beside the elbow joint, whose axis lies along y."""
    barrel = sweep([(0, 0, -0.26, 0.0548), (0, 0, -0.16, 0.0548), (0, 0, -0.09, 0.0546),
                    (0.002, 0, -0.055, 0.0525), (0.007, 0, -0.027, 0.0465)], 8)
    joint = rod((0.0825, 0.0005, 0), (0.0825, 0.072, 0), 0.0548, 0.003)
    web = meet(0.01, tube([(0, 0.01, -0.035), (0.075, 0.035, -0.002)], [0.044, 0.042]),
               half_space((0, 0.001, 0), (0, -1, 0)))
    body = mesh_field(blend(0.025, barrel, web, joint), (-0.06, -0.058, -0.14),
                      (0.14, 0.075, 0.058), 0.0078)
    body = clip(clip(body, (0, 0.0685, 0), (0, 1, 0)), (0, 0, -0.1215), (0, 0, -1))
    cap, lid = elbow_cap()
    to = ((0.0825, 0.0675, 0), (-pi / 2, 0, 0))
    parts = [(body, SHELL), (band(0.0554, -0.12, 0.003), SEAM), (cap.moved(*to), DARK),
             (lid.moved(*to), SHELL)]
    # Link 4 is link 3 seen from the other side of the joint.
    if flip:
        parts = [(m.moved((-0.0825, 0, 0), (pi / 2, 0, 0)), paint) for m, paint in parts]
    return parts


def forearm():
    neck = sweep([(0, 0, -0.36, 0.0548), (0, 0, -0.29, 0.0548), (0, 0.001, -0.235, 0.0546),
                  (0, 0.018, -0.19, 0.05), (0, 0.048, -0.148, 0.0435), (0, 0.074, -0.105, 0.0375),
                  (0, 0.084, -0.06, 0.0345), (0, 0.085, -0.01, 0.036)], 8)
    head = rod((0, 0.0448, 0), (0, 0.076, 0), 0.049, 0.003)
    solid = blend(0.03, neck, head)
    body = mesh_field(solid, (-0.06, -0.06, -0.285), (0.06, 0.12, 0.055), 0.009)
    spine = sweep([(0, 0.092, 0.0, 0.03), (0, 0.095, -0.03, 0.0305), (0, 0.0985, -0.085, 0.0225),
                   (0, 0.088, -0.13, 0.017), (0, 0.066, -0.175, 0.013), (0, 0.048, -0.2, 0.01)], 8)
    back = blend(0.03, cone((0, 0.04, 0), (0, 0.13, 0), 0.055, 0.042, 0.014), spine)
    back = clip(mesh_field(back, (-0.06, 0.03, -0.215), (0.06, 0.135, 0.056), 0.008),
                (0, 0.0665, 0), (0, -1, 0.14))
    return [(clip(body, (0, 0, -0.264), (0, 0, -1)), SHELL),
            (back, DARK),
            (band(0.0554, -0.2625, 0.003), SEAM)]


def wrist():
    housing = blend(0.02, rod((0, 0, -0.03), (0, 0, 0.05), 0.0482, 0.002),
                    block((0.075, 0.09, 0.06), (0.045, 0.0, 0.0), round=0.02))
    housing = meet(0.004, housing, half_space((0, 0, 0.0215), (0, 0, 1)))
    body = sweep([(0.088, -0.1, 0, 0.053), (0.088, -0.068, 0, 0.0505), (0.088, -0.046, 0, 0.0468),
                  (0.088, -0.015, 0, 0.0442), (0.088, 0.03, 0, 0.0432), (0.088, 0.08, 0, 0.0395),
                  (0.088, 0.12, 0, 0.034)], 8)
    shell = mesh_field(blend(0.016, housing, body), (-0.052, -0.07, -0.05), (0.14, 0.1, 0.055),
                       0.0078)
    shell = clip(clip(shell, (0, -0.0512, 0), (0, -1, 0)), (0, 0.0765, 0), (0, 1, 0))
    dark = blend(0.015, cone((0, 0, 0.0), (0, 0, 0.057), 0.053, 0.041, 0.007),
                 block((0.06, 0.066, 0.057), (0.018, 0, 0.0285), round=0.012))
    dark = meet(0.004, dark, half_space((0, 0, 0.055), (0.14, 0, 1)))
    dark = cut(0.003, dark, grown(body, 0.001))
    dark = clip(mesh_field(dark, (-0.056, -0.056, 0.01), (0.09, 0.056, 0.06), 0.0062),
                (0, 0, 0.0225), (0, 0, -1))
    lower = lathe([(0.0, -0.044), (0.0475, -0.044), (0.0485, -0.043), (0.0485, -0.019),
                   (0.046, -0.0185)], 48)
    plate = lathe([(0.0395, 0), (0.0385, 0.004), (0.036, 0.0058), (0, 0.006)], 48)
    lid = extrude(rounded_rectangle(0.046, 0.042, 0.016), -0.002, 0.0012, 0.0008)
    to, top = ((0.088, 0.0758, 0), (-pi / 2, 0, 0)), (0, 0.139, 0)
    parts = [(shell, SHELL), (dark, DARK), (lower, PANEL), (plate.moved(*to), DARK),
             (band(0.0485, -0.0185, 0.0025), SEAM), (lid.moved((0, 0, 0.055), top), SHELL),
             (disc(0.0125, 0.0008).moved((0.0001, 0, 0.0562), top), DARK)]
    for t in range(3):
        a = 2 * pi * t / 3 + pi / 2
        parts.append((disc(0.004, 0.0012).moved(
            (0.088 + 0.02 * np.cos(a), 0.0813, 0.02 * np.sin(a)), (-pi / 2, 0, 0)), PANEL))
    return parts


def flange():
    drum = lathe([(0, 0.0515), (0.0435, 0.0515), (0.0442, 0.0525), (0.0442, 0.0935),
                  (0.0432, 0.0945), (0.0335, 0.0945), (0.0335, 0.0975), (0.0318, 0.0992),
                  (0.0318, 0.1068), (0.021, 0.1068), (0.02, 0.1042), (0, 0.1042)], 48)
    turn = (0, 0, pi / 4)
    arm = meet(0.006, block((0.095, 0.062, 0.028), (0.058, 0, 0.078), round=0.011),
               half_space((0.1, 0, 0.08), (1, 0, 0.35)))
    arm = cut(0.003, arm, rod((0, 0, 0.05), (0, 0, 0.11), 0.0446, 0.001))
    parts = [(drum, METAL),
             (mesh_field(placed(arm, rpy=turn), (-0.02, -0.02, 0.06), (0.1, 0.1, 0.096), 0.0058),
              SHELL),
             (band(0.0442, 0.0585, 0.0012), SEAM)]
    for sign in (1, -1):
        pad = extrude(rounded_rectangle(0.034, 0.016, 0.007), 0, 0.0022)
        pad = pad.moved((0.064, sign * 0.0301, 0.078), (-sign * pi / 2, 0, 0))
        parts.append((pad.moved(rpy=turn), RUBBER))
    knob = lathe([(0.006, 0), (0.006, 0.006), (0.0085, 0.008), (0.0085, 0.013), (0.006, 0.0155),
                  (0, 0.0155)], 20)
    parts.append((knob.moved((-0.0305, -0.0305, 0.078), (0, -pi / 2, pi / 4)), RUBBER))
    return parts


def hand():
    outline = [(-0.088, 0.0125), (-0.045, 0.0125), (-0.033, 0.004), (0.033, 0.004),
               (0.045, 0.0125), (0.088, 0.0125), (0.102, 0.028), (0.102, 0.0585),
               (0.095, 0.0655), (-0.095, 0.0655), (-0.102, 0.0585), (-0.102, 0.028)]
    body = cut(0.003, prism_x(outline, 0.061, 0.006),
               block((0.03, 0.186, 0.03), (0, 0, 0.066), round=0.003))
    parts = [(mesh_field(body, (-0.033, -0.105, 0.002), (0.033, 0.105, 0.067), 0.0062), SHELL),
             (brick((0.029, 0.185, 0.004), (0, 0, 0.0545)), RUBBER),
             (brick((0.006, 0.184, 0.006), (0.007, 0, 0.0585), bevel=0.001), METAL),
             (brick((0.006, 0.184, 0.006), (-0.007, 0, 0.0585), bevel=0.001), METAL),
             (lathe([(0, 0), (0.0315, 0), (0.0315, 0.008), (0.03, 0.0095), (0, 0.0095)], 48),
              METAL)]
    for sign in (1, -1):
        strip = extrude(rounded_rectangle(0.15, 0.0105, 0.003), 0, 0.0012, 0.0004)
        parts.append((strip.moved((sign * 0.0302, 0, 0.047),
                                  (pi / 2, 0, sign * pi / 2)), PANEL))
        for y in (-0.09, 0.09):
            parts.append((screw(0.003).moved((sign * 0.0303, y, 0.052), (0, sign * pi / 2, 0)),
                          METAL))
    return parts


def finger():
    """The left one: its pad faces -y at y = 0."""
    side = [(0.0, 0.0), (0.026, 0.0), (0.0262, 0.02), (0.0215, 0.024), (0.0125, 0.036),
            (0.012, 0.0525), (0.0105, 0.0545), (0.0022, 0.0545), (0.0022, 0.0335), (0.0035, 0.0315),
            (0.0125, 0.0205), (0.0125, 0.007), (0.0, 0.005)]
    body = extrude_x(side, 0.0184)
    pad = brick((0.0200, 0.0042, 0.0215), (0, 0.0021, 0.0437), bevel=0.0006)
    back = brick((0.0205, 0.0022, 0.018), (0, 0.0119, 0.0448), bevel=0.0006)
    parts = [(body, METAL), (pad, RUBBER), (back, RUBBER),
             (screw(0.0032, 0.0018).moved((0, 0.0258, 0.011), (-pi / 2, 0, 0)), SEAM)]
    for z in (0.0385, 0.0438, 0.0491):
        parts.append((brick((0.0204, 0.0008, 0.0012), (0, 0.0023, z), bevel=0.0002), RUBBER))
    return parts


if __name__ == "__main__":
    build().write()
