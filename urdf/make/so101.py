"""SO-101, the five-joint desk arm of printed brackets and bus servos, with its jaw gripper.

Joint origins, ranges, masses and inertias are those of the open design's own description; torque
and speed are the data sheet's figures for the STS3215 servo at 12 V. The block it stands on,
brackets, servos and jaws are drawn here anew.

Shapes are drawn in the zero posture (upper arm up, forearm forward): x forward, y left, z up, from
the link's own joint in the middle plane. `AXES` turns them to the link frames of the description.
"""

from math import cos, pi, sin

import numpy as np
from scipy.spatial import ConvexHull

from shapes import (Mesh, block, brick, cut, disc, extrude, extrude_y, lathe, mesh_field, rod,
                    rounded_rectangle, screw)
from write import Collision, Material, Robot, box_inertia

# Jaws straight down, closing sideways, 0.2 m in front of the base and 0.07 m above its foot: above
# 0.1 m the wrist's range does not let them point straight down.
HOME = [-0.1374, -0.2586, 0.4195, 1.4098, -1.6595]

RISER = 0.09  # the arm stands on a block, for the reason above
STALL_TORQUE, FREE_SPEED = 2.94, 4.71  # N m at 12 V, rad/s
FACE = -0.0079  # where the fixed jaw's inner face lies above the roll axis
PARALLEL = 0.2  # jaw angle at which the faces are parallel, 30 mm apart
AWAY = 0.03  # of the tool frame from that face: room for what the jaw then pushes against it
REACH = 0.085  # of the pads' middle from the gripper's own origin

PRINT = Material("printed", "#f5a81c", 0.0, 0.55)
SERVO = Material("servo", "#1b1c1f", 0.0, 0.42)
HORN = Material("horn", "#3a3d42", 0.3, 0.4)
STEEL = Material("steel", "#c9cdd0", 0.8, 0.3)
BOARD = Material("board", "#1f5b3a", 0.0, 0.5)
STAND = Material("stand", "#3c4045", 0.0, 0.6)
PAD = Material("pad", "#d98f10", 0.0, 0.75)

AXES = {  # rows: link axes in the axes of the drawing
    "shoulder": [(-1, 0, 0), (0, 1, 0), (0, 0, -1)],
    "upper_arm": [(0, 0, -1), (-1, 0, 0), (0, 1, 0)],
    "lower_arm": [(-1, 0, 0), (0, 0, 1), (0, 1, 0)],
    "wrist": [(0, 0, -1), (-1, 0, 0), (0, 1, 0)],
    "gripper": [(0, 0, 1), (0, 1, 0), (-1, 0, 0)],
    "jaw": [(0, 0, 1), (-1, 0, 0), (0, -1, 0)],
}
# Where the middle plane lies along the joint axis, in link axes.
MIDDLE = {"upper_arm": (0, 0, 0.0183), "lower_arm": (0, 0, 0.0183), "wrist": (0, 0, 0.0181),
          "jaw": (0, 0, 0.0188)}


