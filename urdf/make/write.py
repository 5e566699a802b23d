"""Writes a robot to disk: its URDF, its robot.toml and its meshes as binary glTF.

A robot file (franka.py and its siblings) fills a `Robot` with links, joints and arms;
`Robot.write` puts the result beside it in `urdf/<name>/`. Units are SI and radians; meshes lie in
link axes (z up, metres), so a reader must not turn them.
"""

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

URDF_FOLDER = Path(__file__).resolve().parent.parent


def num(x):
    """The shortest decimal that keeps twelve significant digits, without a negative zero."""
    text = f"{float(x):.12g}"
    return "0" if text == "-0" else text


def vec(xs):
    return " ".join(num(x) for x in xs)


@dataclass
class Material:
    """A surface: sRGB colour as #rrggbb, metallic and roughness as in glTF."""

    name: str
    color: str
    metallic: float = 0.0
    roughness: float = 0.5
    glow: float = 0.0

    def linear(self):
        c = np.array([int(self.color[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


@dataclass
class Collision:
    """A convex piece of a link: kind is box (x y z), cylinder (radius, length), sphere (radius)
    or mesh (an array of points, written as their convex hull)."""

    kind: str
    size: tuple
    xyz: tuple = (0, 0, 0)
    rpy: tuple = (0, 0, 0)


@dataclass
class Link:
    name: str
    mass: float = 0.0
    com: tuple = (0, 0, 0)
    inertia: tuple = ()  # ixx ixy ixz iyy iyz izz about the centre of mass, link axes
    inertia_rpy: tuple = (0, 0, 0)
    visual: list = field(default_factory=list)  # (Mesh, Material)
    mesh: str = ""  # name of the mesh file, when two links share one
    visual_rpy: tuple = (0, 0, 0)
    collision: list = field(default_factory=list)


@dataclass
class Joint:
    name: str
    kind: str
    parent: str
    child: str
    xyz: tuple = (0, 0, 0)
    rpy: tuple = (0, 0, 0)
    axis: tuple = (0, 0, 1)
    lower: float = 0.0
    upper: float = 0.0
    effort: float = 0.0
    velocity: float = 0.0
    mimic: tuple = ()  # joint, multiplier, offset
    damping: float = 0.0
    friction: float = 0.0


class Robot:
    def __init__(self, name, about):
        self.name, self.about = name, about
        self.links, self.joints = [], []
        self.toml = []  # finished lines of robot.toml

    def link(self, *args, **kw):
        self.links.append(Link(*args, **kw))
        return self.links[-1]

    def joint(self, *args, **kw):
        self.joints.append(Joint(*args, **kw))
        return self.joints[-1]

    def arm(self, name, base_link, tip_link, tip_from_tool, joints, home, acceleration, jerk,
            gripper):
        xyz, rpy = tip_from_tool
        self.toml += [
            "", "[[arm]]",
            f'name = "{name}"', f'base_link = "{base_link}"', f'tip_link = "{tip_link}"',
            f"tip_from_tool = {{ xyz = {row(xyz)}, rpy = {row(rpy)} }}",
            f"joints = {strings(joints)}", f"home = {row(home)}",
            f"max_acceleration = {row(acceleration)}", f"max_jerk = {row(jerk)}",
            "", "[arm.gripper]", f'kind = "{gripper["kind"]}"',
            f"joints = {strings(gripper['joints'])}",
            f"closed = {row(gripper['closed'])}", f"open = {row(gripper['open'])}",
            f"max_opening = {real(gripper['max_opening'])}", f"force = {real(gripper['force'])}",
            "finger = { " + ", ".join(f"{k} = {real(v)}" for k, v in gripper["finger"].items())
            + " }",
            f"finger_links = {strings(gripper['finger_links'])}",
        ]

    def camera(self, name, link, xyz, rpy):
        self.toml += [
            "", "[[camera]]", f'name = "{name}"', f'link = "{link}"',
            f"link_from_camera = {{ xyz = {row(xyz)}, rpy = {row(rpy)} }}",
        ]

    def write(self):
        folder = URDF_FOLDER / self.name
        meshes = folder / "meshes"
        meshes.mkdir(parents=True, exist_ok=True)
        for old in meshes.iterdir():
            old.unlink()
        body = []
        for link in self.links:
            body += self.link_xml(link, meshes)
        for joint in self.joints:
            body += joint_xml(joint)
        (folder / f"{self.name}.urdf").write_text(
            f'<?xml version="1.0"?>\n<!-- {self.about} Made by urdf/make/{self.name}.py. -->\n'
            f'<robot name="{self.name}">\n' + "\n".join(body) + "\n</robot>\n")
        head = [f"# {self.about} Made by urdf/make/{self.name}.py.",
                f'name = "{self.name}"', f'urdf = "{self.name}.urdf"']
        (folder / "robot.toml").write_text("\n".join(head + self.toml) + "\n")

    def link_xml(self, link, meshes):
        out = [f'  <link name="{link.name}">']
        if link.mass > 0:
            ixx, ixy, ixz, iyy, iyz, izz = link.inertia
            out += [
                "    <inertial>",
                f'      <origin xyz="{vec(link.com)}" rpy="{vec(link.inertia_rpy)}"/>',
                f'      <mass value="{num(link.mass)}"/>',
                f'      <inertia ixx="{num(ixx)}" ixy="{num(ixy)}" ixz="{num(ixz)}" '
                f'iyy="{num(iyy)}" iyz="{num(iyz)}" izz="{num(izz)}"/>',
                "    </inertial>",
            ]
        if link.visual or link.mesh:
            file = link.mesh or link.name
            if link.visual:
                write_glb(meshes / f"{file}.glb", link.visual)
            out += [
                "    <visual>", f'      <origin xyz="0 0 0" rpy="{vec(link.visual_rpy)}"/>',
                f'      <geometry><mesh filename="meshes/{file}.glb"/></geometry>',
                "    </visual>",
            ]
        for n, piece in enumerate(link.collision):
            if piece.kind == "box":
                shape = f'<box size="{vec(piece.size)}"/>'
            elif piece.kind == "cylinder":
                shape = f'<cylinder radius="{num(piece.size[0])}" length="{num(piece.size[1])}"/>'
            elif piece.kind == "sphere":
                shape = f'<sphere radius="{num(piece.size[0])}"/>'
            else:
                file = f"{link.name}_hull{n}.obj"
                write_hull(meshes / file, piece.size)
                shape = f'<mesh filename="meshes/{file}"/>'
            out += [
                "    <collision>",
                f'      <origin xyz="{vec(piece.xyz)}" rpy="{vec(piece.rpy)}"/>',
                f"      <geometry>{shape}</geometry>", "    </collision>",
            ]
        return out + ["  </link>"]


def joint_xml(j):
    out = [
        f'  <joint name="{j.name}" type="{j.kind}">',
        f'    <origin xyz="{vec(j.xyz)}" rpy="{vec(j.rpy)}"/>',
        f'    <parent link="{j.parent}"/>', f'    <child link="{j.child}"/>',
    ]
    if j.kind != "fixed":
        out += [
            f'    <axis xyz="{vec(j.axis)}"/>',
            f'    <limit lower="{num(j.lower)}" upper="{num(j.upper)}" effort="{num(j.effort)}" '
            f'velocity="{num(j.velocity)}"/>',
        ]
        if j.damping or j.friction:
            out.append(f'    <dynamics damping="{num(j.damping)}" friction="{num(j.friction)}"/>')
        if j.mimic:
            name, multiplier, offset = j.mimic
            out.append(f'    <mimic joint="{name}" multiplier="{num(multiplier)}" '
                       f'offset="{num(offset)}"/>')
    return out + ["  </joint>"]


def real(x):
    """A TOML float: always with a decimal point, which strict readers ask for."""
    text = num(x)
    return text if any(c in text for c in ".en") else text + ".0"


def row(xs):
    return "[" + ", ".join(real(x) for x in xs) + "]"


def strings(xs):
    return "[" + ", ".join(f'"{x}"' for x in xs) + "]"


def write_glb(path, parts):
    """One glTF mesh with a primitive for each material, positions and normals in link axes."""
    by_material = {}
    for mesh, material in parts:
        by_material.setdefault(material.name, (material, []))[1].append(mesh)
    blob, views, accessors, primitives, materials = b"", [], [], [], []

    def add(array, target, kind, component, bounds=False):
        nonlocal blob
        data = array.tobytes()
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(data),
                      "target": target})
        blob += data + b"\0" * (-len(data) % 4)
        entry = {"bufferView": len(views) - 1, "componentType": component, "type": kind,
                 "count": array.size if kind == "SCALAR" else len(array)}
        if bounds:
            entry["min"] = [float(x) for x in array.min(axis=0)]
            entry["max"] = [float(x) for x in array.max(axis=0)]
        accessors.append(entry)
        return len(accessors) - 1

    for material, meshes in by_material.values():
        points = np.concatenate([m.points for m in meshes]).astype("<f4")
        normals = np.concatenate([m.normals for m in meshes]).astype("<f4")
        offsets = np.cumsum([0] + [len(m.points) for m in meshes])
        faces = np.concatenate([m.faces + o for m, o in zip(meshes, offsets)])
        wide = len(points) > 65535
        faces = np.ascontiguousarray(faces.astype("<u4" if wide else "<u2"))
        primitives.append({
            "attributes": {"POSITION": add(points, 34962, "VEC3", 5126, bounds=True),
                           "NORMAL": add(normals, 34962, "VEC3", 5126)},
            "indices": add(faces.reshape(-1), 34963, "SCALAR", 5125 if wide else 5123),
            "material": len(materials), "mode": 4,
        })
        color = [round(float(c), 5) for c in material.linear()]
        entry = {"name": material.name, "pbrMetallicRoughness": {
            "baseColorFactor": color + [1.0], "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness}}
        if material.glow > 0:
            entry["emissiveFactor"] = [round(c * material.glow, 5) for c in color]
        materials.append(entry)
    doc = {"asset": {"version": "2.0", "generator": "urdf/make"}, "scene": 0,
           "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0, "name": path.stem}],
           "meshes": [{"primitives": primitives, "name": path.stem}], "materials": materials,
           "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": len(blob)}]}
    text = json.dumps(doc, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(blob)
    path.write_bytes(struct.pack("<4sIIII", b"glTF", 2, total, len(text), 0x4E4F534A) + text
                     + struct.pack("<II", len(blob), 0x004E4942) + blob)


def write_hull(path, points):
    from scipy.spatial import ConvexHull

    points = np.asarray(points, float)
    hull = ConvexHull(points)
    keep = {int(v): i for i, v in enumerate(hull.vertices)}
    lines = [f"v {vec(points[v])}" for v in hull.vertices]
    middle = points[hull.vertices].mean(axis=0)
    for a, b, c in hull.simplices:
        if np.dot(np.cross(points[b] - points[a], points[c] - points[a]), points[a] - middle) < 0:
            b, c = c, b
        lines.append(f"f {keep[int(a)] + 1} {keep[int(b)] + 1} {keep[int(c)] + 1}")
    path.write_text("\n".join(lines) + "\n")


def box_inertia(mass, x, y, z):
    """Inertia of a solid box about its centre."""
    return (mass * (y * y + z * z) / 12, 0, 0, mass * (x * x + z * z) / 12, 0,
            mass * (x * x + y * y) / 12)


def cylinder_inertia(mass, radius, length, axis="z"):
    """Inertia of a solid cylinder about its centre, along a coordinate axis."""
    along = mass * radius * radius / 2
    across = mass * (3 * radius * radius + length * length) / 12
    d = {"x": (along, across, across), "y": (across, along, across),
         "z": (across, across, along)}[axis]
    return (d[0], 0, 0, d[1], 0, d[2])
