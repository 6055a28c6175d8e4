"""Render frames of a simulated face: a textured mesh moved by AUs, gaze and head pose."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinic.simulate.face_mesh import (
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    LEFT_IRIS,
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    N_POINTS,
    OVAL,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    RIGHT_IRIS,
    FaceModel,
    keep_lids_and_lips_apart,
    rotation,
)
from clinic.simulate.face_paint import Look, paint

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Image = NDArray[np.uint8]

#: Share of the picture's height that the face (brow to chin: about 200 units) takes.
FACE_SHARE = 0.52
#: Distance of the camera in mesh units (about millimetres): a webcam on a desk.
CAMERA_DISTANCE = 900.0
#: The head turns about a point behind the face.
PIVOT_Z = -70.0
#: The map is computed at every second pixel and interpolated: triangles are affine inside.
MAP_STEP = 2


#: Eyeball and iris of an adult in mm.
EYEBALL_RADIUS = 12.0
IRIS_RADIUS = 5.9


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Head pose and gaze of one frame: degrees; shifts in mesh units (about mm)."""

    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    gaze_down_deg: float = 0.0
    gaze_side_deg: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0


class FaceRenderer:
    """Draw frames of one face.

    Args:
        model: Mesh and AU displacements.
        look: Appearance.
        width_px, height_px: Size of the frames.
        gain: What AU intensity 1 is multiplied with before it moves the mesh.
        texture_scale: Texture pixels per frame pixel.
    """

    def __init__(
        self,
        model: FaceModel,
        look: Look,
        *,
        width_px: int,
        height_px: int,
        gain: float,
        texture_scale: float = 1.5,
    ) -> None:
        self._look = look
        self._size = (width_px, height_px)
        self._displacement = gain * model.displacement.reshape(len(model.displacement), -1)
        self._neutral = look.shape.apply(model.neutral)
        oval = self._neutral[list(OVAL)]
        self._centre = np.array(
            [oval[:, 0].mean(), (oval[:, 1].max() + oval[:, 1].min()) / 2, PIVOT_Z]
        )
        self._px_per_unit = FACE_SHARE * height_px / 200.0
        frontal = self.project(self._neutral, Pose())
        self._ring = self._surround()
        rest = self._rest(Pose())
        reference = np.concatenate([frontal, rest])
        self._triangles = self._tessellate(model.triangles, reference)
        self._n_outside = len(self._triangles) - len(model.triangles)
        self._source = (reference[self._triangles] * texture_scale).astype(np.float32)
        texture_size = (round(width_px * texture_scale), round(height_px * texture_scale))
        unit = self._px_per_unit * texture_scale
        depth = self._neutral[:, 2] * unit
        self._texture = paint(look, frontal * texture_scale, depth, texture_size)
        self._grid = (-(-width_px // MAP_STEP), -(-height_px // MAP_STEP))
        self._columns, self._rows = np.meshgrid(
            *(np.arange(n, dtype=np.float32) * MAP_STEP + (MAP_STEP - 1) / 2 for n in self._grid)
        )

    def points(self, intensities: FloatArray) -> FloatArray:
        """Return the mesh, shape (478, 3), for AU intensities of shape (20,)."""
        moved = self._neutral + (intensities @ self._displacement).reshape(N_POINTS, 3)
        return keep_lids_and_lips_apart(moved)

    def project(self, points: FloatArray, pose: Pose) -> FloatArray:
        """Return frame pixels, shape (n, 2), y down, of mesh points under a pose."""
        turned = (points - self._centre) @ rotation(pose.pitch_deg, pose.yaw_deg, pose.roll_deg).T
        turned = turned + np.array([pose.shift_x, pose.shift_y, 0.0])
        scale = self._px_per_unit * CAMERA_DISTANCE / (CAMERA_DISTANCE - turned[:, 2] - PIVOT_Z)
        x = self._size[0] / 2 + turned[:, 0] * scale
        y = self._size[1] * 0.47 - turned[:, 1] * scale
        return np.stack([x, y], axis=1)

    def frame(self, intensities: FloatArray, pose: Pose) -> Image:
        """Draw one frame, shape (height, width, 3), uint8, RGB."""
        mesh = self.points(intensities)
        face = self.project(mesh, pose)
        rest = self._rest(pose)
        picture = self._warp(np.concatenate([face, rest]), mesh[:, 2])
        self._draw_mouth(picture, face)
        for upper, lower, iris in (
            (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_IRIS),
            (LEFT_EYE_UPPER, LEFT_EYE_LOWER, LEFT_IRIS),
        ):
            self._draw_eye(picture, face[list(upper)], face[list(lower)], face[list(iris)], pose)
        return picture

    def _surround(self) -> FloatArray:
        """Points of hair, ears and neck that turn with the head, shape (36, 3)."""
        oval = self._neutral[list(OVAL)]
        out = self._centre + (oval - self._centre) * np.array([1.22, 1.28, 1.0])
        out[:, 2] = oval[:, 2] - 25.0
        return np.asarray(out)

    def _rest(self, pose: Pose) -> FloatArray:
        """Pixels of all that is not face: hair turns along, its surroundings follow, edges stay."""
        hair = self.project(self._ring, pose)
        still = self.project(self._ring, Pose())
        middle = still.mean(0)
        outer = middle + (still - middle) * 1.3 + 0.45 * (hair - still)
        width, height = self._size
        steps = np.linspace(-0.05, 1.05, 6)
        edge = np.array(
            [(x, y) for x in steps for y in (-0.05, 1.05)]
            + [(x, y) for y in steps[1:-1] for x in (-0.05, 1.05)]
        )
        return np.concatenate([hair, outer, edge * np.array([width, height])])

    def _tessellate(self, inner: IntArray, reference: FloatArray) -> IntArray:
        """Triangles of the surroundings first, those of the face after them."""
        from scipy.spatial import Delaunay

        outside = np.array([*OVAL, *range(N_POINTS, len(reference))])
        found = outside[Delaunay(reference[outside]).simplices]
        oval = reference[list(OVAL)].astype(np.float32)
        keep = [
            cv2.pointPolygonTest(oval, tuple(map(float, reference[t].mean(0))), False) < 0
            for t in found
        ]
        return np.concatenate([found[np.array(keep)], inner])

    def _warp(self, points: FloatArray, depth: FloatArray) -> Image:
        """Move the texture with the mesh: far triangles first, near ones over them."""
        corners = points[self._triangles].astype(np.float32)
        face = self._triangles[self._n_outside :]
        order = np.argsort(depth[face].mean(1)) + self._n_outside
        fixed = np.round((corners - (MAP_STEP - 1) / 2) / MAP_STEP * 16).astype(np.int32)
        ids = np.zeros((self._grid[1], self._grid[0]), np.int32)
        for index in range(self._n_outside):
            cv2.fillConvexPoly(ids, fixed[index], index, 8, 4)
        for index in order.tolist():
            cv2.fillConvexPoly(ids, fixed[index], index, 8, 4)
        first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        # A lid that is shut leaves triangles without area; their texture is not seen.
        area = np.where(np.abs(area) < 1e-3, 1e-3, area)
        along = self._source[:, 1] - self._source[:, 0]
        across = self._source[:, 2] - self._source[:, 0]
        by_x = (along * second[:, 1:] - across * first[:, 1:]) / area[:, None]
        by_y = (across * first[:, :1] - along * second[:, :1]) / area[:, None]
        start = self._source[:, 0] - by_x * corners[:, 0, :1] - by_y * corners[:, 0, 1:]
        maps = []
        for axis in (0, 1):
            coarse = start[ids, axis] + by_x[ids, axis] * self._columns
            coarse += by_y[ids, axis] * self._rows
            maps.append(cv2.resize(coarse, self._size, interpolation=cv2.INTER_LINEAR))
        return np.asarray(
            cv2.remap(
                self._texture, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        )

    def _draw_mouth(self, picture: Image, face: FloatArray) -> None:
        """Fill the open mouth: dark, with the edge of the upper teeth."""
        upper, lower = face[list(LIPS_INNER_UPPER)], face[list(LIPS_INNER_LOWER)]
        opening = float((lower[:, 1] - upper[:, 1]).max()) / self._px_per_unit
        if opening < 0.5:
            return
        hole = np.concatenate([upper, lower[::-1]])
        dark = tuple(0.18 * c for c in self._look.lips)
        cv2.fillPoly(picture, [_fixed(hole)], dark, cv2.LINE_AA, 4)
        if opening > 3.0:
            reach = np.minimum(0.45 * (lower - upper), 5.0 * self._px_per_unit)
            teeth = np.concatenate([upper[2:-2], (upper + reach)[2:-2][::-1]])
            cv2.fillPoly(picture, [_fixed(teeth)], (222, 214, 200), cv2.LINE_AA, 4)

    def _draw_eye(
        self, picture: Image, upper: FloatArray, lower: FloatArray, iris: FloatArray, pose: Pose
    ) -> None:
        """Draw white, iris and pupil inside the lids, then the lashes over them."""
        unit = self._px_per_unit
        contour = np.concatenate([upper, lower[::-1]])
        low = np.floor(contour.min(0) - 2).astype(int)
        high = np.ceil(contour.max(0) + 3).astype(int)
        low, high = np.maximum(low, 0), np.minimum(high, self._size)
        if (high <= low).any():
            return
        part = picture[low[1] : high[1], low[0] : high[0]]
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillPoly(mask, [_fixed(contour - low)], 255, cv2.LINE_AA, 4)
        eye = np.empty_like(part)
        eye[:] = (212, 204, 198)
        radius = EYEBALL_RADIUS * unit
        centre = self._eye_centre(upper, iris) - low
        centre = centre + radius * np.sin(np.radians([pose.gaze_side_deg, pose.gaze_down_deg]))
        spot = tuple(_fixed(centre).tolist())
        rim = tuple(0.45 * c for c in self._look.iris)
        for share, colour in ((1.0, rim), (0.86, self._look.iris), (0.42, (18.0, 16.0, 16.0))):
            size = round(IRIS_RADIUS * unit * share * 16)
            cv2.circle(eye, spot, size, colour, -1, cv2.LINE_AA, 4)
        glint = tuple(_fixed(centre + np.array([-1.6, -1.8]) * unit).tolist())
        cv2.circle(eye, glint, round(1.1 * unit * 16), (250, 250, 250), -1, cv2.LINE_AA, 4)
        weight = mask[:, :, None].astype(np.float32) / 255.0
        part[:] = (part + weight * (eye.astype(np.float32) - part)).astype(np.uint8)
        lash = tuple(0.22 * c for c in self._look.skin)
        thick = max(1, round(1.7 * unit))
        cv2.polylines(picture, [_fixed(upper)], False, lash, thick, cv2.LINE_AA, 4)
        faint = tuple(0.55 * c for c in self._look.skin)
        cv2.polylines(picture, [_fixed(lower)], False, faint, 1, cv2.LINE_AA, 4)

    def _eye_centre(self, upper: FloatArray, iris: FloatArray) -> FloatArray:
        """Middle of the eyeball: between the corners, where no lid moves it."""
        corners = (upper[0] + upper[-1]) / 2
        return np.array([iris[0, 0], corners[1] - 0.8 * self._px_per_unit])


def _fixed(points: FloatArray) -> NDArray[np.int32]:
    """Pixels as OpenCV's fixed-point integers with four fractional bits."""
    return np.asarray(np.round(points * 16).astype(np.int32))