def build():
    r = Robot("so101", "SO-101 desk arm with a jaw gripper.")

    def to_link(name, parts):
        return placed(turned(parts, AXES[name]), MIDDLE.get(name, (0, 0, 0)))

    def box(name, size, at, pitch=0.0):
        """A collision box given in the drawing's axes, pitched nose down."""
        turn, shift = np.array(AXES[name], float), np.array(MIDDLE.get(name, (0, 0, 0)))
        pitched = np.array([(cos(pitch), 0, sin(pitch)), (0, 1, 0), (-sin(pitch), 0, cos(pitch))])
        m = turn @ pitched
        roll, tilt, yaw = (np.arctan2(m[2, 1], m[2, 2]), -np.arcsin(np.clip(m[2, 0], -1, 1)),
                           np.arctan2(m[1, 0], m[0, 0]))
        if abs(m[2, 0]) > 1 - 1e-9:  # pointing along z: roll and yaw are one turn
            roll, yaw = np.arctan2(-m[2, 0] * m[0, 1], m[1, 1]), 0.0
        return Collision("box", size, tuple(turn @ np.array(at, float) + shift),
                         (roll, tilt, yaw))

    r.link("riser", 0.5, (0, 0, RISER / 2), box_inertia(0.5, 0.12, 0.11, RISER), visual=riser(),
           collision=[Collision("box", (0.12, 0.106, RISER), (0.002, 0, RISER / 2))])
    r.joint("riser_mount", "fixed", "riser", "base_link", (0, 0, RISER))
    r.link("base_link", 0.147, (0.0137179, -5.19711e-05, 0.0334843),
           (0.000114686, -4.59787e-07, 4.97151e-06, 0.000136117, 9.75275e-08, 0.000130364),
           visual=base(), collision=[
               Collision("box", (0.12, 0.1, 0.016), (0.002, 0, 0.008)),
               Collision("box", (0.062, 0.04, 0.048), (0.026, 0, 0.04))])
    r.link("shoulder_link", 0.100006, (-0.0307604, -1.66727e-05, -0.0252713),
           (8.3759e-05, 7.55525e-08, -1.16342e-06, 8.10403e-05, 1.54663e-07, 2.39783e-05),
           visual=to_link("shoulder", shoulder()), collision=[
               box("shoulder", (0.034, 0.04, 0.062), (0.0305, 0, 0.035)),
               box("shoulder", (0.014, 0.046, 0.046), (0.0425, 0, -0.019))])
    r.link("upper_arm_link", 0.103, (-0.0898471, -0.00838224, 0.0184089),
           (4.08002e-05, -1.97819e-05, -4.03016e-08, 0.000147318, 8.97326e-09, 0.000142487),
           visual=to_link("upper_arm", upper_arm()), collision=[
               box("upper_arm", (0.03, 0.05, 0.1), (0.006, 0, 0.04)),
               box("upper_arm", (0.05, 0.048, 0.034), (0.016, 0, 0.111))])
    r.link("lower_arm_link", 0.104, (-0.0980701, 0.00324376, 0.0182831),
           (2.87438e-05, 7.41152e-06, 1.26409e-06, 0.000159844, -4.90188e-08, 0.00014529),
           visual=to_link("lower_arm", lower_arm()), collision=[
               box("lower_arm", (0.11, 0.05, 0.028), (0.042, 0, 0.002)),
               box("lower_arm", (0.046, 0.048, 0.034), (0.12, 0, 0.005))])
    r.link("wrist_link", 0.079, (-0.000103312, -0.0386143, 0.0281156),
           (3.68263e-05, 1.7893e-08, -5.28128e-08, 2.5391e-05, 3.6412e-06, 2.1e-05),
           visual=to_link("wrist", wrist()), collision=[
               box("wrist", (0.068, 0.062, 0.034), (0.025, 0.005, 0))])
    r.link("gripper_link", 0.087, (0.000213627, 0.000245138, -0.025187),
           (2.75087e-05, -3.35241e-07, -5.7352e-06, 4.33657e-05, -5.17847e-08, 3.45059e-05),
           visual=to_link("gripper", gripper()), collision=[
               box("gripper", (0.044, 0.044, 0.05), (0.023, 0, 0.004)),
               box("gripper", (0.05, 0.02, 0.012), (0.079, 0, FACE - 0.006))])
    r.link("jaw_link", 0.012, (-0.00157495, -0.0300244, 0.0192755),
           (6.61427e-06, -3.19807e-07, -5.90717e-09, 1.89032e-06, -1.09945e-07, 5.28738e-06),
           visual=to_link("jaw", jaw()), collision=[
               box("jaw", (0.05, 0.02, 0.012), along_jaw(0.056, 0.0019 + 0.006), PARALLEL),
               box("jaw", (0.032, 0.05, 0.018), along_jaw(0.016, 0.004), PARALLEL)])

    quarter = pi / 2
    # name, child, origin, roll pitch yaw, lower, upper
    rows = [
        ("shoulder_pan", "shoulder_link", (0.0388353, 0, 0.0624), (0, pi, 0), -1.91986, 1.91986),
        ("shoulder_lift", "upper_arm_link", (-0.0303992, -0.0182778, -0.0542),
         (-quarter, -quarter, 0), -1.74533, 1.74533),
        ("elbow_flex", "lower_arm_link", (-0.11257, -0.028, 0), (0, 0, quarter), -1.69, 1.69),
        ("wrist_flex", "wrist_link", (-0.1349, 0.0052, 0), (0, 0, -quarter), -1.65806, 1.65806),
        ("wrist_roll", "gripper_link", (0, -0.0611, 0.0181), (quarter, 0.0486795, pi), -2.74385,
         2.84121),
        ("gripper", "jaw_link", (0.0202, 0.0188, -0.0234), (quarter, 0, 0), -0.174533, 1.74533),
    ]
    parent = "base_link"
    for name, child, xyz, rpy, lower, upper in rows:
        r.joint(name, "revolute", parent, child, xyz, rpy, lower=lower, upper=upper,
                effort=STALL_TORQUE, velocity=FREE_SPEED, damping=0.02, friction=0.02)
        parent = child
    r.arm("arm", "base_link", "gripper_link", ((FACE + AWAY, 0, -REACH), (pi, 0, quarter)),
          [row[0] for row in rows[:5]], HOME, acceleration=[20.0] * 5, jerk=[400.0] * 5,
          gripper=dict(kind="jaw", joints=["gripper"], closed=[-0.17], open=[0.93],
                       max_opening=0.07, force=20.0,
                       finger=dict(length=0.05, width=0.02, thickness=0.012),
                       finger_links=["gripper_link", "jaw_link"]))
    # Beside the hand, looking along the jaws and a little inwards.
    r.camera("wrist", "gripper_link", (0.012, 0.05, -0.02), (pi - 0.4, 0, 0))
    return r


