"""EmoDB: who speaks and which emotion stand in the file name, on made-up and on real folders."""

from collections import Counter

import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import FindingKind
from clinic.datasets.emodb import EMOTIONS, EmoDb
from clinic.errors import DataError, SetupError
from made_up_corpora import write_tone
from made_up_emodb import SPEAKERS, write_emodb


def by_stem(reading):
    return {item.media.stem: item for item in reading.items}


def test_a_name_tells_speaker_sentence_and_emotion(tmp_path):
    write_emodb(tmp_path)
    item = by_stem(EmoDb().read(tmp_path))["10a01Ea"]
    assert (item.recording_id, item.participant_id) == ("emodb-10a01ea", "emodb-10")
    attributes = item.reference.attributes
    assert (attributes["emotion"], attributes["sex"]) == ("disgust", "male")
    assert (attributes["sentence"], attributes["language"]) == ("a01", "de")
    assert item.reference.scores == {}, "an acted emotion is no condition"


def test_every_letter_is_another_emotion_and_speakers_are_people(tmp_path):
    write_emodb(tmp_path)
    reading = EmoDb().read(tmp_path)
    emotions = Counter(item.reference.attributes["emotion"] for item in reading.items)
    assert emotions == {emotion: len(SPEAKERS) for emotion in EMOTIONS.values()}
    assert {item.participant_id for item in reading.items} == {f"emodb-{s}" for s in SPEAKERS}
    sexes = {i.participant_id[-2:]: i.reference.attributes["sex"] for i in reading.items}
    assert sexes == {"03": "male", "08": "female", "09": "female", "10": "male"}


def test_the_recognition_rate_is_that_of_the_file_whatever_stands_between(tmp_path):
    stems = write_emodb(tmp_path)
    found = by_stem(EmoDb().read(tmp_path))
    for place, stem in enumerate(stems):
        assert found[stem].reference.attributes["recognised_percent"] == f"{50 + place}.00"


@pytest.mark.parametrize("content", [None, b"\x00\xff\xfe no table \x00", b""])
def test_without_a_readable_recognition_table_the_rates_are_unknown_and_said(tmp_path, content):
    stems = write_emodb(tmp_path)
    table = tmp_path / "erkennung.txt"
    table.unlink()
    if content is not None:
        table.write_bytes(content)
    reading = EmoDb().read(tmp_path)
    assert len(reading.items) == len(stems)
    for item in reading.items:
        assert "recognised_percent" not in item.reference.attributes
    (said,) = (f for f in reading.findings if f.subject == "erkennung.txt")
    assert said.kind is (FindingKind.MISSING if content is None else FindingKind.UNREADABLE)


def test_recordings_that_the_table_does_not_name_are_counted(tmp_path):
    stems = write_emodb(tmp_path)
    table = tmp_path / "erkennung.txt"
    lines = table.read_bytes().split(b"\r\n")
    table.write_bytes(b"\r\n".join(lines[:-2]))
    reading = EmoDb().read(tmp_path)
    found = by_stem(reading)
    assert "recognised_percent" in found[stems[0]].reference.attributes
    assert "recognised_percent" not in found[stems[-1]].reference.attributes
    (said,) = (f for f in reading.findings if f.subject == "erkennung.txt")
    assert said.kind is FindingKind.MISSING and said.text.startswith(f"2 of {len(stems)}")


@pytest.mark.parametrize("name", ["notes.wav", "03a01Xa.wav", "3a01Wa.wav", "03a01Wa (copy).wav"])
def test_a_file_that_names_no_emotion_is_left_out_and_said(tmp_path, name):
    stems = write_emodb(tmp_path)
    write_tone(tmp_path / "wav" / name)
    reading = EmoDb().read(tmp_path)
    assert len(reading.items) == len(stems)
    extra = [f for f in reading.findings if f.kind is FindingKind.EXTRA]
    assert [f.subject for f in extra] == [name]


def test_the_words_last_as_long_as_the_sound(tmp_path):
    write_emodb(tmp_path)
    transcript = by_stem(EmoDb().read(tmp_path))["03a01Wa"].transcript()
    (utterance,) = transcript.utterances
    assert utterance.text == "Der Lappen liegt auf dem Eisschrank."
    assert (utterance.start_s, utterance.end_s) == (0.0, 0.5)
    assert transcript.language == "de"


def test_a_damaged_sound_fails_alone(tmp_path):
    write_emodb(tmp_path)
    (tmp_path / "wav" / "03a01Wa.wav").write_bytes(b"RIFF")
    found = by_stem(EmoDb().read(tmp_path))
    with pytest.raises(DataError, match=r"03a01Wa\.wav cannot be read"):
        found["03a01Wa"].transcript()
    assert found["03a01La"].transcript() is not None


def test_another_folder_is_refused(tmp_path):
    (tmp_path / "wav").mkdir()
    with pytest.raises(SetupError, match="no EmoDB folder"):
        EmoDb().read(tmp_path)


def test_fewer_recordings_than_published_are_said(tmp_path):
    write_emodb(tmp_path)
    reading = EmoDb().read(tmp_path)
    assert reading.counts == {"recordings": 28, "speakers": 4}
    assert any("535" in f.text for f in reading.findings)


def test_the_real_folder_is_the_published_corpus(shared_data):
    folder = shared_data / "emodb"
    if not folder.is_dir():
        pytest.skip("EmoDB is not in the open data folder")
    corpus = build(compose("data", ["data=emodb"], values={"path": "unused"}).data)
    reading = corpus.read(folder)
    assert reading.counts == reading.published == {"recordings": 535, "speakers": 10}
    assert reading.findings == ()
    # Burkhardt et al. (2005): recordings per emotion after the listening test.
    emotions = Counter(item.reference.attributes["emotion"] for item in reading.items)
    assert emotions == {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "sadness": 62,
        "neutral": 79,
    }
    rates = [float(i.reference.attributes["recognised_percent"]) for i in reading.items]
    # Only what more than 80 % of the listeners recognised was published; naturalness is not that.
    assert min(rates) >= 80
