"""Interviews by formula in which some utterances show the facial apex early or late."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import OutOfStep
from clinic.validation.timing.courses import FACE_HZ, Courses

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PlantedSteps:
    """Draws one emphasis an utterance, with a facial apex after the person's usual delay.

    Args:
        usual_s, spread_s: Mean and standard deviation of the usual delay.
        odd_share: Share of utterances whose apex is ``odd_s`` earlier or later than usual.
        height_sd: Height of emphasis and apex over the courses they stand on.
        width_s: Standard deviation of their bell shape.
        duration_s: Length of an interview.
    """

    usual_s: float
    spread_s: float
    odd_share: float
    odd_s: tuple[float, float]
    height_sd: float
    width_s: float
    duration_s: float

    def measured(
        self, random: np.random.Generator, courses: Courses, signal: OutOfStep, *, related: bool
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the signal of every utterance, and which were planted as odd.

        Args:
            related: False puts every apex anywhere within reach: nothing is usual.
        """
        n = round(self.duration_s * FACE_HZ)
        segments = courses.segments(random, self.duration_s)
        bounds = np.array([(s.start_s, s.end_s) for s in segments])
        emphasis_s = random.uniform(bounds[:, 0] + 0.3, bounds[:, 1] - 0.3)
        odd = random.uniform(size=len(segments)) < self.odd_share
        delay_s = random.normal(self.usual_s, self.spread_s, size=len(segments))
        side = random.choice([-1.0, 1.0], size=len(segments))
        delay_s += odd * side * random.uniform(*self.odd_s, size=len(segments))
        if not related:
            delay_s = random.uniform(-signal.reach_s, signal.reach_s, size=len(segments))
        voice, face = (
            courses.course(random, n) + self.height_sd * self._bells(at_s, n)
            for at_s in (emphasis_s, emphasis_s + delay_s)
        )
        extractions = [
            courses.voice(random, voice, segments, signal.tracks),
            courses.face(face, signal.tracks, segments),
        ]
        return signal.values(segments, extractions)[:, 0], odd

    def _bells(self, at_s: Floats, n: int) -> Floats:
        time_s = (np.arange(n) + 0.5) / FACE_HZ
        course = np.zeros(n)
        for moment in at_s:
            first, last = (
                np.clip(round((moment + side * 4 * self.width_s) * FACE_HZ), 0, n)
                for side in (-1, 1)
            )
            part = slice(int(first), int(last))
            course[part] += np.exp(-0.5 * np.square((time_s[part] - moment) / self.width_s))
        return course
