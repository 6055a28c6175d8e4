"""What action-unit intensities are measured from: the average face, or the person's own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

REFERENCES = ("population", "person")

#: 10: fewer frames are no basis for a median.
_LEAST_FRAMES = 10


@dataclass(frozen=True, kw_only=True)
class RestingFace:
    """The face at rest that intensities are measured from.

    A single camera cannot tell a low brow from a lowered brow. ``person`` takes the frames in
    which the face moved least away from neutral as the person's own resting face, and so removes
    what the shape of the face adds; it also removes an expression that is never let go.

    Args:
        reference: ``population`` (neutral of the mesh model) or ``person``.
        quiet_share: Share of the frames, the quietest, that stand for rest.
        min_observed_s: With less time in view, the population's neutral is used, and a note
            says so.
    """

    reference: str
    quiet_share: float
    min_observed_s: float

    def __post_init__(self) -> None:
        if self.reference not in REFERENCES:
            raise SetupError(
                f"reference {self.reference!r}, {' or '.join(REFERENCES)} needed (resting_face)"
            )

    def moments(
        self, moments: NDArray[np.float64], absolute: NDArray[np.float64], *, observed_s: float
    ) -> tuple[NDArray[np.float64] | None, tuple[str, ...]]:
        """Return the moments of the resting face, or None for the population's neutral.

        Args:
            moments: Shape (n, 20), of the frames with a usable face.
            absolute: Shape (n, 20), intensities measured from the population's neutral.
            observed_s: Time that the frames stand for.

        Returns:
            Shape (20,) or None, and notes.
        """
        if self.reference == "population" or not len(moments):
            return None, ()
        n_quiet = round(self.quiet_share * len(moments))
        if observed_s < self.min_observed_s or n_quiet < _LEAST_FRAMES:
            return None, (
                f"{observed_s:.0f} s of usable face, {self.min_observed_s:.0f} s needed for "
                "the person's own resting face (min_observed_s): action units are measured from "
                "an average face, and the shape of this face adds to them",
            )
        quiet = np.argsort(absolute.sum(axis=1), kind="stable")[:n_quiet]
        return np.median(moments[quiet], axis=0), ()
