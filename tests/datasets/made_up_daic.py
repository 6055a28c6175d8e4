"""Made-up folders laid out like DAIC-WOZ and E-DAIC: random numbers, invented sentences.

Nothing here comes from a real participant: scores are drawn, words are nonsense.
"""

import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PHQ_WORDS = (
    *("NoInterest", "Depressed", "Sleep", "Tired", "Appetite", "Failure", "Concentrating"),
    "Moving",
)
DETAILED_PHQ_WORDS = (*PHQ_WORDS[:6], "Concentration", "Psychomotor")
PCL_NAMES = {9: "NoInterest", 13: "Sleep", 15: "Concentration"}
SENTENCES = ("the cat sat", "a green boat", "seven round stones", "rain on the roof", "um a kite")
QUESTIONS = ("what did the cat do", "which boat")

CLNF_AUS = (
    *(f"AU{n:02d}_r" for n in (1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 17, 20, 25, 26)),
    *(f"AU{n:02d}_c" for n in (4, 12, 15, 23, 28, 45)),
)
CLNF_GAZE = (
    *("x_0", "y_0", "z_0", "x_1", "y_1", "z_1"),
    *("x_h0", "y_h0", "z_h0", "x_h1", "y_h1", "z_h1"),
)
CLNF_POSE = ("X", "Y", "Z", "Rx", "Ry", "Rz")
_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
OPENFACE = (
    *(f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz"),
    *(f"gaze_{eye}_{axis}" for eye in "01" for axis in "xyz"),
    *("gaze_angle_x", "gaze_angle_y"),
    *(f"AU{n:02d}_r" for n in _UNITS),
    *(f"AU{n:02d}_c" for n in sorted((*_UNITS, 28))),
)
EGEMAPS_LLD = (
    *("Loudness_sma3", "alphaRatio_sma3", "hammarbergIndex_sma3", "slope0-500_sma3"),
    *("slope500-1500_sma3", "spectralFlux_sma3"),
    *(f"mfcc{i}_sma3" for i in (1, 2, 3, 4)),
    *("F0semitoneFrom27.5Hz_sma3nz", "jitterLocal_sma3nz", "shimmerLocaldB_sma3nz"),
    *("HNRdBACF_sma3nz", "logRelF0-H1-H2_sma3nz", "logRelF0-H1-A3_sma3nz"),
    *("F1frequency_sma3nz", "F1bandwidth_sma3nz", "F1amplitudeLogRelF0_sma3nz"),
    *("F2frequency_sma3nz", "F2amplitudeLogRelF0_sma3nz"),
    *("F3frequency_sma3nz", "F3amplitudeLogRelF0_sma3nz"),
)
MFCC = tuple(f"pcm_fftMag_mfcc[{i}]{change}" for change in ("", "_de", "_de_de") for i in range(13))


@dataclass(frozen=True, kw_only=True)
class MadeUpPerson:
    """What was drawn for one participant: ``part`` is train, validation or test."""

    number: int
    part: str
    sex: str
    age: int
    phq_items: tuple[int, ...]
    pcl_items: tuple[int, ...]

    @property
    def phq(self) -> int:
        """PHQ-8 score."""
        return sum(self.phq_items)

    @property
    def pcl(self) -> float:
        """PCL-C score."""
        return float(sum(self.pcl_items))


def write_daic_woz(
    root: Path,
    *,
    participants: Sequence[int] = (300, 301, 302, 303, 304, 305),
    seed: int = 0,
    duration_s: float = 4.0,
    with_audio: bool = False,
    with_test_labels: bool = True,
    n_covarep: int = 74,
) -> dict[int, MadeUpPerson]:
    """Write a made-up DAIC-WOZ folder and return what was drawn.

    Participants take turns in train (two of four), validation and test.
    """
    people = _people(participants, seed)
    rng = np.random.default_rng(seed + 1)
    for person in people.values():
        folder = root / f"{person.number}_P"
        folder.mkdir(parents=True)
        begin = folder / str(person.number)
        _write(f"{begin}_TRANSCRIPT.csv", _woz_transcript(rng, duration_s))
        if with_audio:
            write_wav(Path(f"{begin}_AUDIO.wav"), duration_s)
        n_frames = round(duration_s * 30)
        for name, columns in (("AUs", CLNF_AUS), ("gaze", CLNF_GAZE), ("pose", CLNF_POSE)):
            _write(f"{begin}_CLNF_{name}.txt", openface_text(rng, columns, n_frames))
        n_rows = round(duration_s * 100)
        _write(f"{begin}_COVAREP.csv", covarep_text(rng, n_rows, n_covarep))
        _write(f"{begin}_FORMANT.csv", _lines(rng.uniform(200, 4000, (n_rows, 5)), ","))
    for part, name in (("train", "train"), ("validation", "dev")):
        header = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender," + ",".join(
            f"PHQ8_{word}" for word in PHQ_WORDS
        )
        rows = [
            [p.number, int(p.phq >= 10), p.phq, int(p.sex == "male"), *p.phq_items]
            for p in people.values()
            if p.part == part
        ]
        _table(root / f"{name}_split_Depression_AVEC2017.csv", header, rows)
    test = [p for p in people.values() if p.part == "test"]
    rows = [[p.number, int(p.sex == "male")] for p in test]
    _table(root / "test_split_Depression_AVEC2017.csv", "participant_ID,Gender", rows)
    if with_test_labels:
        header = "Participant_ID,PHQ_Binary,PHQ_Score,Gender"
        rows = [[p.number, int(p.phq >= 10), p.phq, int(p.sex == "male")] for p in test]
        _table(root / "full_test_split.csv", header, rows)
    return people


