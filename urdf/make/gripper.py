"""A two-finger parallel gripper on two rails, for arms that come without a hand.

Its frame is the arm's flange: z out of the flange, y the closing direction. The pads are flat boxes
that meet at y = 0.
"""

from dataclasses import dataclass
from math import pi

import numpy as np

from shapes import (band, brick, disc, extrude, extrude_x, extrude_y, lathe, rounded_rectangle,
                    screw)
from write import Collision, Material, box_inertia

RUBBER = Material("rubber", "#17181a", 0.0, 0.85)
RAIL = Material("rail", "#d5d8da", 0.7, 0.25)


@dataclass
class Gripper:
    """Sizes in metres, masses in kilograms, force in newtons."""

    body: tuple  # x, y, z of the housing
    foot: float  # thickness of the coupling between flange and housing
    foot_radius: float
    opening: float
    force: float
    speed: float  # of one finger, m/s
    body_mass: float
    finger_mass: float
    shell: Material
    finger: Material
    finger_length: float = 0.06
    pad_length: float = 0.03
    width: float = 0.022
    thickness: float = 0.014

    @property
    def face(self):
        """Height of the housing's face above the flange, where the fingers begin."""
        return self.foot + self.body[2]

    @property
    def tool(self):
        """Height of the tool point: three quarters down the pads' middle half."""
        return self.face + self.finger_length - self.pad_length / 2

    def add(self, robot, prefix, flange):
        """Adds the links and joints; returns the table for `Robot.arm`."""
        x, y, z = self.body
        name = f"{prefix}gripper"
        robot.link(name, self.body_mass, (0, 0, self.foot + z / 2),
                   box_inertia(self.body_mass, x, y, z), visual=self.housing(), collision=[
                       Collision("box", (x, y, z), (0, 0, self.foot + z / 2)),
                   ], mesh="gripper")
        robot.joint(f"{prefix}gripper_mount", "fixed", flange, name)
        for side, sign in (("left", 1), ("right", -1)):
            pad, root = self.pad_length, self.finger_length - self.pad_length
            robot.link(
                f"{prefix}finger_{side}", self.finger_mass,
                (0, sign * 0.012, self.finger_length / 2),
                box_inertia(self.finger_mass, self.width, self.thickness, self.finger_length),
                mesh="gripper_finger", visual=self.finger_parts(),
                visual_rpy=(0, 0, 0) if sign > 0 else (0, 0, pi), collision=[
                    Collision("box", (self.width, self.thickness, pad),
                              (0, sign * self.thickness / 2, root + pad / 2)),
                    Collision("box", (0.03, 0.024, root), (0, sign * 0.02, root / 2)),
                ])
            robot.joint(f"{prefix}finger_{side}_joint", "prismatic", name,
                        f"{prefix}finger_{side}", (0, 0, self.face), axis=(0, sign, 0),
                        lower=0, upper=self.opening / 2, effort=self.force, velocity=self.speed,
                        damping=0.3,
                        mimic=() if sign > 0 else (f"{prefix}finger_left_joint", 1, 0))
        half = self.opening / 2
        return dict(kind="parallel",
                    joints=[f"{prefix}finger_left_joint", f"{prefix}finger_right_joint"],
                    closed=[0, 0], open=[half, half], max_opening=self.opening, force=self.force,
                    finger=dict(length=self.finger_length - 0.005, width=self.width,
                                thickness=self.thickness),
                    finger_links=[f"{prefix}finger_left", f"{prefix}finger_right"])

    def housing(self):
        x, y, z = self.body
        top, low = self.foot, self.foot + z
        hx, slot = x / 2, x * 0.275
        arc = np.linspace(0, pi / 2, 7)
        corner = [(hx - 0.012 + 0.012 * np.sin(t), top + 0.012 - 0.012 * np.cos(t)) for t in arc]
        rim = [(hx, low - 0.005), (hx - 0.0015, low - 0.0015), (hx - 0.005, low), (slot, low),
               (slot, low - 0.0125)]
        right = corner + rim
        outline = right + [(-px, pz) for px, pz in reversed(right)]
        shell = extrude_y(outline, -y / 2, y / 2, 0.0045, crease=0.75)
        r = self.foot_radius
        parts = [(shell, self.shell),
                 (lathe([(0, 0), (r, 0), (r, self.foot * 0.55), (r - 0.003, self.foot * 0.8),
                         (r - 0.003, self.foot + 0.012), (0, self.foot + 0.012)], 48), RAIL),
                 (band(r, self.foot * 0.3, 0.0015), RUBBER),
                 (brick((x * 0.53, y - 0.012, 0.004), (0, 0, low - 0.0135)), RUBBER)]
        for sign in (1, -1):
            rail = extrude(rounded_rectangle(y - 0.004, 0.006, 0.0015), 0, 0.0075)
            parts.append((rail.moved((sign * x * 0.16, 0, low - 0.0115), (0, 0, pi / 2)), RAIL))
            inlay = extrude(rounded_rectangle(y * 0.6, 0.016, 0.004), 0, 0.0012, 0.0005)
            parts.append((inlay.moved((sign * (x / 2 - 0.0004), 0, top + z * 0.52),
                                      (pi / 2, 0, sign * pi / 2)), RUBBER))
            for dy in (-1, 1):
                parts.append((screw().moved(
                    (sign * x * 0.36, dy * (y / 2 - 0.012), low - 0.0004)), RAIL))
                parts.append((disc(0.0035, 0.0012).moved(
                    (sign * (x / 2 - 0.0004), dy * (y / 2 - 0.014), top + z * 0.24),
                    (0, sign * pi / 2, 0)), RAIL))
        return parts

    def finger_parts(self):
        """The left one: its pad faces -y at y = 0."""
        length, pad, t = self.finger_length, self.pad_length, self.thickness
        root = length - pad
        side = [(0.0085, -0.008), (0.0315, -0.008), (0.032, root * 0.5), (t + 0.004, root),
                (t, root + 0.004), (t - 0.001, length - 0.004), (t - 0.004, length),
                (0.004, length), (0.004, root + 0.001), (0.0085, root - 0.006)]
        parts = [(extrude_x(side, self.width - 0.002), self.finger),
                 (brick((0.0295, 0.0225, 0.0075), (0, 0.02, 0.002)), self.finger),
                 (brick((self.width, 0.0048, pad), (0, 0.0024, root + pad / 2), bevel=0.0007),
                  RUBBER)]
        n = int(pad / 0.0055)
        for i in range(n):
            parts.append((brick((self.width + 0.0004, 0.001, 0.0016),
                                (0, 0.0034, root + (i + 0.5) * pad / n), bevel=0.0003), RUBBER))
        for h in (0.009, 0.019):
            parts.append((screw(0.0026).moved((0, 0.0316, h - 0.003), (-pi / 2, 0, 0)), RAIL))
        return parts
