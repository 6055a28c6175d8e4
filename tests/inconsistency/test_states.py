"""Whether a signal was measured, and if not, why: one state each, and no number from nothing."""

import dataclasses

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.inconsistency import PersonalBaseline, VoiceAffect
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS
from clinic.records import Absence, InconsistencySignals, Modality

N = 20


def drawn(make, seed=1, n=N, **changed):
    """Three tables of unrelated readings; ``changed`` replaces columns by name."""
    random = np.random.default_rng(seed)
    columns = {
        "text": ("valence", "arousal"),
        "voice": ("arousal",),
        "face": ("valence", "arousal", "smile"),
    }
    tables = {}
    for modality, names in columns.items():
        values = {c: changed.get(f"{modality}_{c}", random.normal(size=n)) for c in names}
        share = random.dirichlet(np.ones(6), size=n)
        share = changed.get(f"{modality}_emotions", share)
        values |= dict(zip(EMOTION_COLUMNS, share.T, strict=True))
        tables[modality] = make.extraction(modality, Modality(modality), values)
    return tables


def states_of(signals: InconsistencySignals) -> dict[str, str]:
    return {s.signal: s.state for s in signals.states}


def reason_of(signals: InconsistencySignals, signal: str) -> str:
    return next(s.reason for s in signals.states if s.signal == signal)


def test_every_reading_and_every_column_has_one_state(plain, make) -> None:
    signals = plain.measure(make.segments(N), list(drawn(make).values()), 5.0 * N)
    names = [s.signal for s in signals.states]
    assert len(set(names)) == len(names)
    assert set(signals.segments.columns) <= set(names)
    readings = {c for c in signals.affect.columns if "_emotion_" not in c}
    assert readings | {"text_emotion", "voice_emotion", "face_emotion"} <= set(names)


def test_a_state_is_measured_exactly_where_there_is_a_value(plain, make) -> None:
    for tables in ([], ["text"], ["text", "voice"], ["text", "voice", "face"]):
        given = [t for name, t in drawn(make).items() if name in tables]
        signals = plain.measure(make.segments(N), given, 5.0 * N)
        for state in signals.states:
            for table in (signals.affect, signals.segments):
                if state.signal in table.columns:
                    n = int(np.isfinite(table.column(state.signal)).sum())
                    assert state.n_segments == n
                    assert (state.state == "measured") == (n > 0)


def test_one_modality_alone_disagrees_with_nothing(plain, make) -> None:
    absent = [
        Absence(modality=Modality.VOICE, reason="no sound"),
        Absence(modality=Modality.FACE, reason="no picture"),
    ]
    signals = plain.measure(make.segments(N), [drawn(make)["text"]], 5.0 * N, absent=absent)
    states = states_of(signals)
    assert states["text_valence"] == "measured"
    assert states["voice_arousal"] == "absent"
    assert reason_of(signals, "voice_arousal") == "no sound"
    assert reason_of(signals, "smile_over_negative_words") == "no picture"
    assert {states[c] for c in signals.segments.columns} == {"absent"}
    assert np.isnan(signals.segments.values).all()
    assert np.isnan(signals.surprise.values).all()
    assert signals.evidence == ()


def test_without_speech_of_the_participant_everything_is_absent(plain, make) -> None:
    signals = plain.measure((), [], 60.0)
    assert set(states_of(signals).values()) == {"absent"}
    assert reason_of(signals, "text_valence") == "no speech of the participant"
    assert signals.surprise.n_rows == 0


def test_words_in_a_language_that_was_not_trained_are_withheld(plain, make) -> None:
    tables = list(drawn(make).values())
    signals = plain.measure(make.segments(N), tables, 5.0 * N, language="de")
    states = states_of(signals)
    assert states["text_valence"] == states["text_emotion"] == "withheld"
    assert states["negative_words_calm_voice"] == "withheld"
    assert states["emotion_voice_face_divergence"] == "measured"
    assert "the language is de" in reason_of(signals, "text_valence")
    assert np.isnan(signals.affect.column("text_valence")).all()
    assert np.isnan(signals.affect.column("text_emotion_joy")).all()
    assert any("language is de" in note for note in signals.segments.notes)
    english = plain.measure(make.segments(N), tables, 5.0 * N, language="en")
    assert states_of(english)["text_valence"] == "measured"


def test_a_face_that_its_reader_withheld_says_why(plain, make) -> None:
    tables = drawn(make)
    face = tables["face"].segments
    note = "Affect of the face was withheld: seen in 20 % of the frames, 30 % needed."
    withheld = dataclasses.replace(
        face, values=np.full(face.values.shape, np.nan), notes=(note,), coverage=np.full(N, 0.2)
    )
    tables["face"] = dataclasses.replace(tables["face"], segments=withheld)
    signals = plain.measure(make.segments(N), list(tables.values()), 5.0 * N)
    assert states_of(signals)["face_smile"] == "withheld"
    assert reason_of(signals, "face_smile") == note
    assert states_of(signals)["valence_face_minus_text"] == "withheld"


