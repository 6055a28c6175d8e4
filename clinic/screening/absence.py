"""Which modalities were not observed, and tables that say so."""

from collections.abc import Sequence

import numpy as np

from clinic.records import (
    Absence,
    Extraction,
    Extractor,
    FeatureTable,
    Modality,
    Recording,
    Segment,
)


def absences(recording: Recording, segments: Sequence[Segment]) -> tuple[Absence, ...]:
    """Name every modality that this recording cannot show, before anything is extracted.

    Segments that are mere windows mean that nobody was heard: sound without a voice is no voice.
    """
    found = []
    if recording.transcript is None:
        found.append(
            Absence(
                modality=Modality.TEXT,
                reason="no transcript was given; speech is not transcribed here",
            )
        )
    if recording.audio is None:
        found.append(Absence(modality=Modality.VOICE, reason="the file has no audio stream"))
    elif segments and all(segment.origin == "window" for segment in segments):
        reason = f"no voice in {recording.audio.duration_s:.1f} s of sound (segmentation.voice)"
        found.append(Absence(modality=Modality.VOICE, reason=reason))
    if recording.video is None:
        found.append(Absence(modality=Modality.FACE, reason="the file has no video stream"))
    return tuple(found)


def unobserved(
    extractions: Sequence[Extraction], already: Sequence[Absence]
) -> tuple[Absence, ...]:
    """Name modalities whose medium was there but gave nothing, such as a video with no face."""
    absent = {absence.modality for absence in already}
    found = []
    for modality in dict.fromkeys(e.segments.modality for e in extractions):
        if modality in absent:
            continue
        tables = [e.segments for e in extractions if e.segments.modality is modality]
        if all(np.isnan(table.values).all() for table in tables):
            notes = [note for table in tables for note in table.notes]
            said = next((note for note in notes if "not measured" in note), None)
            reason = said or "; ".join([*notes[:1], "nothing could be measured in any segment"])
            found.append(Absence(modality=modality, reason=reason))
    return tuple(found)


def empty_extraction(extractor: Extractor, segments: Sequence[Segment]) -> Extraction:
    """Return the extractor's table with every value not observed."""
    specs = extractor.specs()
    return Extraction(
        segments=FeatureTable(
            name=extractor.name,
            modality=extractor.modality,
            row_kind="segment",
            specs=specs,
            start_s=np.array([s.start_s for s in segments], dtype=np.float64),
            end_s=np.array([s.end_s for s in segments], dtype=np.float64),
            values=np.full((len(segments), len(specs)), np.nan),
            coverage=np.zeros(len(segments)),
            stamp=extractor.stamp(),
        )
    )
