"""Words and numbers shared by all layers: clock times, decibels, small numeric helpers."""

import math

SECONDS_PER_MINUTE = 60


def clock(time_s: float) -> str:
    """Return a time as ``m:ss.t``, the way a player shows it.

    Example:
        >>> clock(83.24)
        '1:23.2'
    """
    tenths = round(time_s * 10)
    minutes, rest = divmod(tenths, SECONDS_PER_MINUTE * 10)
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


def dbfs(amplitude: float) -> float:
    """Return an amplitude relative to full scale (1.0) in dB; silence is ``-inf``.

    Example:
        >>> round(dbfs(0.5), 2)
        -6.02
    """
    return 20.0 * math.log10(amplitude) if amplitude > 0 else -math.inf
