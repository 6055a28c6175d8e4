"""Promises that every component under ``conf/features`` keeps, whatever it measures."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.records import (
    AudioBlock,
    Extractor,
    Frame,
    Recording,
    Role,
    Segment,
    Transcript,
    Utterance,
)

RATE_HZ = 16_000
DURATION_S = 12.0
SPEECH = [(1.0, 5.0), (6.0, 10.0)]
#: Choices whose weights no package carries; their own tests make tiny ones.
NEEDS_LOCAL_WEIGHTS = {"face_pyfeat", "wav2vec2_affect"}
TEXT = "I am never sure, um, whether I want to, but I mean I always try and try again"


class Sound:
    """A voiced, amplitude-modulated harmonic tone in the stretches of speech, noise elsewhere."""

    sampling_rate_hz = RATE_HZ
    n_channels = 1
    start_s = 0.0
    duration_s = DURATION_S

    def __init__(self, *, silent: bool = False) -> None:
        time_s = np.arange(int(DURATION_S * RATE_HZ)) / RATE_HZ
        pitch = 120 + 15 * np.sin(2 * np.pi * 0.7 * time_s)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
        tone = sum(np.sin(k * phase) / k for k in range(1, 12))
        syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * time_s)
        spoken = np.zeros_like(time_s)
        for start_s, end_s in SPEECH:
            spoken[(time_s >= start_s) & (time_s < end_s)] = 1.0
        noise = 1e-4 * np.random.default_rng(0).normal(size=len(time_s))
        sound = np.zeros_like(time_s) if silent else 0.15 * tone * syllables * spoken + noise
        self.samples = sound.astype(np.float32)

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        assert sampling_rate_hz == RATE_HZ
        size = int(block_s * RATE_HZ)
        for start in range(0, len(self.samples), size):
            yield AudioBlock(
                start_s=start / RATE_HZ, samples=self.samples[start : start + size, None]
            )

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],
        *,
        sampling_rate_hz: int,
        channel: int | None = None,
    ) -> Iterator[np.ndarray]:
        assert sampling_rate_hz == RATE_HZ
        for start_s, end_s in spans:
            yield self.samples[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)]


class Pictures:
    """Grey pictures in which no face can be found."""

    frame_rate_hz = 5.0
    width_px = 160
    height_px = 120
    start_s = 0.0
    duration_s = DURATION_S

    def frames(self, *, rate_hz: float, max_side_px: int | None = None) -> Iterator[Frame]:
        for index in range(int(DURATION_S * min(rate_hz, self.frame_rate_hz))):
            image = np.full((self.height_px, self.width_px, 3), 128, dtype=np.uint8)
            yield Frame(time_s=index / min(rate_hz, self.frame_rate_hz), image=image)


def recording(*, silent: bool = False) -> Recording:
    turns = [
        Utterance(start_s=0.0, end_s=0.9, speaker=Role.INTERVIEWER, text="how are you"),
        *(Utterance(start_s=a, end_s=b, speaker=Role.PARTICIPANT, text=TEXT) for a, b in SPEECH),
    ]
    return Recording(
        recording_id="made-up",
        participant_id="p-0001",
        sha256="0" * 64,
        duration_s=DURATION_S,
        audio=Sound(silent=silent),
        video=Pictures(),
        transcript=Transcript(
            utterances=tuple(turns), source_format="test", has_speakers=True, sha256="0" * 64
        ),
        language="en",
    )


def segments(*extra: tuple[float, float]) -> list[Segment]:
    return [
        Segment(
            index=i, start_s=a, end_s=b, speaker=Role.PARTICIPANT, origin="utterance", text=TEXT
        )
        for i, (a, b) in enumerate([*SPEECH, *extra])
    ]


def choices() -> list[str]:
    names = {path.stem for path in (conf_folder() / "features").glob("*.yaml")}
    assert names > NEEDS_LOCAL_WEIGHTS
    return sorted(names - NEEDS_LOCAL_WEIGHTS)


@pytest.mark.parametrize("choice", sorted(NEEDS_LOCAL_WEIGHTS))
def test_what_needs_local_weights_says_so_before_the_first_recording(choice):
    config = OmegaConf.load(conf_folder() / "features" / f"{choice}.yaml")
    (key,) = config.keys()
    with pytest.raises(SetupError, match="nothing is downloaded"):
        build(config[key])


@pytest.fixture(scope="module", params=choices())
def extractor(request) -> Extractor:
    config = OmegaConf.load(conf_folder() / "features" / f"{request.param}.yaml")
    (key,) = config.keys()
    built = build(config[key])
    assert built.name == key
    return built


def test_every_column_is_described_in_full(extractor):
    for spec in extractor.specs():
        assert spec.name
        assert spec.unit
        assert spec.source
        assert spec.group
        assert spec.meaning
        assert spec.minimum < spec.maximum


def test_the_table_has_the_promised_columns_and_one_row_a_segment(extractor):
    found = extractor.extract(recording(), segments())
    table = found.segments
    assert table.specs == extractor.specs()
    assert table.name == extractor.name
    assert table.modality == extractor.modality
    assert table.start_s.tolist() == [a for a, _ in SPEECH]
    assert table.end_s.tolist() == [b for _, b in SPEECH]
    assert table.stamp == extractor.stamp()
    assert table.stamp.version
    if found.frames is not None:
        assert found.frames.row_kind == "frame"


def test_the_same_input_gives_the_same_values(extractor):
    first = extractor.extract(recording(), segments()).segments
    second = extractor.extract(recording(), segments()).segments
    assert first.values.tobytes() == second.values.tobytes()


def test_no_segment_gives_an_empty_table(extractor):
    assert extractor.extract(recording(), []).segments.n_rows == 0


def test_a_segment_too_short_to_measure_has_no_invented_values(extractor):
    table = extractor.extract(recording(), segments((11.0, 11.02))).segments
    assert not np.isinf(table.values).any()
    assert table.values.shape[0] == 3


def test_silence_is_mostly_not_observed_in_the_voice(extractor):
    if extractor.modality != "voice":
        pytest.skip("a promise about voice only")
    loud = extractor.extract(recording(), segments()).segments.values
    silent = extractor.extract(recording(silent=True), segments()).segments.values
    assert np.isnan(silent).mean() > np.isnan(loud).mean()


def test_no_face_is_not_observed_and_said(extractor):
    if extractor.modality != "face":
        pytest.skip("a promise about faces only")
    table = extractor.extract(recording(), segments()).segments
    assert np.isnan(table.values).all()
    assert table.coverage.tolist() == [0.0, 0.0]
    assert any("face" in note for note in table.notes)
