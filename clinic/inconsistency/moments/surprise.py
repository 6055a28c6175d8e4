"""How surprising each disagreement is for this person, in bits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures import Measure
from clinic.inconsistency.moments.chance import chance_shares
from clinic.inconsistency.readings import segment_table
from clinic.records import FeatureSpec, FeatureTable, Segment, Stamp

Floats = NDArray[np.float64]


def surprise_table(
    segments: Sequence[Segment],
    measures: Sequence[Measure],
    scores: Mapping[str, Floats],
    stamp: Stamp,
) -> FeatureTable | None:
    """Return -log2 of the share of shuffled pairings at least as strong, per segment and measure.

    Signed differences are left out: either end of them surprises, which their size says.
    """
    ranked = [m for m in measures if m.spec().minimum >= 0]
    if not ranked:
        return None
    # + 0.0: a share of 1 is 0 bits, not -0.
    bits = [-np.log2(chance_shares(measure, scores)) + 0.0 for measure in ranked]
    specs = tuple(_spec(measure.spec()) for measure in ranked)
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
