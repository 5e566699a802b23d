"""Shapes for robot shells: signed distance fields for what is moulded, lathes and extrusions for
what is turned or cut.

A field is a function from an (n, 3) array of points to n distances, negative inside. Fields are
blended with rounded seams and meshed once, at the end, by `mesh_field`: dual contouring on a grid;
vertices lie on the true surface and take the field's gradient as their normal, so that a coarse mesh
still shades like the smooth body it stands for. Metres throughout.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Mesh:
    """Triangles, counter-clockwise seen from outside, with one unit normal a vertex."""

    points: np.ndarray
    normals: np.ndarray
    faces: np.ndarray

    def moved(self, xyz=(0, 0, 0), rpy=(0, 0, 0)):
        turn = rotation(rpy)
        return Mesh(self.points @ turn.T + np.asarray(xyz, float), self.normals @ turn.T,
                    self.faces)

    def along(self, a, b):
        """The mesh with its z axis turned from `a` towards `b` and its origin moved to `a`."""
        turn = frame_along(np.subtract(b, a))
        return Mesh(self.points @ turn.T + np.asarray(a, float), self.normals @ turn.T, self.faces)


def rotation(rpy):
    """The matrix of fixed-axis roll, pitch and yaw, as in URDF."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(rpy), np.sin(rpy)
    return np.array([
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ])


def frame_along(direction):
    """A rotation whose third column is the given direction."""
    z = np.asarray(direction, float)
    z = z / np.linalg.norm(z)
    helper = np.eye(3)[np.argmin(np.abs(z))]
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


# ---- fields ------------------------------------------------------------------------------------

def ball(centre, radius):
    c = np.asarray(centre, float)
    return lambda p: np.linalg.norm(p - c, axis=1) - radius


def tube(points, radii):
    """A chain of round cones through the points; `radii` is one number or one a point."""
    q = np.asarray(points, float)
    r = np.broadcast_to(np.asarray(radii, float), (len(q),))

    def field(p):
        best = np.full(len(p), np.inf)
        for a, b, ra, rb in zip(q[:-1], q[1:], r[:-1], r[1:]):
            ab = b - a
            t = np.clip((p - a) @ ab / max(ab @ ab, 1e-12), 0, 1)
            d = np.linalg.norm(p - a - t[:, None] * ab, axis=1) - (ra + (rb - ra) * t)
            best = np.minimum(best, d)
        return best

    return field


def curve(points, per_span=8):
    """Catmull-Rom through the points, for a `tube` without kinks."""
    q = np.asarray(points, float)
    q = np.vstack([2 * q[0] - q[1], q, 2 * q[-1] - q[-2]])
    out = []
    for i in range(1, len(q) - 2):
        for t in np.arange(per_span) / per_span:
            a, b, c, d = q[i - 1 : i + 3]
            out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                              + (3 * b - a - 3 * c + d) * t**3))
    return np.array(out + [q[-2]])


def sweep(stations, per_span=6):
    """A smooth body through round sections (x, y, z, radius)."""
    path = curve(stations, per_span)
    return tube(path[:, :3], path[:, 3])


def rod(a, b, radius, round=0.004):
    """A cylinder from a to b whose rims are rounded."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    length = np.linalg.norm(b - a)
    axis = (b - a) / length
    middle = (a + b) / 2

    def field(p):
        z = (p - middle) @ axis
        r = np.linalg.norm(p - middle - z[:, None] * axis, axis=1)
        dr, dz = r - (radius - round), np.abs(z) - (length / 2 - round)
        return (np.minimum(np.maximum(dr, dz), 0)
                + np.hypot(np.maximum(dr, 0), np.maximum(dz, 0)) - round)

    return field


def cone(a, b, ra, rb, round=0.004):
    """A cylinder from a to b whose radius runs from ra to rb."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    length = np.linalg.norm(b - a)
    axis = (b - a) / length
    lean = (rb - ra) / length
    scale = 1 / np.hypot(1, lean)

    def field(p):
        z = (p - a) @ axis
        r = np.linalg.norm(p - a - z[:, None] * axis, axis=1)
        dr = (r - (ra + lean * z)) * scale + round
        dz = np.abs(z - length / 2) - (length / 2 - round)
        return (np.minimum(np.maximum(dr, dz), 0)
                + np.hypot(np.maximum(dr, 0), np.maximum(dz, 0)) - round)

    return field