def test_a_face_never_seen_is_absent_rather_than_withheld(plain, make) -> None:
    tables = drawn(make)
    face = tables["face"].segments
    unseen = dataclasses.replace(
        face, values=np.full(face.values.shape, np.nan), coverage=np.zeros(N)
    )
    tables["face"] = dataclasses.replace(tables["face"], segments=unseen)
    signals = plain.measure(make.segments(N), list(tables.values()), 5.0 * N)
    assert states_of(signals)["face_smile"] == "absent"


def test_seven_utterances_are_too_few_and_eight_are_not(plain, make) -> None:
    for n, state in ((7, "too_little"), (8, "measured")):
        signals = plain.measure(make.segments(n), list(drawn(make, n=n).values()), 5.0 * n)
        assert states_of(signals)["voice_arousal"] == state
        assert states_of(signals)["negative_words_calm_voice"] == state
    few = plain.measure(make.segments(7), list(drawn(make, n=7).values()), 35.0)
    assert "7 segments observed, 8 needed (min_segments)" in reason_of(few, "voice_arousal")


def test_utterances_of_one_word_are_too_little(plain, make) -> None:
    tables = drawn(make, text_valence=np.full(N, np.nan), text_arousal=np.full(N, np.nan),
                   text_emotions=np.full((N, 6), np.nan))  # fmt: skip
    signals = plain.measure(make.segments(N, text="yes"), list(tables.values()), 5.0 * N)
    assert states_of(signals)["text_valence"] == "too_little"
    assert "0 of 20 segments" in reason_of(signals, "text_valence")


def test_a_voice_that_never_changes_is_flat_and_has_no_score(plain, make) -> None:
    random = np.random.default_rng(3)
    constant = 0.3 + 0.01 * random.uniform(-1, 1, size=N)
    signals = plain.measure(
        make.segments(N), list(drawn(make, voice_arousal=constant).values()), 5.0 * N
    )
    assert states_of(signals)["voice_arousal"] == "flat"
    assert states_of(signals)["negative_words_calm_voice"] == "flat"
    assert np.isnan(signals.affect.column("voice_arousal")).all()
    assert "(floor)" in reason_of(signals, "voice_arousal")


def test_emotions_that_never_change_are_flat(plain, make) -> None:
    always = np.tile([0.5, 0.1, 0.1, 0.1, 0.1, 0.1], (N, 1))
    signals = plain.measure(
        make.segments(N), list(drawn(make, face_emotions=always).values()), 5.0 * N
    )
    assert states_of(signals)["face_emotion"] == "flat"
    assert states_of(signals)["emotion_face_text_divergence"] == "flat"
    assert states_of(signals)["expert_disagreement"] == "measured"
    assert np.isnan(signals.affect.column("face_emotion_anger")).all()


def test_readings_that_never_meet_are_too_little(plain, make) -> None:
    early, late = np.arange(N) < N // 2, np.arange(N) >= N // 2
    random = np.random.default_rng(4)
    tables = drawn(
        make,
        text_valence=np.where(early, random.normal(size=N), np.nan),
        voice_arousal=np.where(late, random.normal(size=N), np.nan),
    )
    signals = plain.measure(make.segments(N), list(tables.values()), 5.0 * N)
    states = states_of(signals)
    assert states["text_valence"] == states["voice_arousal"] == "measured"
    assert states["negative_words_calm_voice"] == "too_little"


def test_a_quantity_that_no_reader_gives_is_absent(plain, make) -> None:
    signals = plain.measure(make.segments(N), list(drawn(make).values()), 5.0 * N)
    assert states_of(signals)["voice_valence"] == "absent"
    assert "gives no valence" in reason_of(signals, "voice_valence")


def test_a_monologue_is_measured_like_an_interview(plain, make) -> None:
    """Only the participant's segments are compared: nobody else has to speak."""
    signals = plain.measure(make.segments(N), list(drawn(make).values()), 5.0 * N)
    assert states_of(signals)["negative_words_calm_voice"] == "measured"


def test_one_outburst_in_a_flat_voice_is_no_flat_voice() -> None:
    raw = np.full(30, 0.3)
    raw[7] = 2.0
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    scores = baseline.scores(raw, floor=0.1)
    assert scores[7] == 5.0
    assert not scores[:7].any()


