"""Put measures whose share was never split back together, so that none is told as its own."""

import math
from collections.abc import Sequence

from clinic.records import Contribution

#: Equal shares of one branch differ by rounding alone.
DECIMALS = 9


def told_apart(contributions: Sequence[Contribution]) -> tuple[Contribution, ...]:
    """Return contributions in order, those of one modality with equal shares as one.

    Where the evaluations ran out, a branch's share was divided equally: the parts say nothing
    about their measures, their sum does about all of them. Zeros stay as they are.

    Example:
        >>> from clinic.records import Modality
        >>> one, two = (Contribution(modality=Modality.VOICE, group="pausing", feature=name,
        ...     meaning=name, value=0.25) for name in ("pause_share", "pause_rate"))
        >>> [(c.meaning, c.value) for c in told_apart([one, two])]
        [('pausing, 2 measures together', 0.5)]
    """
    alike: dict[tuple[str, float], list[Contribution]] = {}
    for item in contributions:
        alike.setdefault((item.modality, round(item.value, DECIMALS)), []).append(item)
    kept = []
    for item in contributions:
        members = alike[(item.modality, round(item.value, DECIMALS))]
        if len(members) == 1 or round(item.value, DECIMALS) == 0:
            kept.append(item)
        elif item is members[0]:
            kept.append(_joined(members))
    return tuple(kept)


def _joined(members: Sequence[Contribution]) -> Contribution:
    first = members[0]
    groups = list(dict.fromkeys(item.group for item in members))
    group = groups[0] if len(groups) == 1 else f"{len(groups)} kinds"
    return Contribution(
        modality=first.modality,
        group=group,
        feature=f"{first.feature} and {len(members) - 1} more",
        meaning=f"{group}, {len(members)} measures together",
        value=math.fsum(item.value for item in members),
    )
