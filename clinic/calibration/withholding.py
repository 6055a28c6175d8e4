"""When no estimate is given, and the words that say why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clinic.calibration.calibration import Calibration
from clinic.records import OBSERVED_MODALITIES, Case, Modality, Role, SeverityEstimate

SPEECH_ORIGINS = ("utterance", "voice")


@dataclass(frozen=True, kw_only=True)
class Withholding:
    """Evidence that an estimate needs.

    Args:
        min_speech_s: Seconds of the participant's speech.
        min_segments: Segments in which anything was observed.
        min_modality_share: A modality counts as observed where it was seen in this share of
            the segments.
        min_modalities: How many of words, voice and face must be observed.
        needs: Per condition, modalities that must be observed.
        max_interval_share: A model whose intervals, before they are cut at the ends of the scale,
            are wider than this share of it says nothing. The same for everyone: cut intervals
            are narrow at the ends, and would be withheld in the middle only.
        outlying_sd: A feature is outlying beyond this many deviations of the training
            participants.
        max_outlying_share: Share of a modality's features that may be outlying.
        accept_languages: Primary language tags accepted although the model was not trained on
            them.
    """

    min_speech_s: float
    min_segments: int
    min_modality_share: float
    min_modalities: int
    needs: Mapping[str, Sequence[str]]
    max_interval_share: float
    outlying_sd: float
    max_outlying_share: float
    accept_languages: Sequence[str]

    def about_recording(
        self, case: Case, calibration: Calibration, language: str | None
    ) -> tuple[str, ...]:
        """Return why no target can be estimated from this recording; empty if none."""
        reasons = []
        speech_s = participant_speech_s(case)
        if speech_s < self.min_speech_s:
            reasons.append(
                f"{speech_s:.1f} s of the participant's speech, "
                f"{self.min_speech_s:.1f} s needed (min_speech_s)"
            )
        n_segments = _n_observed_segments(case)
        if n_segments < self.min_segments:
            reasons.append(
                f"{n_segments} segments observed, {self.min_segments} needed (min_segments)"
            )
        observed = self.observed(case)
        if len(observed) < self.min_modalities:
            came = ", ".join(observed) or "none of text, voice and face"
            reasons.append(
                f"{came} observed, {self.min_modalities} of text, voice and face needed "
                "(min_modalities)"
            )
        reasons.extend(self._language(calibration, language))
        reasons.extend(self._population(case, calibration))
        return tuple(reasons)

    def about_target(
        self, estimate: SeverityEstimate, case: Case, calibration: Calibration
    ) -> tuple[str, ...]:
        """Return why this one target is withheld; empty if it is not."""
        reasons = []
        observed = self.observed(case)
        missing = [m for m in self.needs.get(str(estimate.condition), ()) if m not in observed]
        if missing:
            reasons.append(
                f"{', '.join(missing)} not observed in {self.min_modality_share:.0%} of the "
                f"segments, needed for {estimate.scale.name} (needs, min_modality_share)"
            )
        half_width = calibration.targets[str(estimate.condition)].half_width
        if half_width is not None:
            scale = estimate.scale
            widest = self.max_interval_share * (scale.maximum - scale.minimum) / 2
            if half_width > widest:
                reasons.append(
                    f"interval of ± {half_width:.1f} points, at most ± {widest:.1f} allowed "
                    "(max_interval_share)"
                )
        return tuple(reasons)

    def observed(self, case: Case) -> tuple[Modality, ...]:
        """Return the modalities seen in enough segments."""
        seen = {m: np.zeros(len(case.segments), dtype=bool) for m in OBSERVED_MODALITIES}
        for table in case.tables:
            if table.modality in seen:
                seen[table.modality] |= (~np.isnan(table.values)).any(axis=1)
        return tuple(
            m for m, rows in seen.items() if rows.any() and rows.mean() >= self.min_modality_share
        )

    def _language(self, calibration: Calibration, language: str | None) -> list[str]:
        known = {*calibration.languages, *self.accept_languages}
        primary = language.split("-")[0].lower() if language else None
        if not calibration.languages or primary is None or primary in known:
            return []
        return [
            f"language {primary}, model trained on {', '.join(calibration.languages)} "
            "(accept_languages)"
        ]

    def _population(self, case: Case, calibration: Calibration) -> list[str]:
        return [
            f"{found.n_outlying} of {found.n_observed} {found.modality} features lie more than "
            f"{self.outlying_sd:g} standard deviations from the training participants, "
            f"{self.max_outlying_share:.0%} allowed (outlying_sd, max_outlying_share)"
            for found in calibration.population.outlying(case, beyond_sd=self.outlying_sd)
            if found.share > self.max_outlying_share
        ]


def participant_speech_s(case: Case) -> float:
    """Return the seconds in which the participant spoke; silent windows do not count."""
    return sum(
        segment.duration_s
        for segment in case.segments
        if segment.origin in SPEECH_ORIGINS and segment.speaker is not Role.INTERVIEWER
    )


def _n_observed_segments(case: Case) -> int:
    seen = np.zeros(len(case.segments), dtype=bool)
    for table in case.tables:
        seen |= (~np.isnan(table.values)).any(axis=1)
    return int(seen.sum())