def test_a_reading_within_its_floor_gives_no_score_at_any_level() -> None:
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    for level in (0.0, 1.0, -40.0):
        for spread in (0.0, 1e-9, 0.0999):
            raw = level + spread * np.linspace(-1, 1, 21)
            assert np.isnan(baseline.scores(raw, floor=0.1)).all()
            assert baseline.is_flat(raw, floor=0.1)
    assert not baseline.is_flat(np.linspace(-0.2, 0.2, 21), floor=0.1)


NO_VALENCE = "the reader of the voice gives no valence (readers)"


@pytest.fixture(scope="module")
def learned() -> VoiceAffect:
    """The shipped reader of the voice."""
    built = build(OmegaConf.load(conf_folder() / "affect" / "voice" / "learned.yaml"))
    assert isinstance(built, VoiceAffect)
    return built


@pytest.fixture(scope="module")
def heard(plain, make, learned):
    """Measure n segments whose voice spreads by ``lively`` of what is typical, NaN = no value."""

    def measure(n, *, lively=1.0, seen=1.0, **given) -> InconsistencySignals:
        heads = learned.heads()
        drawing = np.random.default_rng(5).normal(size=(n, len(heads.inputs)))
        values = lively * heads.typical * drawing
        voice = make.extraction("egemaps", Modality.VOICE,
                                dict(zip(heads.inputs, values.T, strict=True)),
                                coverage=np.full(n, seen))  # fmt: skip
        component = dataclasses.replace(plain, readers=plain.readers | {"voice": learned})
        tables = [drawn(make, n=n)[m] for m in ("text", "face")]
        return component.measure(make.segments(n), [*tables, voice], 5.0 * n, **given)

    return measure


@pytest.mark.parametrize(
    ("given", "state", "said"),
    [
        ({"n": 7}, "too_little", "7 segments of at least 1 s, 8 needed (min_segments)"),
        ({"n": 1}, "too_little", "1 segment of at least 1 s, 8 needed (min_segments)"),
        ({"n": 10, "lively": 0.0}, "flat", "it varies by 0.00 of what is usual"),
        ({"n": 10, "lively": np.nan}, "too_little", "heard in none of 10 segments of at least"),
    ],
)
def test_the_learned_reader_of_the_voice_says_its_own_state(heard, given, state, said) -> None:
    signals = heard(**given)
    states = states_of(signals)
    assert states["voice_arousal"] == states["voice_emotion"] == state
    assert said in reason_of(signals, "voice_arousal")
    assert states["negative_words_calm_voice"] == (state if given["n"] >= 8 else "too_little")


@pytest.mark.parametrize("given", [{"n": 20}, {"n": 7}, {"n": 10, "lively": 0.0}])
def test_the_voice_gives_no_valence_whatever_else_is_missing(heard, given) -> None:
    signals = heard(**given)
    assert states_of(signals)["voice_valence"] == "absent"
    assert reason_of(signals, "voice_valence") == NO_VALENCE


def test_an_absent_voice_is_absent_with_one_reason_and_no_note_of_its_reader(heard) -> None:
    gone = Absence(modality=Modality.VOICE, reason="the file has no audio stream")
    signals = heard(10, lively=np.nan, seen=0.0, absent=[gone])
    voice = [s for s in signals.states if s.signal.startswith("voice_")]
    assert {(s.state, s.reason) for s in voice} == {("absent", gone.reason)}
    assert not any("of the voice was not read" in note for note in signals.segments.notes)


def test_words_whose_features_do_not_know_the_language_are_withheld_not_absent(plain, make) -> None:
    """Components that cannot read German measured nothing, which was told as an absence."""
    tables = drawn(make)
    text = tables["text"].segments
    empty = dataclasses.replace(
        text, values=np.full(text.values.shape, np.nan), coverage=np.zeros(N)
    )
    tables["text"] = dataclasses.replace(tables["text"], segments=empty)
    unread = Absence(modality=Modality.TEXT, reason="nothing could be measured in any segment")
    given = {"language": "de", "absent": [unread]}
    said = plain.measure(make.segments(N), list(tables.values()), 5.0 * N, **given)
    assert {s.state for s in said.states if s.signal.startswith("text_")} == {"withheld"}
    assert "the language is de" in reason_of(said, "text_valence")
    assert any("the language is de" in note for note in said.segments.notes)
    silent = plain.measure(make.segments(N, text=None), list(tables.values()), 5.0 * N, **given)
    assert {s.state for s in silent.states if s.signal.startswith("text_")} == {"absent"}
    assert reason_of(silent, "text_valence") == unread.reason
    assert not any("the language is de" in note for note in silent.segments.notes)


def test_a_shortage_is_said_in_grammar() -> None:
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    assert "words: they hardly change in the 9 segments observed" in baseline.shortage("words", 9)
    assert "voice: it hardly changes in the 9 segments observed" in baseline.shortage("voice", 9)
    assert "face: 1 segment observed, 8 needed" in baseline.shortage("face", 1)
