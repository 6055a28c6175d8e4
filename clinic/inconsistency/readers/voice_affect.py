"""Affect of the voice: trained heads on eGeMAPS, against the person's own voice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.baseline import counted
from clinic.inconsistency.heads import load_dense_head
from clinic.inconsistency.readers.affect import (
    AROUSAL,
    NOT_READ,
    VALENCE,
    absent_affect,
    affect_table,
    find_table,
)
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, emotion_specs, renormalised
from clinic.inconsistency.readers.voice_head import VoiceHeads
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Segment,
    Stamp,
    stamp_of,
)

Floats = NDArray[np.float64]

_SOURCE = "EmoDB, Burkhardt et al. (2005); clinic/inconsistency/weights/voice_emotion.md"

_NOT_READ = "Affect of the voice was not read: {}."


@dataclass(frozen=True, kw_only=True)
class VoiceAffect:
    """Arousal and six emotions from eGeMAPS functionals, as scores within this person.

    Voice valence is left NaN, as in ``ProsodicArousal``. Boredom, which only this head knows,
    is left out and the six others are brought to sum 1.

    Args:
        table: Name of the component that measures the voice.
        emotion_weights, arousal_weights: Shipped heads by name, or paths of safetensors files.
        emotion_sha256, arousal_sha256: Hashes that the files must have.
        min_segments: With fewer readable segments there is no own middle: all NaN.
        min_duration_s: A shorter segment is neither read nor part of the person's middle.
        min_input_share: Share of the inputs that must be observed in a segment.
        min_liveliness: A person whose features spread by less than this share of what is
            typical is not read at all: there is nothing in such a voice.
        least_mass: Emotions are NaN where the six hold less of the probability.
        floor: Least spread of arousal, in logits, that counts as change.

    Raises:
        SetupError: A head is not there, has another hash, or is no head of the voice.
    """

    table: str
    emotion_weights: str
    emotion_sha256: str
    arousal_weights: str
    arousal_sha256: str
    min_segments: int
    min_duration_s: float
    min_input_share: float
    min_liveliness: float
    least_mass: float
    floor: float

    def __post_init__(self) -> None:
        self.heads()

    @property
    def modality(self) -> Modality:
        """Always voice."""
        return Modality.VOICE

    @property
    def floors(self) -> dict[str, float]:
        """Floor of arousal; valence is never read."""
        return {VALENCE: self.floor, AROUSAL: self.floor}

    def heads(self) -> VoiceHeads:
        """Return the trained heads."""
        return VoiceHeads(
            emotion=load_dense_head(self.emotion_weights, self.emotion_sha256),
            arousal=load_dense_head(self.arousal_weights, self.arousal_sha256),
        )

    def stamp(self) -> Stamp:
        """Provenance with the hashes of both heads."""
        return stamp_of(
            self,
            weights_sha256=f"{self.emotion_sha256} {self.arousal_sha256}",
            licence="MIT (heads, trained on EmoDB, CC0)",
        )

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return arousal (logits) and the probability of each emotion; valence is NaN."""
        refusal = self.shortage(extractions)
        if refusal is not None:
            return self._absent(segments, refusal[1])
        table = find_table(extractions, self.table)
        assert table is not None
        heads = self.heads()
        values = self._values(table, heads.inputs)
        inputs = heads.inputs_of(
            values, min_segments=self.min_segments, min_input_share=self.min_input_share
        )
        arousal = heads.arousal.predict(inputs)[:, 0]
        six = heads.six(heads.emotion.predict(inputs))
        emotions = renormalised(six, least_mass=self.least_mass)
        return affect_table(
            modality=Modality.VOICE,
            segments=segments,
            specs=_SPECS,
            columns=[np.full(len(segments), np.nan), arousal, *emotions.T],
            coverage=table.coverage,
            stamp=self.stamp(),
        )

    def shortage(self, extractions: Sequence[Extraction]) -> tuple[str, str] | None:
        """Return why no segment of this voice is read, as a state and a reason; None where it is.

        Raises:
            SetupError: The table lacks an input of the heads.
        """
        table = find_table(extractions, self.table)
        if table is None:
            return "absent", _NOT_READ.format(f"no {self.table} features")
        heads = self.heads()
        values = self._values(table, heads.inputs)
        n_read = int(np.isfinite(values).any(axis=1).sum())
        if n_read < self.min_segments:
            return "too_little", _NOT_READ.format(self._too_few(table, n_read))
        liveliness = heads.scale(self.min_segments).liveliness(values, typical=heads.typical)
        if np.isnan(liveliness):
            return "too_little", _NOT_READ.format(
                f"no input was observed in {self.min_segments} segments (min_segments)"
            )
        if liveliness < self.min_liveliness:
            return "flat", _NOT_READ.format(
                f"it varies by {liveliness:.2f} of what is usual within a person, "
                f"{self.min_liveliness:g} needed (min_liveliness)"
            )
        return None

    def _too_few(self, table: FeatureTable, n_read: int) -> str:
        least = f"{self.min_duration_s:g} s"
        needed = f"{self.min_segments} needed (min_segments)"
        n_long = int(self._is_long(table).sum())
        if n_long and not n_read:
            of = counted(n_long, "segment")
            return f"it was heard in none of {of} of at least {least}, {needed}"
        return f"{counted(n_read, 'segment')} of at least {least}, {needed}"

    def _is_long(self, table: FeatureTable) -> NDArray[np.bool_]:
        # 1e-9: 3.1 - 2.1 is 1.0000000000000002 or 0.9999999999999998 in floating point.
        return np.asarray(table.end_s - table.start_s >= self.min_duration_s - 1e-9)

    def _values(self, table: FeatureTable, columns: Sequence[str]) -> Floats:
        """Return shape (n, d), NaN in segments that are too short or were not heard."""
        place = {name: i for i, name in enumerate(table.columns)}
        missing = [name for name in columns if name not in place]
        if missing:
            raise SetupError(f"table {table.name} has no column {missing[0]} (emotion_weights)")
        values = table.values[:, [place[name] for name in columns]].copy()
        values[~(self._is_long(table) & (table.coverage > 0))] = np.nan
        return values

    def _absent(self, segments: Sequence[Segment], note: str) -> FeatureTable:
        return absent_affect(
            modality=Modality.VOICE,
            segments=segments,
            specs=_SPECS,
            stamp=self.stamp(),
            note=note,
        )


def _spec(name: str, unit: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=-np.inf,
        maximum=np.inf,
        source=_SOURCE,
        group="affect of the voice",
        meaning=meaning,
    )


_SPECS = (
    _spec(VALENCE, "1", f"{NOT_READ} from the voice"),
    _spec(AROUSAL, "logit", "how roused the voice is against this person's own voice"),
    *emotion_specs(source=_SOURCE, group="affect of the voice", seen_in="voice"),
)
assert tuple(spec.name for spec in _SPECS[2:]) == EMOTION_COLUMNS