def along_jaw(x, z):
    """A point of the jaw drawn with its face level, in the drawing's axes at joint angle zero."""
    c, s = cos(PARALLEL), sin(PARALLEL)
    return (c * x + s * z, 0, -s * x + c * z)


# ---- looks -------------------------------------------------------------------------------------

def hull(*circles, steps=20):
    """The outline around circles (x, z, radius)."""
    a = 2 * pi * np.arange(steps) / steps
    points = np.concatenate([np.column_stack([x + r * np.cos(a), z + r * np.sin(a)])
                             for x, z, r in circles])
    return points[ConvexHull(points).vertices]


def servo():
    """A bus servo, its shaft along z at the origin, its body towards -x."""
    parts = [(brick((0.0454, 0.0247, 0.0215), (-0.0125, 0, -0.0005), bevel=0.0012), SERVO),
             (brick((0.0452, 0.0245, 0.0072), (-0.0125, 0, 0.0142), bevel=0.0014), SERVO),
             (brick((0.0452, 0.0245, 0.0062), (-0.0125, 0, -0.0147), bevel=0.0014), SERVO),
             (lathe([(0.0103, 0.0165), (0.0103, 0.0187), (0.0097, 0.0192), (0.0035, 0.0192),
                     (0.003, 0.0182), (0, 0.0182)], 32), HORN),
             (lathe([(0, -0.0192), (0.0035, -0.0192), (0.0097, -0.0192), (0.0103, -0.0187),
                     (0.0103, -0.0172)], 32), HORN)]
    for x in (-0.032, 0.0068):
        for y in (-0.0096, 0.0096):
            parts.append((screw(0.0014, 0.0006).moved((x, y, 0.0177)), STEEL))
    # The two bus sockets at the far end.
    for y in (-0.0055, 0.0055):
        parts.append((brick((0.002, 0.008, 0.005), (-0.0354, y, -0.0085), bevel=0.0004), HORN))
    return parts


def placed(parts, at, rpy=(0, 0, 0)):
    return [(m.moved(at, rpy), paint) for m, paint in parts]


def horn_screws(x, z, y):
    """Four screws around a shaft on the outer face at y, and one in its middle."""
    face = (-pi / 2, 0, 0) if y > 0 else (pi / 2, 0, 0)
    out = [(screw(0.0019, 0.001).moved((x + 0.007 * cos(a), y, z + 0.007 * sin(a)), face), STEEL)
           for a in np.arange(4) * pi / 2 + pi / 4]
    return out + [(screw(0.0024, 0.0011).moved((x, y, z), face), STEEL)]