def block(size, centre=(0, 0, 0), rpy=(0, 0, 0), round=0.004):
    """A box with rounded edges."""
    turn, c = rotation(rpy), np.asarray(centre, float)
    half = np.asarray(size, float) / 2 - round

    def field(p):
        q = np.abs((p - c) @ turn) - half
        return (np.minimum(q.max(axis=1), 0) + np.linalg.norm(np.maximum(q, 0), axis=1) - round)

    return field


def prism_x(outline, width, round=0.004):
    """An outline in y and z, extruded from x = -width / 2 to width / 2, edges rounded."""
    corners = np.asarray(outline, float)

    def field(p):
        q, best, sign = p[:, 1:], np.full(len(p), np.inf), np.ones(len(p))
        for a, b in zip(corners, np.roll(corners, -1, axis=0)):
            e, w = b - a, q - a
            t = np.clip(w @ e / (e @ e), 0, 1)
            best = np.minimum(best, np.linalg.norm(w - t[:, None] * e, axis=1))
            spans = (q[:, 1] >= a[1]) != (q[:, 1] >= b[1])
            left = e[0] * w[:, 1] - e[1] * w[:, 0] > 0
            sign = np.where(spans & (left == (b[1] > a[1])), -sign, sign)
        flat, deep = best * sign + round, np.abs(p[:, 0]) - (width / 2 - round)
        return (np.minimum(np.maximum(flat, deep), 0)
                + np.hypot(np.maximum(flat, 0), np.maximum(deep, 0)) - round)

    return field


def half_space(point, normal):
    """Everything on the side of the plane that its normal points away from."""
    n = np.asarray(normal, float) / np.linalg.norm(normal)
    return lambda p: (p - np.asarray(point, float)) @ n


def blend(k, *fields):
    """Union whose seams are rounded with a radius of about k."""
    def field(p):
        d = fields[0](p)
        for other in fields[1:]:
            e = other(p)
            h = np.maximum(k - np.abs(d - e), 0) / k if k > 0 else 0
            d = np.minimum(d, e) - h * h * k / 4
        return d

    return field


def meet(k, *fields):
    """Intersection with edges rounded by about k."""
    inner = blend(k, *[lambda p, f=f: -f(p) for f in fields])
    return lambda p: -inner(p)


def cut(k, field, *tools):
    """The field without the tools, edges rounded by about k."""
    return meet(k, field, *[lambda p, f=f: -f(p) for f in tools])


def grown(field, by):
    return lambda p: field(p) - by


def placed(field, xyz=(0, 0, 0), rpy=(0, 0, 0)):
    turn, o = rotation(rpy), np.asarray(xyz, float)
    return lambda p: field((p - o) @ turn)


def mesh_field(field, low, high, cell, sharp=0.8):
    """The zero surface of a field inside the box low..high, by dual contouring: a vertex a cell,
    placed where the planes of its edges' crossings meet, so that edges stay edges. Where the normals
    in a cell agree to a cosine of `sharp` the vertex takes one normal, elsewhere each face its own.
    """
    low, high = np.asarray(low, float) - 2 * cell, np.asarray(high, float) + 2 * cell
    # An odd offset keeps flat faces off the grid planes, where signs are a matter of rounding.
    low = low - 0.37 * cell
    n = np.ceil((high - low) / cell).astype(int) + 1
    grid = np.stack(np.meshgrid(*[low[i] + cell * np.arange(n[i]) for i in range(3)],
                                indexing="ij"), axis=-1)
    d = sample(field, grid.reshape(-1, 3)).reshape(n)
    inside = d < 0
    cells = tuple(n - 1)
    size = int(np.prod(cells))
    ata, atb = np.zeros((size, 3, 3)), np.zeros((size, 3))
    total, count, lean = np.zeros((size, 3)), np.zeros(size), np.zeros((size, 3))
    quads = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        a = np.take(inside, np.arange(n[axis] - 1), axis)
        b = np.take(inside, np.arange(1, n[axis]), axis)
        for edge, flip in ((a & ~b, False), (~a & b, True)):
            at = np.argwhere(edge)
            at = at[(at[:, u] > 0) & (at[:, v] > 0) & (at[:, u] < n[u] - 1) & (at[:, v] < n[v] - 1)]
            if len(at) == 0:
                continue
            point = crossing(field, low + cell * at, axis, cell, rising=not flip)
            normal = unit(field_slope(field, point, 0.01 * cell)[1])
            ring = []
            for du, dv in ((1, 1), (0, 1), (0, 0), (1, 0)):
                c = at.copy()
                c[:, u] -= du
                c[:, v] -= dv
                index = np.ravel_multi_index(tuple(c.T), cells)
                ring.append(index)
                np.add.at(ata, index, normal[:, :, None] * normal[:, None, :])
                np.add.at(atb, index, normal * (normal * point).sum(axis=1)[:, None])
                np.add.at(total, index, point)
                np.add.at(lean, index, normal)
                np.add.at(count, index, 1)
            quad = np.stack(ring, axis=1)
            quads.append(quad[:, ::-1] if flip else quad)
    used, quads = np.unique(np.concatenate(quads), return_inverse=True)
    quads = quads.reshape(-1, 4)
    middle = total[used] / count[used][:, None]
    away = atb[used] - np.einsum("cij,cj->ci", ata[used], middle)
    step = np.linalg.solve(ata[used] + 0.08 * np.eye(3), away[:, :, None])[:, :, 0]
    points = middle + np.clip(step, -cell, cell)
    smooth = np.linalg.norm(lean[used], axis=1) / count[used] > sharp
    points[smooth] = onto(field, points[smooth], cell)
    normals = unit(field_slope(field, points, 0.05 * cell)[1])
    # The shorter diagonal follows the surface better.
    a, b, c, e = (points[quads[:, i]] for i in range(4))
    short = np.linalg.norm(a - c, axis=1) <= np.linalg.norm(b - e, axis=1)
    faces = np.concatenate([quads[short][:, [0, 1, 2]], quads[short][:, [0, 2, 3]],
                            quads[~short][:, [0, 1, 3]], quads[~short][:, [1, 2, 3]]])
    return split_corners(field, tidy(Mesh(points, normals, faces)), cell)


