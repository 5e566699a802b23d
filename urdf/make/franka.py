"""Franka Emika Panda with its hand.

Joint origins, limits and accelerations are the maker's published interface specification; masses
and inertias are the identified parameters that the maker's ROS description carries. The shapes are
this project's own.
"""

from math import pi

from write import Collision, Robot, cylinder_inertia

WHITE = "#e9ebe8"


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
            Collision("box", (0.07, 0.075, 0.21), (0, 0.06, -0.105)),
            Collision("cylinder", (0.05, 0.18), (0, 0.036, 0), (pi / 2, 0, 0))],
        6: [Collision("cylinder", (0.046, 0.098), (0, 0, 0.006)),
            Collision("cylinder", (0.046, 0.132), (0.088, 0.015, 0), (pi / 2, 0, 0))],
        7: [Collision("cylinder", (0.044, 0.055), (0, 0, 0.0795))],
    }
    for n, (mass, com, inertia) in inertial.items():
        r.link(f"panda_link{n}", mass, com, inertia, visual=[], collision=collision[n])

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

    r.link("panda_hand", 0.73, (-0.01, 0, 0.03), (0.001, 0, 0, 0.0025, 0, 0.0017), collision=[
        Collision("box", (0.06, 0.204, 0.062), (0, 0, 0.035)),
    ])
    r.joint("panda_hand_joint", "fixed", "panda_link7", "panda_hand", (0, 0, 0.107),
            (0, 0, -pi / 4))
    for side, sign in (("left", 1), ("right", -1)):
        r.link(f"panda_{side}finger", 0.015, (0, sign * 0.01, 0.025),
               cylinder_inertia(0.015, 0.01, 0.05), collision=[
                   Collision("box", (0.02, 0.012, 0.022), (0, sign * 0.006, 0.0435)),
                   Collision("box", (0.02, 0.016, 0.0325), (0, sign * 0.0155, 0.01625)),
               ])
    finger = dict(xyz=(0, 0, 0.0584), lower=0, upper=0.04, effort=70, velocity=0.05, damping=0.3)
    r.joint("panda_finger_joint1", "prismatic", "panda_hand", "panda_leftfinger",
            axis=(0, 1, 0), **finger)
    r.joint("panda_finger_joint2", "prismatic", "panda_hand", "panda_rightfinger",
            axis=(0, -1, 0), mimic=("panda_finger_joint1", 1, 0), **finger)

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


# Gripper straight down, 0.45 m in front of the base, 0.35 m above its foot.
HOME = [0, -0.311, 0, -2.3474, 0, 2.0364, pi / 4]

if __name__ == "__main__":
    build().write()
