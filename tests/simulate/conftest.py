"""Simulators from the shipped settings, a crowd of drawn people, and one small rendered cohort."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.linalg  # noqa: F401  loads SciPy's own BLAS, so that one_thread finds it
from threadpoolctl import threadpool_limits

from clinic.config import build, compose
from clinic.simulate import CohortWriter, InterviewSimulator, Participant
from clinic.simulate.voice import Prosody, Spoken

SIZE_OF_CROWD = 4000
#: Large enough to look at, small enough to render in a second or two.
SMALL = (
    *("media.width_px=160", "media.height_px=160", "media.frame_rate_hz=5", "media.n_channels=2"),
    *("interview.n_topics=3", "seed=3"),
)
#: For what does not depend on the picture.
TINY = (
    *("media.width_px=64", "media.height_px=64", "media.frame_rate_hz=2", "media.preset=ultrafast"),
    *("interview.n_topics=1", "seed=4"),
)

MakeSimulator = Callable[..., InterviewSimulator]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine the threads of OpenCV and BLAS wait for each other for seconds."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    with threadpool_limits(1):
        yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="session")
def make_simulator() -> MakeSimulator:
    """Build the simulator that ``clinic simulate`` with these overrides would use."""

    @cache
    def make(*overrides: str) -> InterviewSimulator:
        config = compose("simulate", list(overrides), values={"out": "unused"})
        simulator: InterviewSimulator = build(config.interview)
        return simulator

    return make


@pytest.fixture(scope="session")
def simulator(make_simulator: MakeSimulator) -> InterviewSimulator:
    return make_simulator("seed=11")


@pytest.fixture(scope="session")
def crowd(simulator: InterviewSimulator) -> list[Participant]:
    """Many people of the shipped settings; nothing is rendered."""
    return [simulator.participant(k) for k in range(1, SIZE_OF_CROWD + 1)]


@pytest.fixture(scope="session")
def severities(crowd: Sequence[Participant]) -> np.ndarray:
    """Shape (n, 3): standardised depression and PTSD, and half a step for A/H."""
    return np.array([person.severity for person in crowd])


@dataclass(frozen=True)
class Rendered:
    """A cohort on disk and what made it."""

    out: Path
    simulator: InterviewSimulator
    n_participants: int

    def truth(self, index: int) -> dict:
        return json.loads((self.out / "truth" / f"sim-{index:04d}.json").read_text())

    def media(self, index: int) -> Path:
        return self.out / "media" / f"sim-{index:04d}.mp4"

    def transcript(self, index: int) -> Path:
        return self.out / "transcripts" / f"sim-{index:04d}.csv"


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, make_simulator: MakeSimulator) -> Rendered:
    """Two real interviews of three topics, stereo, by espeak and the painted face."""
    out = tmp_path_factory.mktemp("cohort")
    small = make_simulator(*SMALL)
    CohortWriter(simulator=small, n_participants=2, workers=0).write(out, lambda _: None)
    return Rendered(out=out, simulator=small, n_participants=2)


@pytest.fixture(scope="session")
def tiny(make_simulator: MakeSimulator) -> Callable[..., InterviewSimulator]:
    """One-topic interviews with stamp-sized pictures; further overrides may be given."""
    return lambda *overrides: make_simulator(*TINY, *overrides)


class FormulaVoice:
    """Stands in for espeak where only the layout matters: a hum as long as its text."""

    sampling_rate_hz = 22050

    def __init__(self, seed: int) -> None:
        """A formula has no noise to seed."""

    def speak(self, text: str, prosody: Prosody) -> Spoken:
        n = self.sampling_rate_hz * (10 + len(text)) // 60
        wave = np.sin(2 * np.pi * (80 + prosody.pitch) * np.arange(n) / self.sampling_rate_hz)
        level = np.sqrt(2) * 10 ** (prosody.level_dbfs / 20)
        return Spoken(samples=(level * wave).astype(np.float32), word_starts_s=(0.0,))


@pytest.fixture
def formula_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stretch is spoken by a formula, which repeats itself bit by bit."""
    monkeypatch.setattr("clinic.simulate.soundtrack.synthesiser", FormulaVoice)


@pytest.fixture(scope="session")
def formula_cohort(
    tmp_path_factory: pytest.TempPathFactory, tiny: Callable[..., InterviewSimulator]
) -> Path:
    """Two interviews whose voice is a formula: everything else is the real program."""
    out = tmp_path_factory.mktemp("formula")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clinic.simulate.soundtrack.synthesiser", FormulaVoice)
        CohortWriter(simulator=tiny(), n_participants=2, workers=0).write(out, lambda _: None)
    return out
