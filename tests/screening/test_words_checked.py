"""The check of the participant's words counts words, not marks."""

from types import SimpleNamespace

import pytest

from clinic.records import QualityState, Role, Segment
from clinic.screening.quality import QualityRules, Threshold


@pytest.mark.parametrize(("text", "n_words"), [("...", 0), ("[laughs] - ?", 0), ("I'm, um, 42", 3)])
def test_marks_are_no_words(text, n_words):
    any_value = Threshold(good=1, poor=0)
    rules = QualityRules(
        speech_s=any_value,
        words=Threshold(good=14, poor=3),
        snr_db=any_value,
        clipped_share=any_value,
        face_share=any_value,
    )
    segments = [
        Segment(
            index=i,
            start_s=float(i),
            end_s=i + 1.0,
            speaker=Role.PARTICIPANT,
            origin="utterance",
            text=text,
        )
        for i in range(14)
    ]
    recording = SimpleNamespace(transcript=object(), audio=None, video=None)
    check = rules.checks(recording, segments, [])[1]
    assert check.value == 14 * n_words
    assert check.state is (QualityState.GOOD if n_words else QualityState.POOR)
