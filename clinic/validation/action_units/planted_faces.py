"""Painted faces whose action units are known in every frame, seen through the face tracker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from clinic.features.face import FaceMeshTracker
from clinic.records import Frame
from clinic.simulate.appearance import draw_look
from clinic.simulate.face_mesh import AU_NAMES, load_face_model
from clinic.simulate.face_render import FaceRenderer, Pose
from clinic.simulate.people import Population, draw_participant, stream

Values = NDArray[np.float64]

_AU = {name: place for place, name in enumerate(AU_NAMES)}

#: Mixtures at full strength: prototypes of EMFACS (Friesen & Ekman 1983; Ekman, Friesen &
#: Hager 2002), frowns and smiles without the rest, and nothing.
EXPRESSIONS: tuple[dict[str, float], ...] = (
    {"AU06": 0.7, "AU12": 1.0},
    {"AU12": 0.6},
    {"AU12": 0.6, "AU14": 0.6},
    {"AU01": 0.6, "AU04": 0.8, "AU15": 0.8, "AU17": 0.4},
    {"AU01": 0.8, "AU02": 0.8, "AU05": 0.7, "AU26": 0.7},
    {"AU01": 0.8, "AU02": 0.6, "AU04": 0.6, "AU05": 0.6, "AU20": 0.6},
    {"AU04": 0.8, "AU05": 0.5, "AU07": 0.7, "AU23": 0.6},
    {"AU04": 0.8, "AU07": 0.8},
    {"AU09": 0.9, "AU10": 0.5, "AU17": 0.4},
    {"AU17": 0.6, "AU24": 0.8},
    {},
)
#: Standard deviations of a mild head motion (pitch, yaw, roll) and gaze, and how long it wanders.
HEAD_SD_DEG, GAZE_SD_DEG, SWAY_SD_MM = (2.2, 3.2, 1.6), (2.0, 3.0), 2.5
HEAD_S, GAZE_S, SWAY_S = 0.7, 0.3, 1.2
#: Closing of the lids in a blink of 0.3 s, at 10 frames a second.
BLINK = (0.6, 1.0, 0.4)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlantedFace:
    """One person's frames.

    Args:
        person: Number of the look.
        planted: Shape (n, 20), intensities in the order of ``AU_NAMES``.
        n_single: So many frames show one action unit at a time; the others show mixtures.
        meshes_px: Shape (n, 478, 3), as the tracker gives them; NaN where it found no face.
    """

    person: int
    planted: Values
    n_single: int
    meshes_px: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class PlantedFaces:
    """Draw people, move their faces, paint them, and follow them with the tracker.

    Args:
        population: Whom looks are drawn from.
        tracker: As the face component uses it; its rate is the rate of the frames.
        levels: Intensities at which every action unit is shown alone.
        au_gain: What intensity 1 is multiplied with before it moves the mesh: 1 is the mesh
            model's own effect.
        side_px: Width and height of the pictures.
        held_s, rest_s: Length of one showing, and of the neutral face before it.
        mixed_s: Length of the part with mixtures, a talking mouth and blinks.
    """

    population: Population
    tracker: FaceMeshTracker
    levels: Sequence[float]
    au_gain: float
    side_px: int
    held_s: float
    rest_s: float
    mixed_s: float

    def face(self, person: int, *, seed: int) -> PlantedFace:
        """Return one person's frames; the same numbers give the same face."""
        random = stream(seed, person, "planted")
        single = self._one_at_a_time(random)
        planted = np.concatenate([single, self._mixed(random)])
        poses = self._poses(len(planted), random)
        look = draw_look(draw_participant(person, seed=seed, population=self.population), seed)
        painter = FaceRenderer(
            load_face_model(),
            look,
            width_px=self.side_px,
            height_px=self.side_px,
            gain=self.au_gain,
        )
        video = _Painted(painter=painter, planted=planted, poses=poses, side_px=self.side_px)
        meshes = [chunk.landmarks_px for chunk in self.tracker.chunks(video)]
        return PlantedFace(
            person=person,
            planted=planted,
            n_single=len(single),
            meshes_px=np.concatenate(meshes),
        )

    def _frames(self, seconds: float) -> int:
        return max(1, round(seconds * self.tracker.rate_hz))

    def _one_at_a_time(self, random: np.random.Generator) -> Values:
        """Every action unit at every level, in a drawn order, with rest before each."""
        rest, held = self._frames(self.rest_s), self._frames(self.held_s)
        course = np.ones(held)
        course[: min(2, held)] = (0.4, 0.85)[: min(2, held)]
        course[-1] = 0.5
        parts = []
        for unit in random.permutation(len(AU_NAMES)):
            for level in random.permutation(np.array(self.levels)):
                part = np.zeros((rest + held, len(AU_NAMES)))
                part[rest:, unit] = level * course
                parts.append(part)
        return np.concatenate(parts)

    def _mixed(self, random: np.random.Generator) -> Values:
        """Expressions at drawn strengths, single units, talk and blinks, on top of each other."""
        n = self._frames(self.mixed_s)
        planted = np.zeros((n, len(AU_NAMES)))
        start = 0
        while start < n:
            start += int(random.integers(*self._span(0.5, 1.5)))
            end = start + int(random.integers(*self._span(1.0, 2.8)))
            strength = random.uniform(0.4, 1.0)
            chosen = EXPRESSIONS[int(random.integers(len(EXPRESSIONS)))]
            for name, weight in chosen.items():
                planted[start:end, _AU[name]] = weight * strength * random.uniform(0.7, 1.2)
            start = end
        for start in random.integers(0, n, size=max(1, n // 40)):
            part = planted[start : start + self._frames(1.2), int(random.integers(20))]
            np.maximum(part, random.uniform(0.3, 0.9), out=part)
        planted = np.asarray(gaussian_filter1d(planted, 0.12 * self.tracker.rate_hz, axis=0))
        talking = _wander(n, self._frames(1.5), random) > 0
        loud = np.clip(0.3 + 0.65 * _wander(n, self._frames(0.1), random), 0, 1) * talking
        planted[:, _AU["AU26"]] += 0.65 * loud
        planted[:, _AU["AU25"]] += 0.55 * loud
        blink = np.interp(np.arange(self._frames(0.3)) * 10 / self.tracker.rate_hz, range(3), BLINK)
        start = int(random.integers(*self._span(1.5, 6.0)))
        while start + len(blink) <= n:
            part = planted[start : start + len(blink), _AU["AU43"]]
            np.maximum(part, blink, out=part)
            start += int(random.integers(*self._span(1.5, 6.0)))
        return np.clip(planted, 0.0, 1.3)

    def _span(self, low_s: float, high_s: float) -> tuple[int, int]:
        return self._frames(low_s), self._frames(high_s) + 1

    def _poses(self, n: int, random: np.random.Generator) -> list[Pose]:
        head = [sd * _wander(n, self._frames(HEAD_S), random) for sd in HEAD_SD_DEG]
        gaze = [sd * _wander(n, self._frames(GAZE_S), random) for sd in GAZE_SD_DEG]
        sway = [SWAY_SD_MM * _wander(n, self._frames(SWAY_S), random) for _ in range(2)]
        names = (
            *("pitch_deg", "yaw_deg", "roll_deg", "gaze_down_deg", "gaze_side_deg"),
            *("shift_x", "shift_y"),
        )
        rows = np.stack([*head, *gaze, *sway], axis=1).tolist()
        return [Pose(**dict(zip(names, row, strict=True))) for row in rows]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Painted:
    """Frames painted when they are asked for, as a video track."""

    painter: FaceRenderer
    planted: Values
    poses: list[Pose]
    side_px: int
    start_s: float = 0.0

    @property
    def frame_rate_hz(self) -> float:
        return 10.0

    @property
    def duration_s(self) -> float:
        return len(self.planted) / self.frame_rate_hz

    @property
    def width_px(self) -> int:
        return self.side_px

    @property
    def height_px(self) -> int:
        return self.side_px

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        """Yield one frame per row of what is planted."""
        del max_side_px
        for index, (row, pose) in enumerate(zip(self.planted, self.poses, strict=True)):
            yield Frame(time_s=index / rate_hz, image=self.painter.frame(row, pose))


def _wander(n: int, width: int, random: np.random.Generator) -> Values:
    """Smooth noise of unit variance."""
    pad = 4 * width
    course = np.asarray(gaussian_filter1d(random.normal(size=n + 2 * pad), width))[pad : pad + n]
    return np.asarray(course / course.std()) if n > 1 else course