def riser():
    """A hollow printed block with windows, and the screws that hold it to the table."""
    parts = []
    for sign in (1, -1):
        frame = [(-0.058, 0), (0.062, 0), (0.062, RISER), (-0.058, RISER)]
        y0, y1 = sorted((sign * 0.047, sign * 0.053))
        parts.append((extrude_y(frame, y0, y1, 0.0018), STAND))
        for x in (-0.028, 0.002, 0.032):
            slot = rounded_rectangle(0.018, RISER * 0.6, 0.008) + np.array([x, RISER / 2])
            y0, y1 = sorted((sign * 0.0526, sign * 0.0535))
            parts.append((extrude_y(slot, y0, y1, 0.0003), SERVO))
        for x in (-0.068, 0.072):
            foot = extrude(rounded_rectangle(0.024, 0.022, 0.008), 0, 0.006, 0.0015)
            parts += [(foot.moved((x, sign * 0.038, 0)), STAND),
                      (screw(0.0045, 0.003).moved((x, sign * 0.038, 0.006)), STEEL)]
    for x in (-0.055, 0.059):
        parts.append((brick((0.006, 0.098, RISER), (x, 0, RISER / 2), bevel=0.0015), STAND))
    return parts + [(brick((0.119, 0.105, 0.006), (0.002, 0, RISER - 0.0032), bevel=0.0015), STAND)]


def base():
    foot = extrude([(-0.058, -0.03), (-0.044, -0.05), (-0.012, -0.05), (0.004, -0.034),
                    (0.03, -0.03), (0.052, -0.022), (0.06, -0.012), (0.06, 0.012), (0.052, 0.022),
                    (0.03, 0.03), (0.004, 0.034), (-0.012, 0.05), (-0.044, 0.05), (-0.058, 0.03)],
                   0, 0.013, 0.002)
    tower = cut(0.002, block((0.062, 0.041, 0.06), (0.0255, 0, 0.034), round=0.005),
                block((0.0462, 0.0252, 0.1), (0.0263, 0, 0.074), round=0.001),
                block((0.03, 0.06, 0.017), (0.028, 0, 0.038), round=0.006),
                block((0.06, 0.024, 0.022), (0.05, 0, 0.045), round=0.004))
    parts = [(foot, PRINT),
             (mesh_field(tower, (-0.006, -0.021, 0.004), (0.057, 0.021, 0.065), 0.0042), PRINT)]
    parts += placed(servo(), (0.0388353, 0, 0.0437))
    # The servo bus board in its tray behind the tower.
    parts += [(brick((0.034, 0.06, 0.006), (-0.032, 0, 0.0155), bevel=0.001), PRINT),
              (brick((0.03, 0.052, 0.0016), (-0.032, 0, 0.0195), bevel=0.0004), BOARD)]
    for y in (-0.016, 0.0, 0.016):
        parts.append((brick((0.007, 0.009, 0.006), (-0.04, y, 0.023), bevel=0.0006), SERVO))
    parts.append((brick((0.008, 0.011, 0.004), (-0.024, 0.012, 0.0222), bevel=0.0005), STEEL))
    for x, y in ((-0.046, -0.04), (-0.046, 0.04), (-0.012, -0.042), (-0.012, 0.042)):
        parts.append((disc(0.0036, 0.0006).moved((x, y, 0.0128)), HORN))
    return parts


def shoulder():
    """Origin on the pan axis at the horn; the lift axis lies 30 mm ahead and 54 mm up."""
    top = extrude(hull((0, 0, 0.0165), (0.03, 0.016, 0.006), (0.03, -0.016, 0.006)), 0.0008, 0.006)
    under = extrude(hull((0, 0, 0.0135), (0.04, 0.016, 0.006), (0.04, -0.016, 0.006)), -0.0435,
                    -0.0385)
    front = cut(0.002, block((0.0085, 0.045, 0.052), (0.0435, 0, -0.0185), round=0.003),
                rod((0.03, 0, -0.02), (0.06, 0, -0.02), 0.0085, 0.001))
    cradle = block((0.0335, 0.0405, 0.036), (0.0305, 0, 0.0215), round=0.004)
    parts = [(top, PRINT), (under, PRINT),
             (mesh_field(front, (0.038, -0.023, -0.045), (0.049, 0.023, 0.008), 0.004), PRINT),
             (mesh_field(cradle, (0.012, -0.021, 0.002), (0.049, 0.021, 0.04), 0.004), PRINT)]
    parts += placed(servo(), (0.0304, 0.0, 0.0542), (pi / 2, -pi / 2, 0))
    parts += [(screw(0.0019, 0.001).moved((0.007 * cos(a), 0.007 * sin(a), 0.006)), STEEL)
              for a in np.arange(4) * pi / 2 + pi / 4]
    parts.append((brick((0.001, 0.021, 0.011), (0.0472, 0, 0.027), bevel=0.0004), SERVO))
    for y in (-0.0145, 0.0145):
        for z in (0.012, 0.02, 0.028):
            parts.append((disc(0.0016, 0.0004).moved((0.0471, y, z), (0, pi / 2, 0)), HORN))
    for y in (-1, 1):
        parts.append((brick((0.016, 0.001, 0.01), (0.0305, y * 0.0202, 0.026), bevel=0.0004),
                      SERVO))
    return parts


