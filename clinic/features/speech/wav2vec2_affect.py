"""Arousal, dominance and valence of the voice by a fine-tuned wav2vec 2.0 from a local folder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinic import extras
from clinic.features.speech.listening import audio_of, participant_speech, voice_table
from clinic.features.speech.wav2vec2_model import (
    DIMENSIONS,
    LICENCE,
    RATE_HZ,
    RegressionModel,
    Wav2Vec2Folder,
    load_regression_model,
)
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Segment,
    Stamp,
    stamp_of,
)

SOURCE = "Wagner et al. (2023), doi:10.1109/TPAMI.2023.3263585 (arXiv:2203.07378)"

_MEANINGS = {
    "arousal": "how stirred the voice sounds",
    "dominance": "how much in control the voice sounds",
    "valence": "how pleasant voice and, above all, words sound",
}


@dataclass(frozen=True, kw_only=True)
class Wav2Vec2Affect:
    """wav2vec 2.0 with a regression head, fine-tuned on MSP-Podcast by audEERING.

    The answers are about 0 to 1. Its valence comes mostly from the words that it hears (the
    source), so that it is no second opinion on them.

    Args:
        weights: Folder with ``config.json`` and ``model.safetensors``, and the hash.
        min_segment_s: A shorter segment is not read.
        longest_piece_s: A longer segment is read in equal pieces and averaged by length, for
            memory grows with the square of the length.
        n_threads: Torch threads while reading.

    Raises:
        SetupError: The folder is not named, absent, pickled or changed, or transformers is
            not installed.

    Source:
        Wagner et al. (2023), arXiv:2203.07378.
    """

    weights: Wav2Vec2Folder
    min_segment_s: float
    longest_piece_s: float
    name: str = "wav2vec2_affect"
    n_threads: int = 1

    def __post_init__(self) -> None:
        extras.require("transformers")
        self.weights.checked()

    @property
    def modality(self) -> Modality:
        """Read from the voice."""
        return Modality.VOICE

    @cached_property
    def _model(self) -> RegressionModel:
        return load_regression_model(self.weights, n_threads=self.n_threads)

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Arousal, dominance and valence."""
        return tuple(
            FeatureSpec(
                name=name,
                unit="1",
                minimum=-np.inf,
                maximum=np.inf,
                source=SOURCE,
                group="affect of the voice",
                meaning=_MEANINGS[name],
            )
            for name in DIMENSIONS
        )

    def stamp(self) -> Stamp:
        """Provenance, with the hash and the licence of the weights."""
        stamp = stamp_of(
            self,
            distribution="transformers",
            weights_sha256=self.weights.sha256,
            licence=LICENCE,
        )
        # A folder of this machine means nothing elsewhere: the hash says which weights it were.
        settings = {key: value for key, value in stamp.settings.items() if key != "weights"}
        return replace(stamp, settings=settings)

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Read each segment of the participant's speech; digital silence stays NaN.

        Raises:
            DataError: The recording has no audio, or it cannot be read.
        """
        audio_of(recording)
        values = np.full((len(segments), len(DIMENSIONS)), np.nan)
        coverage = np.zeros(len(segments))
        n_short = 0
        for stretch in participant_speech(recording, segments, sampling_rate_hz=RATE_HZ):
            if len(stretch.samples) < self.min_segment_s * RATE_HZ:
                n_short += 1
            elif stretch.samples.any():
                values[stretch.row] = self.answer(stretch.samples)
                coverage[stretch.row] = stretch.share
        notes = (
            (f"{n_short} segments hold less than {self.min_segment_s:g} s of sound and were not "
             "read (min_segment_s)",)
            if n_short
            else ()
        )  # fmt: skip
        table = voice_table(
            name=self.name,
            specs=self.specs(),
            segments=segments,
            values=values,
            coverage=coverage,
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)

    def answer(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return arousal, dominance and valence of one stretch at 16 kHz, shape (3,)."""
        parts = pieces(samples, longest=round(self.longest_piece_s * RATE_HZ))
        answers = np.array([self._model.answer(part) for part in parts])
        return np.asarray(np.average(answers, axis=0, weights=[len(part) for part in parts]))


def pieces(samples: NDArray[np.float32], *, longest: int) -> list[NDArray[np.float32]]:
    """Return the fewest pieces of about equal length, none above ``longest`` samples.

    Example:
        >>> [len(p) for p in pieces(np.zeros(10, dtype=np.float32), longest=4)]
        [4, 3, 3]
    """
    return list(np.array_split(samples, -(-len(samples) // longest)))
