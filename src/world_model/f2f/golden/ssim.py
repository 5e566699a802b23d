"""The structural similarity of a few pictures by scikit-image, for the tests of metrics.rs.

Writes ssim.toml beside this file. Needs numpy and scikit-image:

    python ssim.py
"""

import pathlib

import numpy as np
from skimage.metrics import structural_similarity

HERE = pathlib.Path(__file__).parent


def picture(rows, columns, kind):
    """Waves of some lengths, and a square: the same formula as in the test, in float64."""
    y, x, c = np.meshgrid(np.arange(rows), np.arange(columns), np.arange(3), indexing="ij")
    waves = 0.5 + 0.3 * np.sin(0.4 * y + 0.2 * c) * np.cos(0.3 * x - 0.5 * c)
    square = (np.abs(y - rows // 2 - kind) < 5) & (np.abs(x - columns // 2 + 2 * kind) < 4)
    return np.where(square, 0.1 + 0.2 * c, waves + 0.02 * kind * np.sin(1.7 * x + 2.3 * y))


lines = []
for rows, columns, kind in ((11, 11, 1), (24, 31, 1), (32, 32, 3), (40, 64, 5)):
    value = structural_similarity(
        picture(rows, columns, 0),
        picture(rows, columns, kind),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=2,
    )
    lines.append(f"[[pair]]\nrows = {rows}\ncolumns = {columns}\nkind = {kind}\nssim = {value:.15f}\n")
(HERE / "ssim.toml").write_text("# By ssim.py, which says what the pictures are.\n" + "\n".join(lines))
