"""Writes every robot of this folder: URDF, robot.toml and meshes. Needs numpy and scipy.

The goldens are made by golden.py, which needs pin as well.
"""

import franka
import so101
import ur5e
import xtrainer

if __name__ == "__main__":
    for robot in (franka, xtrainer, ur5e, so101):
        robot.build().write()