def write_e_daic(
    root: Path,
    *,
    participants: Sequence[int] = (300, 301, 302, 303, 600, 601),
    seed: int = 0,
    duration_s: float = 4.0,
    with_audio: bool = False,
) -> dict[int, MadeUpPerson]:
    """Write a made-up E-DAIC folder and return what was drawn.

    With the same seed a participant has the same scores as in ``write_daic_woz``.
    """
    people = _people(participants, seed)
    rng = np.random.default_rng(seed + 2)
    for person in people.values():
        folder = root / "data" / f"{person.number}_P"
        (folder / "features").mkdir(parents=True)
        _write(f"{folder / str(person.number)}_Transcript.csv", _recognised(rng, duration_s))
        if with_audio:
            write_wav(folder / f"{person.number}_AUDIO.wav", duration_s)
        begin = folder / "features" / str(person.number)
        text = openface_text(rng, OPENFACE, round(duration_s * 30), comma=",")
        _write(f"{begin}_OpenFace2.1.0_Pose_gaze_AUs.csv", text)
        n_rows = round(duration_s * 100)
        _write(f"{begin}_OpenSMILE2.3.0_egemaps.csv", opensmile_text(rng, EGEMAPS_LLD, n_rows))
        _write(f"{begin}_OpenSMILE2.3.0_mfcc.csv", opensmile_text(rng, MFCC, n_rows))
    _write_e_daic_labels(root, people)
    return people


def openface_text(
    rng: np.random.Generator, columns: Sequence[str], n_frames: int, comma: str = ", "
) -> str:
    """Return an OpenFace table; every seventh picture failed and holds zeros."""
    lines = [comma.join(("frame", "timestamp", "confidence", "success", *columns))]
    for frame in range(n_frames):
        found = frame % 7 != 6
        cells = [f"{frame + 1}", f"{frame / 30:.3f}", f"{0.95 * found:.3f}", f"{int(found)}"]
        cells += [_openface_cell(rng, name) if found else "0" for name in columns]
        lines.append(comma.join(cells))
    return "\n".join(lines) + "\n"


def covarep_text(rng: np.random.Generator, n_rows: int, n_columns: int = 74) -> str:
    """Return COVAREP rows: every third unvoiced, every tenth scrubbed."""
    values = rng.normal(size=(n_rows, n_columns)).round(5)
    values[:, 0] = rng.integers(80, 300, n_rows)
    values[:, 1] = np.arange(n_rows) % 3 != 2
    if n_columns == 74:
        values[:, 10] = rng.uniform(0, 1, n_rows).round(5)
    values[9::10] = 0
    return _lines(values, ",")


def opensmile_text(
    rng: np.random.Generator, columns: Sequence[str], n_rows: int, delimiter: str = ";"
) -> str:
    """Return descriptors of openSMILE; in every third row the pitch is 0, as in silence."""
    values = rng.uniform(0.1, 5, (n_rows, len(columns))).round(5)
    for index, name in enumerate(columns):
        if name.startswith("F0semitone"):
            values[2::3, index] = 0
    lines = [delimiter.join(("name", "frameTime", *columns))]
    for row, cells in enumerate(values):
        lines.append(delimiter.join(("'unknown'", f"{row / 100:.2f}", *map(str, cells))))
    return "\n".join(lines) + "\n"


