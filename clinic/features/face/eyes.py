"""Eye opening, blinks and gaze from an aligned face mesh."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Per eye (left in the picture, right in the picture): outer corner, inner corner, two pairs of
#: upper and lower lid points, centre of the iris.
_CORNERS = ((33, 133), (263, 362))
_LIDS = (((160, 144), (158, 153)), ((387, 373), (385, 380)))
_IRIS_CENTRES = (468, 473)

#: Distance from the eye's centre of rotation to the iris plane, relative to the distance of
#: the eye corners: 10 mm to 30 mm in adults (Bekerman et al. 2014, doi:10.1155/2014/503645;
#: palpebral fissure: Farkas 1994).
_EYE_RADIUS_SHARE = 1.0 / 3.0


@dataclass(frozen=True, kw_only=True)
class EyeMeasures:
    """Settings of blink counting and of looking away.

    Args:
        closing_share: An eye is closed once its opening falls below this share of the person's
            own usual opening.
        reopening_share: It is open again above this share; the gap between the two keeps
            tracking noise from counting as blinks.
        longest_blink_s: A longer closure is no blink.
        min_blink_rate_hz: Below this sampling rate blinks are not counted: most would fall
            between two frames.
        away_deg: Looking away is a line of sight (head and eyes together) farther than this from
            the person's own usual line of sight.
    """

    closing_share: float
    reopening_share: float
    longest_blink_s: float
    min_blink_rate_hz: float
    away_deg: float

    def __post_init__(self) -> None:
        if not 0 < self.closing_share < self.reopening_share < 1:
            raise ValueError(
                f"closing_share {self.closing_share}, reopening_share {self.reopening_share}: "
                "0 < closing < reopening < 1 needed"
            )

    def blinks(
        self, time_s: NDArray[np.float64], opening: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Find blinks by hysteresis.

        Args:
            time_s: Shape (n,), rising.
            opening: Shape (n,), NaN where not observed; a gap ends a closure without a blink.

        Returns:
            Whether a blink starts in each frame, and whether the eyes are closed in it.
        """
        starts = np.zeros(len(opening), dtype=bool)
        closed = np.zeros(len(opening), dtype=bool)
        if not np.isfinite(opening).any():
            return starts, closed
        usual = float(np.nanmedian(opening))
        low, high = self.closing_share * usual, self.reopening_share * usual
        start: int | None = None
        seen_open = False
        for index, value in enumerate(opening):
            if np.isnan(value):
                start, seen_open = None, False
            elif start is None:
                # A closure that was under way when the face appeared has no known beginning.
                if value < low and seen_open:
                    start = index
                seen_open = seen_open or value > high
                closed[index] = value < low
            elif value > high:
                starts[start] = time_s[index] - time_s[start] <= self.longest_blink_s
                start = None
            else:
                closed[index] = True
        return starts, closed

    def away(
        self, head_deg: NDArray[np.float64], gaze_deg: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return 1 where the person looks away from the usual line of sight, 0 elsewhere.

        Args:
            head_deg: Shape (n, 2), pitch and yaw of the head.
            gaze_deg: Shape (n, 2), pitch and yaw of the eyes in the head.

        Returns:
            Shape (n,); NaN where the gaze was not observed.
        """
        line = head_deg + gaze_deg
        seen = np.isfinite(line).all(axis=1)
        result = np.full(len(line), np.nan)
        if seen.any():
            usual = np.median(line[seen], axis=0)
            result[seen] = np.linalg.norm(line[seen] - usual, axis=1) > self.away_deg
        return result


def eye_opening(aligned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lid distance over corner distance, mean of both eyes, shape (n,).

    Args:
        aligned: Shape (n, 478, 3), head straight; depth is left out because it is noisy.

    Source:
        Eye aspect ratio, Soukupová and Čech (2016), Computer Vision Winter Workshop.
    """
    flat = aligned[:, :, :2]
    ratios = []
    for (outer, inner), lids in zip(_CORNERS, _LIDS, strict=True):
        width = np.linalg.norm(flat[:, outer] - flat[:, inner], axis=1)
        height = sum(np.linalg.norm(flat[:, up] - flat[:, down], axis=1) for up, down in lids)
        ratios.append(height / (2.0 * width))
    return np.asarray(np.mean(ratios, axis=0), dtype=np.float64)


def gaze_angles_deg(
    aligned: NDArray[np.float64], *, neutral: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return pitch and yaw of the eyes in the head, shape (n, 2), mean of both eyes.

    The iris centre's distance from where it rests between the eye corners, taken as the sine of
    a turn about the eye's centre. Approximate: that resting place differs from person to
    person by some degrees, so compare a person with themselves. Signs as for the head:
    pitch positive is down, yaw positive is towards the left edge of the picture.

    Args:
        aligned: Shape (n, 478, 3), head straight.
        neutral: Shape (478, 3), a face looking straight ahead.
    """
    places = _iris_places(aligned) - _iris_places(neutral[None])
    return np.degrees(np.arcsin(np.clip(places / _EYE_RADIUS_SHARE, -1.0, 1.0)))


def _iris_places(aligned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Iris centre (down, left) from the middle of the eye corners, in eye widths, shape (n, 2)."""
    places = []
    for (outer, inner), centre in zip(_CORNERS, _IRIS_CENTRES, strict=True):
        axis = aligned[:, inner, :2] - aligned[:, outer, :2]
        width = np.linalg.norm(axis, axis=1)
        # Both axes point to the right in the picture, whichever eye it is.
        axis = axis * (np.sign(axis[:, 0]) / width)[:, None]
        offset = aligned[:, centre, :2] - (aligned[:, inner, :2] + aligned[:, outer, :2]) / 2
        right = (offset * axis).sum(axis=1)
        up = offset[:, 1] * axis[:, 0] - offset[:, 0] * axis[:, 1]
        places.append(np.stack([-up, -right], axis=1) / width[:, None])
    return np.asarray(np.mean(places, axis=0), dtype=np.float64)
