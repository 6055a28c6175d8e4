"""How surprising each disagreement is for this person, in bits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures import Measure
from clinic.inconsistency.moments.chance import chance_shares
from clinic.inconsistency.readings import segment_table
from clinic.records import RARITY, FeatureSpec, FeatureTable, Segment, Stamp

Floats = NDArray[np.float64]


def surprise_table(
    segments: Sequence[Segment],
    measures: Sequence[Measure],
    scores: Mapping[str, Floats],
    stamp: Stamp,
    *,
    rarity: Floats | None,
) -> FeatureTable | None:
    """Return -log2 of the share of shuffled pairings at least as strong, per segment and measure.

    Signed differences are left out: either end of them surprises, which their size says.

    Args:
        rarity: Shape (n_segments,), bits, by which moments are ranked; the last column.
    """
    ranked = [m for m in measures if m.spec().minimum >= 0]
    if not ranked:
        return None
    # + 0.0: a share of 1 is 0 bits, not -0.
    bits = [-np.log2(chance_shares(measure, scores)) + 0.0 for measure in ranked]
    specs = tuple(_spec(measure.spec()) for measure in ranked)
    if rarity is not None:
        bits, specs = [*bits, rarity], (*specs, _RARITY_SPEC)
    return segment_table("surprise", segments, specs, bits, stamp)


def _spec(spec: FeatureSpec) -> FeatureSpec:
    return replace(
        spec,
        unit="bit",
        minimum=0.0,
        maximum=np.inf,
        source="share of all pairings of the person's own readings at least as strong",
        meaning=f"{spec.meaning}: how rare by chance pairing",
    )


_RARITY_SPEC = FeatureSpec(
    name=RARITY,
    unit="bit",
    minimum=0.0,
    maximum=np.inf,
    source="share of the segments of shuffled interviews at least as rare",
    group="words, voice and face",
    meaning="how rare the rarest notable disagreement is by chance pairing",
)