def crossing(field, start, axis, cell, rising):
    """Where the field changes sign on grid edges that start at `start`, by bisection."""
    lower, upper = np.zeros(len(start)), np.full(len(start), cell)
    for _ in range(12):
        t = (lower + upper) / 2
        probe = start.astype(float).copy()
        probe[:, axis] += t
        beyond = (sample(field, probe) > 0) == rising
        lower, upper = np.where(beyond, lower, t), np.where(beyond, t, upper)
    out = start.astype(float).copy()
    out[:, axis] += (lower + upper) / 2
    return out


def onto(field, points, cell):
    """Points pulled onto the zero surface."""
    start = points.copy()
    for _ in range(5):
        value, slope = field_slope(field, points, 0.02 * cell)
        step = slope * (value / np.maximum((slope**2).sum(axis=1), 1e-6))[:, None]
        points = start + np.clip(points - np.clip(step, -0.5 * cell, 0.5 * cell) - start,
                                 -cell, cell)
    return points


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None]


def split_corners(field, mesh, cell, limit=0.9):
    """On an edge one normal cannot serve both sides: a face whose corner's normal leans away from
    the face gets that corner to itself, with the field's normal a little inside the face."""
    corners = mesh.points[mesh.faces]
    middle = corners.mean(axis=1)
    flat = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    agree = np.einsum("fkx,fx->fk", mesh.normals[mesh.faces], flat)
    face, corner = np.nonzero(agree < limit)
    old = mesh.faces[face, corner]
    probe = onto(field, 0.7 * mesh.points[old] + 0.3 * middle[face], 0.2 * cell)
    normal = unit(field_slope(field, probe, 0.02 * cell)[1])
    wrong = np.einsum("ix,ix->i", normal, flat[face]) < 0.5
    normal[wrong] = flat[face][wrong]
    faces = mesh.faces.copy()
    faces[face, corner] = len(mesh.points) + np.arange(len(old))
    return tidy(Mesh(np.concatenate([mesh.points, mesh.points[old]]),
                     np.concatenate([mesh.normals, normal]), faces))


def sample(field, points, chunk=200_000):
    if len(points) == 0:
        return np.zeros(0)
    return np.concatenate([field(points[i : i + chunk]) for i in range(0, len(points), chunk)])


def field_slope(field, points, h):
    value = sample(field, points)
    slope = np.empty_like(points)
    for i in range(3):
        step = np.zeros(3)
        step[i] = h
        slope[:, i] = (sample(field, points + step) - sample(field, points - step)) / (2 * h)
    return value, slope


