"""The voice study on a made-up corpus: tones for emotions, an extractor that hears their pitch."""

import wave
from dataclasses import replace

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.features.speech.egemaps_columns import functional_specs
from clinic.inconsistency import Cue, PersonalBaseline, ProsodicArousal, VoiceAffect
from clinic.records import Extraction, FeatureTable, Modality, Stamp
from clinic.validation.training.voice_rows import Mixtures
from clinic.validation.voice.degrading import Condition
from clinic.validation.voice.emodb import ACTED, LETTERS
from clinic.validation.voice.study import VoiceStudy

RATE_HZ = 16_000
#: The columns of eGeMAPS, with made-up values that keep no range.
SPECS = tuple(replace(s, minimum=-np.inf, maximum=np.inf) for s in functional_specs())
TONES_HZ = {emotion: 200.0 + 100.0 * i for i, emotion in enumerate(ACTED)}
ROUSED = np.array([1.0, 0.0, 1.0, 1.0, -1.0, -1.0, -1.0])


class PitchHeard:
    """Every column follows from the tone of the segment, in a way planted per emotion."""

    name = "egemaps"
    modality = Modality.VOICE

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self.planted = random.normal(size=(len(ACTED), len(SPECS)))
        self.planted[:, :3] = 2.0 * ROUSED[:, None]

    def specs(self):
        return SPECS

    def stamp(self):
        return Stamp(component="test", version="0", settings={})

    def extract(self, recording, segments):
        random = np.random.default_rng(int(recording.participant_id))
        middle = 10.0 * random.normal(size=len(SPECS))
        rows = []
        spans = [(s.start_s, s.end_s) for s in segments]
        for samples in recording.audio.stretches(spans, sampling_rate_hz=RATE_HZ):
            spectrum = np.abs(np.fft.rfft(samples))
            heard = np.argmax(spectrum) * RATE_HZ / len(samples)
            place = int(np.argmin([abs(heard - tone) for tone in TONES_HZ.values()]))
            rows.append(middle + self.planted[place] + 0.2 * random.normal(size=len(SPECS)))
        table = FeatureTable(
            name=self.name,
            modality=Modality.VOICE,
            row_kind="segment",
            specs=SPECS,
            start_s=np.array([s.start_s for s in segments]),
            end_s=np.array([s.end_s for s in segments]),
            values=np.array(rows),
            coverage=np.ones(len(segments)),
            stamp=self.stamp(),
        )
        return Extraction(segments=table)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Three speakers, three takes of each emotion, 1.1 s of a tone; listeners agree."""
    data = tmp_path_factory.mktemp("data")
    folder = data / "emodb" / "wav"
    folder.mkdir(parents=True)
    lines = ["Nr.\tSatz\terkannt\tnatuerlich"]
    time_s = np.arange(int(1.1 * RATE_HZ)) / RATE_HZ
    for speaker in ("03", "08", "09"):
        for letter, emotion in LETTERS.items():
            for take in "abc":
                name = f"{speaker}a01{letter}{take}.wav"
                samples = 0.3 * np.cos(2 * np.pi * TONES_HZ[emotion] * time_s)
                with wave.open(str(folder / name), "wb") as sound:
                    sound.setnchannels(1)
                    sound.setsampwidth(2)
                    sound.setframerate(RATE_HZ)
                    sound.writeframes((32767 * samples).astype("<i2").tobytes())
                percent = {"a": "80", "b": "90", "c": "100"}[take]
                lines.append(f"{len(lines)}\t{name}\t{percent},00\xa0\t50,00")
    (data / "emodb" / "erkennung.txt").write_text("\n".join(lines), encoding="latin-1")
    return data


@pytest.fixture(scope="module")
def study() -> VoiceStudy:
    settings = OmegaConf.load(conf_folder() / "validate" / "voice.yaml")
    reader = build(OmegaConf.load(conf_folder() / "affect" / "voice" / "learned.yaml"))
    assert isinstance(reader, VoiceAffect)
    noisy = Condition(noise="babble", snr_db=20.0)
    return VoiceStudy(
        folder="emodb",
        extractors={"egemaps": PitchHeard()},
        reader=reader,
        rule=ProsodicArousal(
            table="egemaps",
            cues={"pitch": Cue(column=SPECS[0].name, weight=1.0, floor=0.1)},
            min_cue_share=1.0,
            baseline=PersonalBaseline(min_segments=8, limit_sd=5.0),
            floor=0.1,
        ),
        recipe=replace(
            build(settings.recipe),
            conditions=(Condition(),),
            mixtures=Mixtures(n_mixtures=1, size=20, concentration=0.5),
        ),
        conditions=(Condition(), noisy),
        mixture_size=20,
        neutral_share=0.7,
        n_draws=50,
        seed=0,
    )


def test_planted_emotions_are_found_and_every_number_has_its_interval(study, corpus):
    result = study.run(corpus)
    by_words = {finding.what: finding for finding in result.findings}
    recall = by_words["seven acted emotions, unweighted average recall, clean"]
    assert recall.value > 0.9
    assert recall.n == 63
    arousal = next(f for what, f in by_words.items() if what.startswith("roused"))
    assert arousal.value == pytest.approx(1.0)
    assert arousal.n == 3
    listeners = next(f for what, f in by_words.items() if "listeners who named" in what)
    assert abs(listeners.value) < 0.6
    # Tones of one pitch are a voice that stands still: nothing may be read in it.
    still = next(f for what, f in by_words.items() if "neutrally throughout" in what)
    assert still.n == 0
    assert np.isnan(still.value)
    assert "0 of 3" in still.note
    for finding in result.findings:
        if finding is still:
            continue
        assert np.isfinite(finding.value), finding.what
        assert finding.low <= finding.value <= finding.high
    assert [row[0] for row in result.tables[0].rows] == ["clean", "babble 20 dB"]
    confusion = result.tables[2]
    assert [row[0] for row in confusion.rows] == list(ACTED)
    assert all(sum(map(float, row[1:])) == pytest.approx(1.0, abs=0.03) for row in confusion.rows)


def test_the_first_condition_must_be_clean(study):
    with pytest.raises(SetupError, match="must be clean"):
        replace(study, conditions=(Condition(telephone=True),))


def test_a_reader_of_another_table_is_refused(study, corpus):
    with pytest.raises(SetupError, match="needs other"):
        replace(study, reader=replace(study.reader, table="other")).run(corpus)
