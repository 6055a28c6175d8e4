"""What action-unit intensities are measured from: the average face, or the person's own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.face.solver import ActionUnitSolver

REFERENCES = ("population", "person")


@dataclass(frozen=True, kw_only=True)
class RestingFace:
    """The face at rest that intensities are measured from.

    A single camera cannot tell a low brow from a lowered brow. ``person`` looks for the one
    resting face from which all frames of the recording are reached best by intensities that are
    never negative, and so removes what the shape of the face adds. It also removes an
    expression that is never let go.

    Args:
        reference: ``population`` (neutral of the mesh model) or ``person``.
        min_observed_s: With less time in view, the population's neutral is used, and a note
            says so.
        n_frames: At most this many frames, evenly spaced, are looked at.
        n_rounds: At most this many rounds.
        tolerance_mm2: Largest change of the resting face's moments in the last round.
    """

    reference: str
    min_observed_s: float
    n_frames: int = 1000
    n_rounds: int = 300
    tolerance_mm2: float = 1e-3

    def __post_init__(self) -> None:
        if self.reference not in REFERENCES:
            raise SetupError(
                f"reference {self.reference!r}, {' or '.join(REFERENCES)} needed (resting_face)"
            )

    def moments(
        self, moments: NDArray[np.float64], *, observed_s: float, solver: ActionUnitSolver
    ) -> tuple[NDArray[np.float64] | None, tuple[str, ...]]:
        """Return the moments of the resting face, or None for the population's neutral.

        Minimises, over the resting face and all intensities at once, what the solver minimises
        for one frame; by turns, which ends at the minimum because the sum is convex. Per action
        unit, rest comes out as a low expectile: near the lowest values of an action unit
        that moves the mesh much, nearer to the mean of one that hardly shows.

        Args:
            moments: Shape (n, 20), of the frames with a usable face.
            observed_s: Time that the frames stand for.

        Returns:
            Shape (20,) or None, and notes.
        """
        if self.reference == "population" or not len(moments):
            return None, ()
        if observed_s < self.min_observed_s:
            return None, (
                f"{observed_s:.0f} s of usable face, {self.min_observed_s:.0f} s needed for "
                "the person's own resting face (min_observed_s): action units are measured from "
                "an average face, and the shape of this face adds to them",
            )
        chosen = np.linspace(0, len(moments) - 1, min(len(moments), self.n_frames))
        sample = moments[np.round(chosen).astype(int)]
        resting = np.median(sample, axis=0)
        intensities = None
        for _ in range(self.n_rounds):
            intensities = solver.solve(sample - resting, start=intensities)
            before = resting
            resting = (sample - solver.explained(intensities)).mean(axis=0)
            if np.abs(resting - before).max() <= self.tolerance_mm2:
                break
        return resting, ()
