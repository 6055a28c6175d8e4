"""Paint the texture of a simulated face: skin, brows, lips, hair, clothes, background.

Everything is drawn from the mesh and a few colours; no photograph is involved. Looks are drawn
independently of every label, so that no appearance carries severity.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinic.simulate.face_mesh import (
    LEFT_BROW,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    LIPS_OUTER,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    FaceShape,
)

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]
Colour = tuple[float, float, float]

#: Light from above, a little from the viewer's left, in the mesh's axes (y up, z to the viewer).
LIGHT = np.array([-0.28, 0.50, 0.82])
AMBIENT = 0.50
SHINE = np.array([-0.1, 0.3, 0.95])


@dataclass(frozen=True, kw_only=True)
class Look:
    """Appearance of one face. Colours are RGB in [0, 255]."""

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    clothes: Colour
    background: Colour
    long_hair: bool
    shape: FaceShape
    texture_seed: int


def paint(look: Look, points_px: FloatArray, depth_px: FloatArray, size: tuple[int, int]) -> Image:
    """Return the texture of one neutral, frontal face.

    Args:
        points_px: Shape (478, 2), texture pixels, y down.
        depth_px: Shape (478,), towards the viewer, in the same unit.
        size: (width, height) of the texture.

    Returns:
        Shape (height, width, 3), uint8, RGB.
    """
    width, height = size
    random = np.random.default_rng(look.texture_seed)
    unit = float(np.ptp(points_px[list(OVAL), 0])) / 175.0  # one mesh unit in pixels
    canvas = _background(look, size, random)
    _body(canvas, look, points_px, unit)
    skin = _skin(look, points_px, depth_px, size, unit, random)
    oval = points_px[list(OVAL)]
    _blend(canvas, skin, _mask([oval], size, blur=2.0 * unit))
    _front_hair(canvas, look, points_px, unit, random)
    for brow in (RIGHT_BROW, LEFT_BROW):
        _brow(canvas, look, points_px[list(brow)], unit, random)
    _lips(canvas, look, points_px, unit)
    _nostrils(canvas, look, points_px, unit)
    for upper, lower in ((RIGHT_EYE_UPPER, RIGHT_EYE_LOWER), (LEFT_EYE_UPPER, LEFT_EYE_LOWER)):
        _lid(canvas, look, points_px[list(upper)], points_px[list(lower)], unit)
    grain = random.normal(0.0, 2.0, (height, width, 1))
    return np.clip(canvas + grain, 0, 255).astype(np.uint8)


def _times(colour: Colour, factor: float) -> Colour:
    """Return a darker or lighter colour."""
    red, green, blue = (min(255.0, factor * part) for part in colour)
    return red, green, blue


def _mask(polygons: list[FloatArray], size: tuple[int, int], *, blur: float = 0.0) -> FloatArray:
    """Anti-aliased mask of polygons in [0, 1], softened by a Gaussian of ``blur`` pixels."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    for polygon in polygons:  # one by one: where two overlap in one call, OpenCV leaves a hole
        cv2.fillPoly(mask, [np.round(polygon * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    out = mask.astype(np.float64) / 255.0
    return np.asarray(cv2.GaussianBlur(out, (0, 0), blur)) if blur > 0 else out


def _blend(canvas: FloatArray, colour: FloatArray | Colour, mask: FloatArray) -> None:
    """Lay a colour or picture over the canvas where the mask says so."""
    canvas += mask[:, :, None] * (np.asarray(colour, dtype=np.float64) - canvas)


def _background(look: Look, size: tuple[int, int], random: np.random.Generator) -> FloatArray:
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    fall = 1.0 - 0.25 * (rows / height) - 0.12 * np.abs(columns / width - 0.4)
    coarse = random.normal(0.0, 1.0, (6, 6))
    cloud = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.array(look.background) * (fall + 0.03 * cloud)[:, :, None])


def _ellipse(centre: FloatArray, radius: tuple[float, float], power: float = 2.0) -> FloatArray:
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    x, y = np.cos(turn), np.sin(turn)
    shape = np.stack(
        [np.sign(x) * np.abs(x) ** (2 / power), np.sign(y) * np.abs(y) ** (2 / power)], axis=1
    )
    return np.asarray(centre + shape * np.array(radius))


def _body(canvas: FloatArray, look: Look, points: FloatArray, unit: float) -> None:
    """Hair behind the head, ears, neck and shoulders."""
    size = (canvas.shape[1], canvas.shape[0])
    left, right, top, chin = points[234], points[454], points[10], points[152]
    middle = (left + right) / 2
    half = (right[0] - left[0]) / 2
    crown = np.array([middle[0], top[1] + 62 * unit])
    hair = [_ellipse(crown, (half * 1.14, 98 * unit), 2.2)]
    if look.long_hair:
        fall = np.array([middle[0], chin[1] - 80 * unit])
        hair.append(_ellipse(fall, (half * 1.2, 140 * unit), 3.5))
    _blend(canvas, _times(look.hair, 0.75), _mask(hair, size, blur=1.5 * unit))
    neck = np.array(
        [
            [middle[0] - 46 * unit, chin[1] - 45 * unit],
            [middle[0] + 46 * unit, chin[1] - 45 * unit],
            [middle[0] + 52 * unit, chin[1] + 60 * unit],
            [middle[0] - 52 * unit, chin[1] + 60 * unit],
        ]
    )
    _blend(canvas, _times(look.skin, 0.76), _mask([neck], size, blur=2 * unit))
    below = np.array([middle[0], chin[1] + 165 * unit])
    shoulders = _ellipse(below, (185 * unit, 128 * unit), 2.6)
    _blend(canvas, look.clothes, _mask([shoulders], size, blur=1.2 * unit))
    collar = _ellipse(np.array([middle[0], chin[1] + 34 * unit]), (46 * unit, 26 * unit))
    _blend(canvas, _times(look.skin, 0.76), _mask([collar], size, blur=1.5 * unit))
    ears = [
        _ellipse(np.array([side[0] + sign * 4 * unit, side[1] + 6 * unit]), (10 * unit, 24 * unit))
        for side, sign in ((left, -1), (right, 1))
    ]
    if not look.long_hair:
        _blend(canvas, _times(look.skin, 0.82), _mask(ears, size, blur=1.2 * unit))


def _skin(
    look: Look,
    points: FloatArray,
    depth: FloatArray,
    size: tuple[int, int],
    unit: float,
    random: np.random.Generator,
) -> FloatArray:
    """Shaded skin: Lambert's law on the smoothed depth of the mesh, redder on cheeks and nose."""
    from scipy.interpolate import LinearNDInterpolator

    width, height = size
    step = max(1, round(1.9 * unit))
    rows, columns = np.mgrid[0:height:step, 0:width:step]
    relief = LinearNDInterpolator(points, depth, fill_value=float(depth.min()))(columns, rows)
    fine = cv2.GaussianBlur(relief, (0, 0), 3.2 * unit / step)
    smooth = cv2.GaussianBlur(relief, (0, 0), 11.0 * unit / step)
    # The steep sides of the mesh have long thin triangles whose facets would show as stripes.
    oval = points[list(OVAL)]
    off = np.abs(columns - oval[:, 0].mean()) / (np.ptp(oval[:, 0]) / 2)
    side = np.clip((off - 0.45) / 0.25, 0.0, 1.0)
    relief = fine * (1 - side) + smooth * side
    slope_y, slope_x = np.gradient(relief, float(step))
    normal = np.stack([-slope_x, slope_y, np.ones_like(relief)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    lambert = np.clip(_along(normal, LIGHT / np.linalg.norm(LIGHT)), 0, None)
    shine = np.clip(_along(normal, SHINE), 0, 1) ** 24
    hollow = cv2.GaussianBlur(relief, (0, 0), 12 * unit / step) - relief  # sockets, beside the nose
    light = AMBIENT + 0.62 * lambert - 0.010 * np.clip(hollow / unit, 0, 12)
    light = cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)
    shine = cv2.resize(shine, size, interpolation=cv2.INTER_LINEAR)
    rows, columns = np.mgrid[0:height, 0:width]
    red = np.zeros((height, width))
    for index, reach in ((50, 26), (280, 26), (4, 14)):
        away = np.hypot(columns - points[index, 0], rows - points[index, 1]) / (reach * unit)
        red += np.exp(-(away**2))
    mottle = cv2.resize(random.normal(0, 1, (24, 24)), size, interpolation=cv2.INTER_CUBIC)
    colour = np.array(look.skin) * (light * (1 + 0.012 * mottle))[:, :, None]
    colour += red[:, :, None] * np.array([7.0, -5.0, -4.0]) + shine[:, :, None] * 10.0
    return np.asarray(colour)


def _along(normal: FloatArray, direction: FloatArray) -> FloatArray:
    """Dot product, written out: BLAS threads cost more here than the three products."""
    x, y, z = direction
    return np.asarray(normal[..., 0] * x + normal[..., 1] * y + normal[..., 2] * z)


def _front_hair(
    canvas: FloatArray, look: Look, points: FloatArray, unit: float, random: np.random.Generator
) -> None:
    """Hair over the top of the forehead, with strands."""
    size = (canvas.shape[1], canvas.shape[0])
    order = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)
    line = points[list(order)].copy()
    middle = line[:, 0].mean()
    inner = line.copy()
    inner[:, 1] += 5 * unit
    inner[:, 0] = middle + (inner[:, 0] - middle) * 0.97
    outer = line[::-1].copy()
    outer[:, 0] = middle + (outer[:, 0] - middle) * 1.13
    rise = np.sin(np.linspace(0, np.pi, len(outer)))
    outer[:, 1] -= (4 + 34 * rise) * unit
    mask = _mask([np.concatenate([inner, outer])], size, blur=1.6 * unit)
    strands = random.normal(0, 1, (4, size[0]))
    strands = cv2.resize(strands, size, interpolation=cv2.INTER_LINEAR)
    strands = cv2.GaussianBlur(strands, (0, 0), 0.8 * unit)
    colour = np.array(look.hair) * (1.0 + 0.22 * strands)[:, :, None]
    _blend(canvas, np.clip(colour, 0, 255), mask)


def _brow(
    canvas: FloatArray, look: Look, contour: FloatArray, unit: float, random: np.random.Generator
) -> None:
    size = (canvas.shape[1], canvas.shape[0])
    dark = _times(look.hair, 0.62)
    middle = contour.mean(0)
    slim = middle + (contour - middle) * np.array([1.0, 0.85])
    _blend(canvas, dark, 0.62 * _mask([slim], size, blur=1.4 * unit))
    upper, lower = slim[:5], slim[5:][::-1]
    strokes = np.zeros((size[1], size[0]), np.uint8)
    for share in random.uniform(0, 1, 90):
        place = share * 4
        index = min(int(place), 3)
        rest = place - index
        top = upper[index] * (1 - rest) + upper[index + 1] * rest
        bottom = lower[index] * (1 - rest) + lower[index + 1] * rest
        start = bottom + (top - bottom) * random.uniform(-0.05, 0.5)
        outward = np.sign(upper[0, 0] - upper[-1, 0])
        end = start + np.array([outward * 3.5, -4.0]) * unit * random.uniform(0.6, 1.1)
        ends = [tuple(int(v) for v in np.round(p * 16)) for p in (start, end)]
        cv2.line(strokes, ends[0], ends[1], 255, 1, cv2.LINE_AA, 4)
    _blend(canvas, dark, 0.55 * strokes.astype(np.float64) / 255.0)


def _lips(canvas: FloatArray, look: Look, points: FloatArray, unit: float) -> None:
    size = (canvas.shape[1], canvas.shape[0])
    outer = points[list(LIPS_OUTER)]
    seam = (points[list(LIPS_INNER_UPPER)] + points[list(LIPS_INNER_LOWER)]) / 2
    whole = _mask([outer], size, blur=1.2 * unit)
    upper = _mask([np.concatenate([outer[:11], seam[::-1]])], size, blur=1.0 * unit)
    _blend(canvas, look.lips, 0.78 * whole)
    _blend(canvas, _times(look.lips, 0.72), 0.45 * upper)
    gleam = points[[14, 17]].mean(0)
    spot = _mask([_ellipse(gleam, (13 * unit, 3 * unit))], size, blur=2.5 * unit)
    _blend(canvas, _times(look.lips, 1.25), 0.4 * spot)
    under = points[17] + np.array([0, 6 * unit])
    shadow = _mask([_ellipse(under, (17 * unit, 3 * unit))], size, blur=3.0 * unit)
    _blend(canvas, _times(look.skin, 0.72), 0.5 * shadow)


def _nostrils(canvas: FloatArray, look: Look, points: FloatArray, unit: float) -> None:
    size = (canvas.shape[1], canvas.shape[0])
    dark = _times(look.skin, 0.30)
    for ala in (98, 327):
        place = 0.55 * points[ala] + 0.45 * points[2]
        hole = _mask([_ellipse(place, (5.5 * unit, 2.6 * unit))], size, blur=1.0 * unit)
        _blend(canvas, dark, 0.75 * hole)
        wing = points[ala] + np.array([np.sign(points[ala, 0] - points[2, 0]) * 3, -4]) * unit
        fold = _mask([_ellipse(wing, (1.6 * unit, 7 * unit))], size, blur=1.8 * unit)
        _blend(canvas, _times(look.skin, 0.66), 0.45 * fold)


def _lid(canvas: FloatArray, look: Look, upper: FloatArray, lower: FloatArray, unit: float) -> None:
    """Socket shadow, lid crease and lashes; the eye itself is drawn in every frame."""
    size = (canvas.shape[1], canvas.shape[0])
    middle = (upper.mean(0) + lower.mean(0)) / 2
    socket = _ellipse(middle - np.array([0, 5 * unit]), (24 * unit, 13 * unit))
    _blend(canvas, _times(look.skin, 0.66), 0.32 * _mask([socket], size, blur=5 * unit))
    for line, lift, thick, tint, weight in (
        (upper, 4.5, 1.0, 0.45, 0.7),
        (lower, -4.0, 0.8, 0.62, 0.35),
    ):
        crease = line - np.array([0, lift * unit])
        drawn = np.zeros((size[1], size[0]), np.uint8)
        path = [np.round(crease * 16).astype(np.int32)]
        cv2.polylines(drawn, path, False, 255, max(1, round(thick * unit)), cv2.LINE_AA, 4)
        soft = cv2.GaussianBlur(drawn.astype(np.float64) / 255.0, (0, 0), 0.7 * unit)
        _blend(canvas, _times(look.skin, tint), weight * soft)
