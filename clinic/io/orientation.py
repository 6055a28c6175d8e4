"""Turning pictures upright by the display matrix that cameras store beside them."""

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Orientation:
    """What to do with a stored picture: first mirror left-right, then turn by quarters.

    Args:
        quarter_turns: Counter-clockwise turns by 90 degrees, 0 to 3.
    """

    mirrored: bool = False
    quarter_turns: int = 0

    @property
    def swaps_sides(self) -> bool:
        """True where width and height change places."""
        return self.quarter_turns % 2 == 1


UPRIGHT = Orientation()


def apply(orientation: Orientation, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the upright picture, contiguous, shape (height, width, 3)."""
    if orientation.mirrored:
        image = image[:, ::-1]
    return np.ascontiguousarray(np.rot90(image, orientation.quarter_turns))


def orientation_of(frame: Any) -> Orientation:
    """Read the orientation off a decoded frame, to the nearest quarter turn.

    The matrix maps stored to shown coordinates: x' = a x + c y, y' = b x + d y, with y
    pointing down (ISO/IEC 14496-12, 8.3.2; libavutil/display.h).
    """
    data = frame.side_data.get("DISPLAYMATRIX") if frame.side_data else None
    if data is None:
        return Orientation(quarter_turns=round(frame.rotation / 90) % 4)
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data)[:36])
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b  # the rotation that is left after mirroring x first
    # Where x goes up the screen (b < 0), the picture turns counter-clockwise.
    turns = round(math.degrees(math.atan2(-b, a)) / 90) % 4
    return Orientation(mirrored=mirrored, quarter_turns=turns)