def side_plates(outline, holes, inner=0.0196, outer=0.0242):
    parts = []
    for sign in (1, -1):
        y0, y1 = sorted((sign * inner, sign * outer))
        parts.append((extrude_y(outline, y0, y1), PRINT))
        for x, z in holes:
            parts += horn_screws(x, z, sign * outer)
    return parts


def upper_arm():
    """Origin on the lift axis; the elbow lies 28 mm ahead and 113 mm up."""
    ex, ez = 0.028, 0.11257
    parts = side_plates(hull((0, 0, 0.0125), (0.004, 0.072, 0.0135)), [(0, 0)])
    web = cut(0.003, block((0.031, 0.0475, 0.056), (0.012, 0, 0.073), (0, 0.14, 0), round=0.005),
              rod((-0.05, 0, 0.044), (0.07, 0, 0.044), 0.0145, 0.002))
    box = block((0.026, 0.0478, 0.034), (0.002, 0, ez), round=0.004)
    parts += [(mesh_field(web, (-0.012, -0.024, 0.04), (0.034, 0.024, 0.106), 0.0045), PRINT),
              (mesh_field(box, (-0.012, -0.025, 0.095), (0.016, 0.025, 0.131), 0.0043), PRINT),
              (brick((0.014, 0.024, 0.001), (0.002, 0, ez + 0.0168), bevel=0.0004), SERVO),
              (brick((0.001, 0.026, 0.014), (-0.0108, 0, ez), bevel=0.0004), SERVO)]
    return parts + placed(servo(), (ex, 0, ez), (pi / 2, 0, 0))


def lower_arm():
    """Origin on the elbow axis; the wrist lies 135 mm ahead and 5 mm up."""
    wx, wz = 0.1349, 0.0052
    parts = side_plates(hull((0, 0, 0.0125), (0.086, 0.004, 0.0135)), [(0, 0)])
    web = cut(0.003, block((0.062, 0.0475, 0.027), (0.073, 0, 0.004), round=0.005),
              rod((0.043, 0, -0.03), (0.043, 0, 0.04), 0.0145, 0.002))
    box = block((0.03, 0.0478, 0.0345), (0.1065, 0, wz), round=0.004)
    parts += [(mesh_field(web, (0.042, -0.024, -0.011), (0.105, 0.024, 0.019), 0.0052), PRINT),
              (mesh_field(box, (0.091, -0.025, -0.013), (0.122, 0.025, 0.023), 0.0052), PRINT),
              (brick((0.016, 0.026, 0.001), (0.1065, 0, wz - 0.0171), bevel=0.0004), SERVO)]
    for x in (0.098, 0.1065, 0.115):
        for y in (-0.012, 0, 0.012):
            parts.append((disc(0.0016, 0.0004).moved((x, y, wz + 0.0171)), HORN))
    return parts + placed(servo(), (wx, 0, wz), (pi / 2, 0, 0))


