"""The interviewer-only table holds the interviewer's words and none of the participant's."""

import numpy as np
import pytest

from clinic.features.text.interviewer import InterviewerTurns, questions
from clinic.features.text.sentence_embedding import SentenceEmbedding
from clinic.records import Recording, Role, Segment, Transcript, Utterance

ENCODER = {"encoder": "all_minilm_l6_v2", "encoder_sha256": None, "languages": ("en",)}
ASK = [(0.0, 2.0, "how did you sleep"), (5.0, 6.0, "and"), (6.0, 8.0, "why is that")]


class NoSound:
    sampling_rate_hz = 16000
    n_channels = 1
    start_s = 0.0
    duration_s = 30.0


def recording_of(answers: list[str]) -> Recording:
    said = [Utterance(start_s=a, end_s=b, speaker=Role.INTERVIEWER, text=t) for a, b, t in ASK]
    said += [
        Utterance(start_s=start, end_s=start + 2, speaker=Role.PARTICIPANT, text=text)
        for start, text in zip((2.5, 9.0, 12.0), answers, strict=True)
    ]
    return Recording(
        recording_id="r",
        participant_id="p",
        sha256="0" * 64,
        duration_s=30.0,
        audio=NoSound(),
        video=None,
        language="en",
        transcript=Transcript(
            utterances=tuple(sorted(said, key=lambda u: u.start_s)),
            source_format="test",
            has_speakers=True,
            sha256="0" * 64,
        ),
    )


def segments_of(recording: Recording) -> list[Segment]:
    return [
        Segment(
            index=i,
            start_s=u.start_s,
            end_s=u.end_s,
            speaker=u.speaker,
            origin="utterance",
            text=u.text,
        )
        for i, u in enumerate(recording.transcript.participant_utterances)
    ]


@pytest.fixture(scope="module")
def turns() -> InterviewerTurns:
    return InterviewerTurns(**ENCODER)


def test_each_question_belongs_to_the_answer_after_it():
    recording = recording_of(["fine", "work", "yes"])
    asked = questions(recording.transcript, segments_of(recording))
    assert [[u.text for u in turn] for turn in asked] == [
        ["how did you sleep"],
        ["and", "why is that"],
        [],
    ]


def test_words_of_the_participant_do_not_change_the_table(turns):
    tables = []
    for answers in (["fine", "work", "yes"], ["terrible", "I lost it all", "never"]):
        recording = recording_of(answers)
        tables.append(turns.extract(recording, segments_of(recording)).segments)
    assert tables[0].values.tobytes() == tables[1].values.tobytes()


def test_lengths_and_embedding_are_those_of_the_question(turns):
    recording = recording_of(["fine", "work", "yes"])
    segments = segments_of(recording)
    table = turns.extract(recording, segments).segments
    assert table.values[:2, :2].tolist() == [[4.0, 2.0], [4.0, 3.0]]
    question = Segment(
        index=0,
        start_s=0.0,
        end_s=2.0,
        speaker=Role.INTERVIEWER,
        origin="utterance",
        text="how did you sleep",
    )
    alone = SentenceEmbedding(**ENCODER).extract(recording, [question]).segments.values[0]
    assert np.allclose(table.values[0, 2:], alone, atol=1e-5)


def test_an_answer_without_a_question_is_not_observed(turns):
    recording = recording_of(["fine", "work", "yes"])
    table = turns.extract(recording, segments_of(recording)).segments
    assert np.isnan(table.values[2]).all()
    assert table.coverage.tolist() == [1.0, 1.0, 0.0]
