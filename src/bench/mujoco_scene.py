"""The scene of `physics.rs` in MuJoCo, timed: the peer of the physics figures.

Needs the Python package `mujoco`. Reads one JSON object from stdin (robot, motors, boxes, targets, as
`physics.rs` writes them), builds the MJCF from those figures and prints one JSON object with
the steps a CPU second of each run, the best of a few.
"""

import json
import sys
import time

import mujoco
import numpy as np


def numbers(values):
    return " ".join(f"{v:.9g}" for v in values)


def signed(bits):
    return bits - (1 << 32) if bits >= 1 << 31 else bits


def geom(shape, groups, assets):
    kind, size = shape["kind"], shape["size"]
    pose = f'pos="{numbers(shape["pos"])}" quat="{numbers(shape["quat"])}"'
    # MuJoCo lets two geoms meet when either wants the other; the sets are symmetric.
    bits = f'contype="{signed(groups[0])}" conaffinity="{signed(groups[1])}"'
    friction = f'friction="{shape["friction"]} 0.005 0.0001"'
    if kind == "mesh":
        name = f"mesh{len(assets)}"
        assets.append(f'<mesh name="{name}" vertex="{numbers(size)}"/>')
        return f'<geom type="mesh" mesh="{name}" mass="0" {pose} {bits} {friction}/>'
    return f'<geom type="{kind}" size="{numbers(size)}" mass="0" {pose} {bits} {friction}/>'


def link_xml(robot, index, assets):
    link = robot["links"][index]
    out = [f'<body name="{link["name"]}" pos="{numbers(link["pos"])}" quat="{numbers(link["quat"])}">']
    joint = link["joint"]
    if joint:
        limits = f'limited="true" range="{numbers(joint["range"])}"' if joint["range"] else ""
        out.append(
            f'<joint name="{joint["name"]}" type="{joint["type"]}" axis="{numbers(joint["axis"])}" '
            f'{limits} damping="{joint["damping"]}" frictionloss="{joint["friction"]}" '
            f'armature="{joint["armature"]}"/>'
        )
    if link["mass"] > 0.0:
        out.append(
            f'<inertial pos="{numbers(link["center"])}" mass="{link["mass"]}" '
            f'fullinertia="{numbers(link["inertia"])}"/>'
        )
    for shape in link["shapes"]:
        out.append(geom(shape, link["groups"], assets))
    for child, other in enumerate(robot["links"]):
        if other["parent"] == index:
            out.append(link_xml(robot, child, assets))
    out.append("</body>")
    return "".join(out)


def mjcf(given, boxes, integrator):
    robot, assets = given["robot"], []
    arm = link_xml(robot, 0, assets)
    things = []
    for i, at in enumerate(boxes):
        things.append(
            f'<body name="box_{i}" pos="{numbers(at)}"><freejoint/>'
            f'<geom type="box" size="{numbers([given["box_half"]] * 3)}" mass="{given["box_mass"]}" '
            f'friction="{given["box_friction"]} 0.005 0.0001" contype="1" conaffinity="-1"/></body>'
        )
    # A real controller feeds gravity forward: the arm's links weigh nothing in the engine either.
    arm = arm.replace("<body ", '<body gravcomp="1" ')
    motors = []
    for link in robot["links"]:
        joint = link["joint"]
        if joint:
            motors.append(
                f'<position joint="{joint["name"]}" kp="{joint["kp"]}" kv="{joint["kv"]}" '
                f'forcerange="{-joint["force"]} {joint["force"]}"/>'
            )
    return (
        f'<mujoco><compiler angle="radian" fusestatic="true"/>'
        f'<option timestep="{given["step_secs"]}" integrator="{integrator}" gravity="0 0 -9.81"/>'
        f'<asset>{"".join(assets)}</asset><worldbody>'
        f'<geom type="plane" size="4 4 0.1" friction="0.6 0.005 0.0001" contype="1" conaffinity="-1"/>'
        f'{arm}{"".join(things)}</worldbody><actuator>{"".join(motors)}</actuator></mujoco>'
    )


def timed(given, run, integrator):
    model = mujoco.MjModel.from_xml_string(mjcf(given, run["boxes"], integrator))
    best = 0.0
    moved = 0.0
    targets = np.array(run["targets"])
    for _ in range(given["repeats"]):
        data = mujoco.MjData(model)
        for link in given["robot"]["links"]:
            if link["joint"]:
                at = model.jnt_qposadr[model.joint(link["joint"]["name"]).id]
                data.qpos[at] = targets[0][link["joint"]["column"]]
        columns = [l["joint"]["column"] for l in given["robot"]["links"] if l["joint"]]
        mujoco.mj_forward(model, data)
        start = np.array([data.body(f"box_{i}").xpos for i in range(len(run["boxes"]))])
        begin = time.process_time()
        for target in targets:
            data.ctrl[:] = target[columns]
            mujoco.mj_step(model, data, nstep=given["steps_a_target"])
        spent = time.process_time() - begin
        best = max(best, len(targets) * given["steps_a_target"] / spent)
        end = np.array([data.body(f"box_{i}").xpos for i in range(len(run["boxes"]))])
        moved = float(np.abs(end - start).max())
    return best, moved


def main():
    given = json.load(sys.stdin)
    runs = []
    for run in given["runs"]:
        # With the plain Euler integrator these finger motors swing and the sweep goes astray.
        speed, moved = timed(given, run, "implicitfast")
        runs.append({"name": run["name"], "steps_per_cpu_sec": speed, "boxes_moved": moved})
    print(json.dumps({"version": mujoco.__version__, "runs": runs}))


main()