def wrist():
    """Origin on the flex axis; the roll horn lies 61 mm ahead."""
    parts = side_plates(hull((0, 0, 0.0125), (0.03, 0, 0.0145)), [(0, 0)])
    box = block((0.034, 0.059, 0.034), (0.0415, 0.0025, 0), round=0.006)
    parts.append((mesh_field(box, (0.024, -0.028, -0.018), (0.06, 0.033, 0.018), 0.0045), PRINT))
    for sign in (1, -1):
        inlay = extrude(rounded_rectangle(0.02, 0.036, 0.005), 0, 0.0009, 0.0004)
        parts.append((inlay.moved((0.042, 0.005, sign * 0.0166), (0 if sign > 0 else pi, 0, 0)),
                      SERVO))
    # The roll servo lies across: shaft forward, body to the left.
    return parts + placed(turned(servo(), [(0, 0, 1), (-1, 0, 0), (0, -1, 0)]), (0.0424, 0, 0))


def turned(parts, rows):
    """Parts whose coordinates are mixed by the rows of a rotation."""
    turn = np.array(rows, float)
    return [(Mesh(m.points @ turn.T, m.normals @ turn.T, m.faces), paint) for m, paint in parts]


def gripper():
    """Origin on the roll horn; the jaw turns 23 mm ahead and 20 mm up."""
    px, pz = 0.0234, 0.0202
    disc_ = extrude(hull((0, 0, 0.019), steps=36), 0.0004, 0.0058).moved(rpy=(0, pi / 2, 0))
    box = block((0.036, 0.046, 0.034), (0.0235, 0, -0.0115), round=0.004)
    side = [(0.03, -0.0285), (0.06, -0.026), (0.092, -0.0185), (0.1035, -0.0125),
            (0.1045, FACE - 0.0015), (0.103, FACE), (0.046, FACE), (0.036, -0.0005),
            (0.03, -0.0005)]
    parts = [(disc_, PRINT), (extrude_y(side, -0.0105, 0.0105, 0.0018), PRINT),
             (mesh_field(box, (0.004, -0.024, -0.03), (0.043, 0.024, 0.007), 0.0042), PRINT)]
    parts += [(brick((0.0012, 0.0206, 0.001), (x, 0, FACE - 0.0003), bevel=0.0003), PAD)
              for x in np.arange(0.058, 0.103, 0.0045)]
    for a in np.arange(4) * pi / 2 + pi / 4:
        parts.append((screw(0.0019, 0.001).moved((0.0058, 0.007 * cos(a), 0.007 * sin(a)),
                                                 (0, pi / 2, 0)), STEEL))
    for y in (-1, 1):
        parts.append((brick((0.02, 0.001, 0.013), (px, y * 0.0229, -0.006), bevel=0.0004), SERVO))
        for x in (0.048, 0.066, 0.084):
            parts.append((disc(0.0018, 0.0004).moved((x, y * 0.0104, FACE - 0.008),
                                                     (-y * pi / 2, 0, 0)), HORN))
    # The jaw servo stands upright, its shaft across.
    upright = turned(servo(), [(0, 1, 0), (0, 0, 1), (1, 0, 0)])
    return parts + placed(upright, (px, 0, pz))


def jaw():
    """Drawn with its face level, then turned down to joint angle zero."""
    low = 0.0019
    side = [(0.014, low + 0.002), (0.024, low), (0.0795, low), (0.081, low + 0.0015),
            (0.0805, low + 0.006), (0.068, low + 0.0125), (0.036, low + 0.0205),
            (0.014, low + 0.0215)]
    parts = [(extrude_y(side, -0.0105, 0.0105, 0.0018), PRINT)]
    cross = block((0.018, 0.0485, 0.021), (0.026, 0, low + 0.0105), round=0.005)
    parts.append((mesh_field(cross, (0.016, -0.025, 0), (0.036, 0.025, 0.025), 0.0045), PRINT))
    parts += side_plates(hull((0, 0, 0.0115), (0.018, low + 0.0105, 0.009)), [(0, 0)])
    parts += [(brick((0.0012, 0.0206, 0.001), (x, 0, low + 0.0003), bevel=0.0003), PAD)
              for x in np.arange(0.034, 0.079, 0.0045)]
    for y in (-1, 1):
        for x in (0.04, 0.055):
            parts.append((disc(0.0018, 0.0004).moved((x, y * 0.0104, low + 0.008),
                                                     (-y * pi / 2, 0, 0)), HORN))
    return [(m.moved(rpy=(0, PARALLEL, 0)), paint) for m, paint in parts]


if __name__ == "__main__":
    build().write()