def write_wav(path: Path, duration_s: float, rate_hz: int = 16_000) -> None:
    """Write a quiet tone, 16-bit mono."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    samples = (3000 * np.sin(2 * np.pi * 220 * time_s)).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(samples.tobytes())


def _people(participants: Sequence[int], seed: int) -> dict[int, MadeUpPerson]:
    parts = ("train", "validation", "train", "test")
    people = {}
    for place, number in enumerate(participants):
        # Drawn by number: the same person in both corpora has the same answers.
        rng = np.random.default_rng([seed, number])
        severity = rng.uniform(0, 3)
        phq = np.clip(np.round(rng.normal(severity, 0.7, 8)), 0, 3).astype(int)
        pcl = np.clip(np.round(rng.normal(1 + severity, 0.7, 17)), 1, 5).astype(int)
        people[number] = MadeUpPerson(
            number=number,
            part=parts[place % len(parts)],
            sex=str(rng.choice(["male", "female"])),
            age=int(rng.integers(18, 75)),
            phq_items=tuple(int(answer) for answer in phq),
            pcl_items=tuple(int(answer) for answer in pcl),
        )
    return people


def _write_e_daic_labels(root: Path, people: Mapping[int, MadeUpPerson]) -> None:
    labels = root / "labels"
    labels.mkdir()
    header = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"
    for part, name in (("train", "train"), ("validation", "dev"), ("test", "test")):
        rows = [
            [p.number, p.sex, int(p.phq >= 10), p.phq, int(p.pcl >= 44), p.pcl]
            for p in people.values()
            if p.part == part
        ]
        _table(labels / f"{name}_split.csv", header, rows)
    seen = [p for p in people.values() if p.part != "test"]
    header = "Participant_ID," + ",".join(f"PHQ_8{word}" for word in PHQ_WORDS) + ",PHQ_8Total"
    rows = [[p.number, *p.phq_items, p.phq] for p in seen]
    _table(labels / "Detailed_PHQ8_Labels.csv", header, rows)
    header = (
        "Participant,Depression_severity,Depression_label,PTSD_severity,PTSD_label,gender,age,split,"
        + ",".join(f"PHQ8_{i}_{word}" for i, word in enumerate(DETAILED_PHQ_WORDS, start=1))
        + ","
        + ",".join(f"PCL-C_{i}_{PCL_NAMES.get(i, f'Item{i}')}" for i in range(1, 18))
    )
    official = {"train": "train", "validation": "dev", "test": "test"}
    rows = [
        [
            *(p.number, p.phq, int(p.phq >= 10), p.pcl, int(p.pcl >= 44), p.sex, p.age),
            *(official[p.part], *p.phq_items, *p.pcl_items),
        ]
        for p in people.values()
    ]
    _table(labels / "detailed_lables.csv", header, rows)
    header = "Participant_ID,AVECParticipant_ID,Gender,PHQ_Score"
    rows = [[p.number, f"training_{i:02d}", p.sex, p.phq] for i, p in enumerate(seen, start=1)]
    _table(root / "metadata_mapped.csv", header, rows)


def _woz_transcript(rng: np.random.Generator, duration_s: float) -> str:
    lines = ["start_time\tstop_time\tspeaker\tvalue"]
    step_s = duration_s / 4
    for turn in range(4):
        start, stop = turn * step_s, (turn + 0.8) * step_s
        speaker = ("Ellie", "Participant")[turn % 2]
        words = str(rng.choice(QUESTIONS if speaker == "Ellie" else SENTENCES))
        if speaker == "Ellie" and turn:
            words = f"cat{turn} ({words})"
        lines.append(f"{start:.3f}\t{stop:.3f}\t{speaker}\t{words}")
    return "\n".join(lines) + "\n"


def _recognised(rng: np.random.Generator, duration_s: float) -> str:
    lines = ["Start_Time,End_Time,Text,Confidence"]
    step_s = duration_s / 3
    for turn in range(3):
        start, stop = turn * step_s, (turn + 0.9) * step_s
        lines.append(f"{start:.1f},{stop:.1f},{rng.choice(SENTENCES)},{rng.uniform(0.7, 1):.6f}")
    return "\n".join(lines) + "\n"


def _openface_cell(rng: np.random.Generator, name: str) -> str:
    if name.endswith("_r"):
        return f"{rng.uniform(0, 5):.4f}"
    if name.endswith("_c"):
        return f"{rng.integers(0, 2)}"
    if name.startswith("pose_T") or name in "XYZ":
        return f"{rng.normal(0, 50):.3f}"
    return f"{rng.uniform(-0.9, 0.9):.4f}"


def _lines(values: NDArray[np.float64], delimiter: str) -> str:
    return "\n".join(delimiter.join(f"{v:g}" for v in row) for row in values) + "\n"


def _table(path: Path, header: str, rows: Sequence[Sequence[object]]) -> None:
    _write(str(path), "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8")
