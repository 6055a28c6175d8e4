"""One recording through every stage, in the order of the architecture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from clinic.records import (
    Absence,
    Case,
    Extraction,
    Extractor,
    InconsistencyMeasure,
    MediaSummary,
    Modality,
    Recording,
    ScreeningResult,
    Segment,
    Stamp,
)
from clinic.screening.absence import absences, empty_extraction, unobserved
from clinic.screening.clock import StageClock
from clinic.screening.judge import Judge
from clinic.screening.quality import QualityRules


class RecordingReader(Protocol):
    """Reads one manifest entry (``clinic.io.reading``)."""

    def read(self, entry: Any) -> Recording: ...


class Segmenter(Protocol):
    """Cuts the participant's time into segments (``clinic.io.segments``)."""

    def segments(self, recording: Recording) -> Any: ...


class SafetyScanner(Protocol):
    """Finds language of self-harm (``clinic.safety``)."""

    def stamp(self) -> Stamp: ...

    def notices(self, segments: Sequence[Segment], language: str | None) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What every result of one run shares."""

    run_id: str
    settings_sha256: str
    software_version: str


@dataclass(frozen=True, kw_only=True)
class Screened:
    """A result with the features it rests on."""

    case: Case
    extractions: tuple[Extraction, ...]
    result: ScreeningResult


@dataclass(frozen=True, kw_only=True)
class Screener:
    """Holds built components; ``judge`` is None where only features are wanted.

    Args:
        extractors: In the order in which they run; names unique.
    """

    reader: RecordingReader
    segmenter: Segmenter
    extractors: tuple[Extractor, ...]
    inconsistency: InconsistencyMeasure
    safety: SafetyScanner
    quality: QualityRules
    judge: Judge | None

    def screen(
        self, entry: Any, facts: RunFacts, clock: StageClock, *, created_at: datetime
    ) -> Screened:
        """Read, extract, measure, estimate, settle and explain one recording.

        Raises:
            DataError: The recording cannot be used.
            SetupError: A component or the model does not fit.
        """
        with clock.stage("read"):
            recording = self.reader.read(entry)
        with clock.stage("segments"):
            segmentation = self.segmenter.segments(recording)
        segments: tuple[Segment, ...] = segmentation.segments
        absent = absences(recording, segments)
        extractions = self._extract(recording, segments, absent, clock)
        absent = (*absent, *unobserved(extractions, absent))
        with clock.stage("inconsistency"):
            signals = self.inconsistency.measure(
                segments,
                extractions,
                recording.duration_s,
                language=recording.spoken_language,
                absent=absent,
            )
        with clock.stage("quality"):
            quality = self.quality.checks(recording, segments, extractions)
        with clock.stage("safety"):
            safety = self.safety.notices(segments, recording.spoken_language)
        tables = (*(e.segments for e in extractions), signals.segments)
        case = Case(
            recording_id=recording.recording_id,
            participant_id=recording.participant_id,
            segments=segments,
            # Affect is no feature of the shipped model; a fusion model may name it.
            tables=(*tables, signals.affect),
        )
        verdict = None
        if self.judge is not None:
            verdict = self.judge.judge(case, recording, clock)
        notes = (
            *recording.repairs,
            *segmentation.notes,
            *(note for table in tables for note in table.notes),
            *safety.notes,
            *(verdict.notes if verdict else ()),
        )
        stamps = (
            *(table.stamp for table in tables),
            self.safety.stamp(),
            self.quality.stamp(),
            *(verdict.stamps if verdict else ()),
        )
        result = ScreeningResult(
            recording_id=recording.recording_id,
            participant_id=recording.participant_id,
            visit_date=recording.visit_date,
            created_at=created_at,
            media=_media_summary(recording, segments),
            quality=quality,
            absences=absent,
            notes=tuple(dict.fromkeys(notes)),
            safety=safety.notices,
            inconsistency=signals,
            estimates=verdict.estimates if verdict else (),
            explanations=verdict.explanations if verdict else (),
            model=verdict.model if verdict else None,
            stamps=stamps,
            settings_sha256=facts.settings_sha256,
            software_version=facts.software_version,
            run_id=facts.run_id,
        )
        return Screened(case=case, extractions=tuple(extractions), result=result)

    def _extract(
        self,
        recording: Recording,
        segments: Sequence[Segment],
        absent: Sequence[Absence],
        clock: StageClock,
    ) -> list[Extraction]:
        missing = {absence.modality for absence in absent}
        extractions = []
        for extractor in self.extractors:
            if extractor.modality in missing:
                extractions.append(empty_extraction(extractor, segments))
                continue
            with clock.stage(f"features.{extractor.name}"):
                extractions.append(extractor.extract(recording, segments))
        return extractions


def _media_summary(recording: Recording, segments: Sequence[Segment]) -> MediaSummary:
    transcript = recording.transcript
    return MediaSummary(
        sha256=recording.sha256,
        duration_s=recording.duration_s,
        has_audio=recording.audio is not None,
        has_video=recording.video is not None,
        transcript_format=transcript.source_format if transcript else None,
        transcript_sha256=transcript.sha256 if transcript else None,
        language=recording.language,
        n_segments=len(segments),
        speech_s=sum(s.duration_s for s in segments if s.origin != "window"),
    )


def modalities_of(extractors: Sequence[Extractor]) -> tuple[Modality, ...]:
    """Return the modalities that a set of extractors reads, each once."""
    return tuple(dict.fromkeys(extractor.modality for extractor in extractors))
