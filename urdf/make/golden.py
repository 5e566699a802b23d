"""What pinocchio computes for each robot: `urdf/<name>/golden.json`. Needs numpy and pin.

For each seeded sample: `q` in the order of `joint_order` (mimic joints obey their rule but are
columns of their own), `tip_pose` (4x4, root link from tool frame), `tip_jacobian` (6 x n, rows
vx vy vz wx wy wz of the tool origin in root axes), `gravity_torque` (to hold still) and
`mass_matrix`. One entry an arm; the tip is the arm's tip link and tool frame of robot.toml.
"""

import json
import sys
import tomllib
import xml.etree.ElementTree as xml

import numpy as np
import pinocchio as pin

from write import URDF_FOLDER

SAMPLES = 8


def rotation(rpy):
    return pin.rpy.rpyToMatrix(*rpy)


def golden(name):
    folder = URDF_FOLDER / name
    urdf = folder / f"{name}.urdf"
    model = pin.buildModelFromUrdf(str(urdf))
    data = model.createData()
    tree = {j.get("name"): j for j in xml.parse(urdf).getroot().findall("joint")}
    order = [n for n in model.names if n in tree]
    column = [model.joints[model.getJointId(n)].idx_v for n in order]
    lower = [float(tree[n].find("limit").get("lower")) for n in order]
    upper = [float(tree[n].find("limit").get("upper")) for n in order]
    mimic = {n: {"joint": m.get("joint"), "multiplier": float(m.get("multiplier", 1)),
                 "offset": float(m.get("offset", 0))}
             for n in order if (m := tree[n].find("mimic")) is not None}
    config = tomllib.loads((folder / "robot.toml").read_text())
    arms = []
    for number, arm in enumerate(config["arm"]):
        rng = np.random.default_rng(1000 + number)
        tool = pin.SE3(rotation(arm["tip_from_tool"]["rpy"]),
                       np.array(arm["tip_from_tool"]["xyz"]))
        tip = model.getFrameId(arm["tip_link"])
        samples = []
        for s in range(SAMPLES):
            value = dict(zip(order, rng.uniform(lower, upper)))
            if s == 0:
                for other in config["arm"]:
                    value.update(zip(other["joints"], other["home"]))
            for n, rule in mimic.items():
                value[n] = rule["multiplier"] * value[rule["joint"]] + rule["offset"]
            q = np.zeros(model.nq)
            for n, c in zip(order, column):
                q[c] = value[n]
            samples.append(sample(model, data, q, tip, tool, column,
                                  [value[n] for n in order]))
        arms.append({"name": arm["name"], "tip_link": arm["tip_link"], "samples": samples})
    root = model.frames[1].name if len(model.frames) > 1 else name
    out = {
        "generated_with": {"pinocchio": pin.__version__, "numpy": np.__version__},
        "gravity": [0, 0, -9.81], "name": name, "urdf": f"{name}.urdf", "root_link": root,
        "joint_order": order, "joint_types": [tree[n].get("type") for n in order],
        "sampled_lower": lower, "sampled_upper": upper, "mimic": mimic,
        "total_mass": round(sum(i.mass for i in model.inertias), 9), "arms": arms,
    }
    (folder / "golden.json").write_text(json.dumps(out) + "\n")


def sample(model, data, q, tip, tool, column, values):
    pin.computeJointJacobians(model, data, q)
    pin.updateFramePlacements(model, data)
    base_from_link = data.oMf[tip]
    base_from_tool = base_from_link * tool
    jacobian = pin.getFrameJacobian(model, data, tip, pin.LOCAL_WORLD_ALIGNED).copy()
    arm = base_from_tool.translation - base_from_link.translation
    jacobian[:3] -= pin.skew(arm) @ jacobian[3:]
    gravity = pin.computeGeneralizedGravity(model, data, q).copy()
    mass = pin.crba(model, data, q)
    mass = np.triu(mass) + np.triu(mass, 1).T
    return {
        "q": [float(v) for v in values],
        "tip_pose": digits(base_from_tool.homogeneous),
        "tip_jacobian": digits(jacobian[:, column]),
        "gravity_torque": digits(gravity[column]),
        "mass_matrix": digits(mass[np.ix_(column, column)]),
    }


def digits(array):
    """Twelve significant digits, as nested lists."""
    if np.ndim(array) == 0:
        return float(f"{float(array):.12g}")
    return [digits(a) for a in array]


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(p.parent.name for p in URDF_FOLDER.glob("*/robot.toml")):
        golden(name)