def tidy(mesh):
    """Without slivers and unused vertices."""
    a, b, c = (mesh.points[mesh.faces[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    faces = mesh.faces[area > 1e-12]
    used, faces = np.unique(faces, return_inverse=True)
    return Mesh(mesh.points[used], mesh.normals[used], faces.reshape(-1, 3))


def clip(mesh, point, normal):
    """The mesh without what lies on the side its normal points to; the section, taken as
    star-shaped, is closed flat. Gives a field's mesh the crisp edge its grid cannot."""
    n = np.asarray(normal, float) / np.linalg.norm(normal)
    height = (mesh.points - np.asarray(point, float)) @ n
    points, normals, faces, rim = list(mesh.points), list(mesh.normals), [], {}

    def crossing(a, b):
        key = (min(a, b), max(a, b))
        if key not in rim:
            t = height[a] / (height[a] - height[b])
            rim[key] = len(points)
            points.append(mesh.points[a] + t * (mesh.points[b] - mesh.points[a]))
            mixed = mesh.normals[a] + t * (mesh.normals[b] - mesh.normals[a])
            normals.append(mixed / np.linalg.norm(mixed))
        return rim[key]

    for face in mesh.faces:
        ring = []
        for a, b in zip(face, np.roll(face, -1)):
            if height[a] < 0:
                ring.append(a)
            if (height[a] < 0) != (height[b] < 0):
                ring.append(crossing(a, b))
        faces += [(ring[0], ring[i], ring[i + 1]) for i in range(1, len(ring) - 1)]
    if rim:
        edge = np.array([points[i] for i in rim.values()])
        middle = edge.mean(axis=0)
        flat = (edge - middle) @ frame_along(n)
        order = np.argsort(np.arctan2(flat[:, 1], flat[:, 0]))
        start = len(points)
        points += [middle] + list(edge[order])
        normals += [n] * (len(edge) + 1)
        faces += [(start, start + 1 + i, start + 1 + (i + 1) % len(edge))
                  for i in range(len(edge))]
    return tidy(Mesh(np.array(points), np.array(normals), np.array(faces)))


# ---- turned and cut parts ----------------------------------------------------------------------

def creased(points, faces, crease=0.6):
    """A mesh whose normals are smooth where faces meet at less than `crease` radians and sharp
    elsewhere: vertices on sharp edges are doubled."""
    points, faces = np.asarray(points, float), np.asarray(faces)
    a, b, c = (points[faces[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    size = np.linalg.norm(flat, axis=1)
    faces, flat, size = faces[size > 1e-13], flat[size > 1e-13], size[size > 1e-13]
    unit = flat / size[:, None]
    around = [[] for _ in points]
    for f, face in enumerate(faces):
        for v in face:
            around[v].append(f)
    out_points, out_normals, seen = [], [], {}
    out_faces = np.empty_like(faces)
    limit = np.cos(crease)
    for f, face in enumerate(faces):
        for k, v in enumerate(face):
            near = [g for g in around[v] if unit[g] @ unit[f] > limit]
            normal = flat[near].sum(axis=0)
            normal /= np.linalg.norm(normal)
            key = (v, *np.round(normal, 3))
            if key not in seen:
                seen[key] = len(out_points)
                out_points.append(points[v])
                out_normals.append(normal)
            out_faces[f, k] = seen[key]
    return Mesh(np.array(out_points), np.array(out_normals), out_faces)


def lathe(profile, segments=40, crease=0.6):
    """A profile of (radius, z) turned about z, from bottom to top along the outside."""
    profile = np.asarray(profile, float)
    angles = 2 * np.pi * np.arange(segments) / segments
    points, rows = [], []
    for r, z in profile:
        if r < 1e-9:
            rows.append([len(points)] * segments)
            points.append((0, 0, z))
        else:
            rows.append(list(range(len(points), len(points) + segments)))
            points += [(r * np.cos(t), r * np.sin(t), z) for t in angles]
    faces = []
    for low, high in zip(rows[:-1], rows[1:]):
        for i in range(segments):
            j = (i + 1) % segments
            for tri in ((low[i], low[j], high[j]), (low[i], high[j], high[i])):
                if len(set(tri)) == 3:
                    faces.append(tri)
    return creased(points, faces, crease)


def disc(radius, height, bevel=0.001, segments=40):
    """A short closed cylinder on z = 0 with a bevelled rim."""
    b = min(bevel, height / 2, radius / 2)
    return lathe([(0, 0), (radius, 0), (radius, height - b), (radius - b, height), (0, height)],
                 segments)


def ring(inner, outer, height, bevel=0.0005, segments=48):
    """A washer from z = 0 to height."""
    b = bevel
    return lathe([(inner, 0), (outer, 0), (outer, height - b), (outer - b, height),
                  (inner + b, height), (inner, height - b), (inner, 0)], segments)


def band(radius, z, width, proud=0.0004, segments=48):
    """A thin coloured line around a cylinder about z."""
    r = radius + proud
    return lathe([(radius - 0.002, z - width / 2), (r, z - width / 2), (r, z + width / 2),
                  (radius - 0.002, z + width / 2)], segments)


def extrude(outline, low, high, bevel=0.0008, crease=0.6):
    """A simple outline in x and y, counter-clockwise, from z = low to high."""
    outline = np.asarray(outline, float)
    n = len(outline)
    shrunk = inset(outline, bevel)
    levels = [(shrunk, low), (outline, low + bevel), (outline, high - bevel), (shrunk, high)]
    points = np.concatenate([np.column_stack([o, np.full(n, z)]) for o, z in levels])
    faces = []
    for level in range(3):
        for i in range(n):
            j = (i + 1) % n
            a, b = level * n + i, level * n + j
            faces += [(a, b, b + n), (a, b + n, a + n)]
    for a, b, c in triangulate(shrunk):
        faces += [(c, b, a), (3 * n + a, 3 * n + b, 3 * n + c)]
    return creased(points, faces, crease)


def extrude_x(outline, width, bevel=0.0008, crease=0.6):
    """An outline in y and z, counter-clockwise seen from +x, from x = -width / 2 to width / 2."""
    mesh = extrude(outline, -width / 2, width / 2, bevel, crease)
    turn = lambda v: v[:, [2, 0, 1]]
    return Mesh(turn(mesh.points), turn(mesh.normals), mesh.faces)


def extrude_y(outline, low, high, bevel=0.0012, crease=0.6):
    """An outline in x and z, counter-clockwise with x to the right and z up, from y = low to high."""
    return extrude(outline, -high, -low, bevel, crease).moved(rpy=(np.pi / 2, 0, 0))


def triangulate(outline):
    """Ears cut one after another off a simple counter-clockwise outline."""
    left, out = list(range(len(outline))), []

    def turn(a, b, c):
        return ((outline[b][0] - outline[a][0]) * (outline[c][1] - outline[a][1])
                - (outline[b][1] - outline[a][1]) * (outline[c][0] - outline[a][0]))

    while len(left) > 3:
        for i in range(len(left)):
            a, b, c = left[i - 1], left[i], left[(i + 1) % len(left)]
            if turn(a, b, c) > 0 and not any(
                    turn(a, b, p) >= 0 and turn(b, c, p) >= 0 and turn(c, a, p) >= 0
                    for p in left if p not in (a, b, c)):
                break
        else:
            i, (a, b, c) = 1, left[:3]
        out.append((a, b, c))
        left.pop(i)
    return out + [tuple(left)]


def inset(outline, by):
    """A counter-clockwise outline moved inwards."""
    before = outline - np.roll(outline, 1, axis=0)
    after = np.roll(outline, -1, axis=0) - outline
    normal = [np.column_stack([-e[:, 1], e[:, 0]])
              / np.maximum(np.linalg.norm(e, axis=1), 1e-12)[:, None] for e in (before, after)]
    sum_ = normal[0] + normal[1]
    return outline + by * sum_ / np.maximum((sum_**2).sum(axis=1) / 2, 0.2)[:, None]


def rounded_rectangle(x, y, radius, steps=5):
    """Outline, counter-clockwise, centred on the origin."""
    out = []
    for cx, cy, start in ((1, 1, 0), (-1, 1, 1), (-1, -1, 2), (1, -1, 3)):
        for t in (start + np.arange(steps + 1) / steps) * np.pi / 2:
            out.append((cx * (x / 2 - radius) + radius * np.cos(t),
                        cy * (y / 2 - radius) + radius * np.sin(t)))
    return np.array(out)


def brick(size, centre=(0, 0, 0), rpy=(0, 0, 0), bevel=0.0015):
    """A box with bevelled edges and flat faces: few triangles."""
    x, y, z = (s / 2 for s in size)
    b = min(bevel, x / 2, y / 2, z / 2)
    mesh = extrude(np.array([(x - b, -y), (x, -y + b), (x, y - b), (x - b, y), (-x + b, y),
                             (-x, y - b), (-x, -y + b), (-x + b, -y)]), -z, z, b, crease=0.3)
    return mesh.moved(centre, rpy)


def screw(radius=0.0028, height=0.0012):
    """The head of a socket screw, its hexagon sunk, standing on z = 0."""
    return lathe([(radius, 0), (radius, height * 0.8), (radius * 0.9, height),
                  (radius * 0.5, height), (radius * 0.45, height * 0.2), (0, height * 0.2)], 12)
