"""How far the face runs behind the voice or the words, and whether that stands out from chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clinic.errors import SetupError
from clinic.inconsistency.stamping import nested_stamp
from clinic.inconsistency.time.grid_cells import pooled
from clinic.inconsistency.time.lags_correlation import best_lag, without_trend
from clinic.inconsistency.time.tracks import AffectTracks, Track
from clinic.records import Extraction, FeatureTable, Modality, ReactionLag, Segment, Stamp

#: A track that stays this close to its median, in its own unit, differs by rounding alone.
_STILL = 1e-9


@dataclass(frozen=True, kw_only=True)
class ReactionLags:
    """Finds the lag at which one track follows another best, over the whole interview.

    Tracks are pooled into steps, freed of slow trends, and correlated at every lag within reach.
    A lag is supported where few circular shifts reach such a correlation (``max_p``) and where
    it is a peak, not the edge of the reach; else it is NaN. Only going up and down together is
    looked for, not moving against each other.

    Args:
        tracks: Makes the tracks.
        pairs: Leader and follower, such as ``[voice_arousal, face_arousal]``.
        step_s: Resolution of a lag.
        max_lag_s: Lags are looked for up to here, in either direction.
        trend_s: Slower change than this is taken out: two moods that drift alike are no reaction.
        min_joint_s: Least time in which both must be observed.
        max_p: A lag with a higher p value is not supported.

    Raises:
        SetupError: A pair does not have two names.
    """

    tracks: AffectTracks
    pairs: Sequence[Sequence[str]]
    step_s: float
    max_lag_s: float
    trend_s: float
    min_joint_s: float
    max_p: float

    def __post_init__(self) -> None:
        wrong = [list(pair) for pair in self.pairs if len(pair) != 2]
        if wrong:
            raise SetupError(f"pair {wrong[0]}: a leader and a follower needed (pairs)")

    def stamp(self) -> Stamp:
        """Provenance with the settings of the tracks."""
        return nested_stamp(self)

    def estimate(
        self,
        extractions: Sequence[Extraction],
        segments: Sequence[Segment],
        raw: Mapping[Modality, FeatureTable] | None = None,
        *,
        floors: Mapping[Modality, Mapping[str, float]] | None = None,
    ) -> tuple[ReactionLag, ...]:
        """Return one lag a pair whose follower was observed in frames; none without frames.

        A pair with a track that never changes, or a reading with too few utterances, has none.

        Args:
            segments: The clock runs to the end of the last one, and as far as a lag can reach.
            raw: Tables of the readers: needed for pairs that have the words.
            floors: By modality and column, the least spread of a reading that counts as change.

        Raises:
            SetupError: A frame table lacks a column that a setting names.
        """
        least = {
            f"{modality.value}_{column}": floor
            for modality, columns in (floors or {}).items()
            for column, floor in columns.items()
        }
        tracks = {
            name: track
            for name, track in self.tracks.of(extractions, raw).items()
            if self._changes(track, least.get(name, 0.0))
        }
        end_s = max((segment.end_s for segment in segments), default=0.0) + self.max_lag_s
        found = [
            self._lag(tracks[leader], tracks[follower], end_s)
            for leader, follower in self.pairs
            if leader in tracks and follower in tracks and not tracks[follower].is_held
        ]
        return tuple(lag for lag in found if lag is not None)

    def face_lag_s(self, lags: Sequence[ReactionLag]) -> float:
        """Return the lag of the face behind the speech to allow for; 0 where none is supported.

        Of the supported lags the one with the smallest p value (then the highest correlation),
        if that value times the number of pairs looked at is still within ``max_p`` (Bonferroni):
        several pairs have been asked, and one answer is acted on.
        """
        of_face = [lag for lag in lags if lag.follower.startswith("face_")]
        supported = [lag for lag in of_face if np.isfinite(lag.lag_s)]
        if not supported:
            return 0.0
        best = min(supported, key=lambda lag: (lag.p_value, -lag.correlation))
        return best.lag_s if best.p_value * len(of_face) <= self.max_p else 0.0

    def _changes(self, track: Track, floor: float) -> bool:
        """Return whether a track leaves its median; held readings by more than their floor."""
        values = track.values[np.isfinite(track.values)]
        if not len(values):
            return False
        reach = float(np.abs(values - np.median(values)).max())
        if not track.is_held:
            return reach > _STILL
        baseline = self.tracks.baseline
        is_enough = len(values) >= baseline.min_segments
        return is_enough and reach > _STILL and not baseline.is_flat(values, floor=floor)

    def _lag(self, leader: Track, follower: Track, end_s: float) -> ReactionLag | None:
        n_cells = int(np.ceil(end_s / self.step_s))
        first, second = (
            without_trend(
                pooled(track, n_cells=n_cells, step_s=self.step_s, min_share=0.0).values,
                width=max(1, round(self.trend_s / self.step_s)),
            )
            for track in (leader, follower)
        )
        peak = best_lag(
            first,
            second,
            max_lag=round(self.max_lag_s / self.step_s),
            min_joint=round(self.min_joint_s / self.step_s),
        )
        if peak is None:
            return None
        is_supported = peak.is_inside and peak.p_value <= self.max_p
        return ReactionLag(
            leader=leader.name,
            follower=follower.name,
            lag_s=round(peak.lag * self.step_s, 6) if is_supported else float("nan"),
            correlation=peak.correlation,
            p_value=peak.p_value,
        )
