"""Tiny made-up folders in the layout of each corpus: invented people, numbers and sentences.

Every maker writes into an empty folder and returns what it wrote, so that a test knows the truth
without the adapter. Sound and video are generated.
"""

import math
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

SENTENCES = (
    "well, I bought new shoes, but they are still in the box",
    "the bus was late again and I read half a book",
    "I keep saying Monday, and then it is Tuesday",
    "we painted the kitchen, it is a bit too green",
    "my neighbour plays the tuba on Sundays",
    "I do want to, I think, maybe after the holidays",
)


def write_tone(path: Path, *, duration_s: float = 0.5, rate_hz: int = 8000) -> None:
    """Write a quiet tone as 16-bit mono WAV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(duration_s * rate_hz)) / rate_hz
    samples = (3000 * np.sin(2 * math.pi * 220 * times)).astype("<i2")
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(rate_hz)
        stream.writeframes(samples.tobytes())


def write_clip(path: Path, *, n_frames: int = 20, frame_rate_hz: int = 10) -> None:
    """Write a grey video that grows lighter."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=frame_rate_hz)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(n_frames):
            image = np.full((48, 64, 3), 60 + 5 * index, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_dvlog(root: Path, *, n: int = 6, seed: int = 0, n_rows: int = 12) -> Mapping[str, str]:
    """Write ``n`` vlogs, labels and parts in turn; return the label of each id."""
    generator = np.random.default_rng(seed)
    root.mkdir(parents=True, exist_ok=True)
    labels: dict[str, str] = {}
    lines = ["index,label,duration,gender,fold"]
    for index in range(n):
        labels[str(index)] = ("depression", "normal")[index % 2]
        fold = ("train", "train", "valid", "valid", "test", "test")[index % 6]
        lines.append(f"{index},{labels[str(index)]},{n_rows}.5,{'mf'[index // 2 % 2]},{fold}")
        folder = root / str(index)
        folder.mkdir()
        np.save(folder / f"{index}_visual.npy", generator.uniform(1, 99, (n_rows, 136)))
        np.save(folder / f"{index}_acoustic.npy", generator.normal(5, 1, (n_rows, 25)))
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return labels


#: Ids on both sides of every published border, in both spellings.
LMVD_IDS = ("001", "601", "0602", "1116", "1117", "1423", "1425", "1824")


def write_lmvd(
    root: Path, *, ids: Sequence[str] = LMVD_IDS, seed: int = 0, n_frames: int = 30
) -> None:
    """Write landmarks with irregular spaces and VGGish rows; label files by the id's range."""
    generator = np.random.default_rng(seed)
    for name in ("Video_feature", "Audio_feature", "label"):
        (root / name).mkdir(parents=True)
    header = ["frame", *(f"x_{k}" for k in range(68)), *(f"y_{k}" for k in range(68))]
    for identifier in ids:
        rows = [",  ".join(header[:3]) + ", " + " ,".join(header[3:])]
        for frame in range(1, n_frames + 1):
            cells = [f"{value:.1f}" for value in generator.uniform(10, 300, 136)]
            rows.append(f"{frame},   " + ",  ".join(cells))
        (root / "Video_feature" / f"{identifier}.csv").write_text("\n".join(rows) + "\n")
        vggish = generator.normal(0, 1, (2, 128)).astype(np.float32)
        np.save(root / "Audio_feature" / f"{identifier}.npy", vggish)
        depressed = int(int(identifier) <= 601 or 1117 <= int(identifier) <= 1423)
        (root / "label" / f"{identifier}_Depression.csv").write_text(f"{depressed}\n")


def write_eatd(
    root: Path,
    *,
    raw: Mapping[str, int] | None = None,
    duration_s: float = 0.5,
) -> Mapping[str, int]:
    """Write volunteers such as ``t_1`` and ``v_2``; return the raw SDS of each folder."""
    totals = raw or {"t_1": 30, "t_2": 50, "v_1": 28, "v_2": 60}
    for index, (name, total) in enumerate(totals.items()):
        folder = root / name
        for offset, answer in enumerate(("positive", "negative", "neutral")):
            write_tone(folder / f"{answer}.wav", duration_s=duration_s)
            write_tone(folder / f"{answer}_out.wav", duration_s=duration_s / 2)
            words = SENTENCES[(index + offset) % len(SENTENCES)]
            (folder / f"{answer}.txt").write_text(words, encoding="utf-8")
        (folder / "label.txt").write_text(f"{total}.0")
        (folder / "new_label.txt").write_text(f"{total * 1.25}")
    return totals


#: Subject id, type, PHQ-9, sex: both classes, one id that a spreadsheet keeps as a number.
MODMA_SUBJECTS: tuple[tuple[object, str, object, str], ...] = (
    (2010002, "MDD", 19, "F"),
    ("02010004", "MDD", 23, "M"),
    ("02020008", "HC", 2, "F"),
    ("02020010", "HC", 0, "M"),
)


def write_modma(
    root: Path,
    *,
    subjects: Sequence[tuple[object, str, object, str]] = MODMA_SUBJECTS,
    n_answers: int = 29,
) -> None:
    """Write the table of subjects and their answers below ``audio_lanzhou_2015``."""
    from openpyxl import Workbook

    base = root / "audio_lanzhou_2015"
    base.mkdir(parents=True)
    book = Workbook()
    sheet = book.active
    sheet.append(["subject id", "type", "age", "gender", "PHQ-9", "GAD-7", "PSQI"])
    for subject, kind, total, sex in subjects:
        sheet.append([subject, kind, 30, sex, total, 5, 6])
        for count in range(1, n_answers + 1):
            name = str(subject).zfill(8)
            write_tone(base / name / f"{count:02d}.wav", duration_s=0.05)
    book.save(base / "subjects_information_audio_lanzhou_2015.xlsx")


#: Session -> (part, BDI-II total): person 203 took part twice.
AVEC_SESSIONS = {
    "203_1": ("train", 3),
    "203_2": ("train", 8),
    "207_1": ("dev", 34),
    "310_1": ("test", 0),
}


def write_avec(
    root: Path, *, year: int = 2014, sessions: Mapping[str, tuple[str, int]] = AVEC_SESSIONS
) -> None:
    """Write two tasks a session (2014) or one (2013), by parts, and the label files."""
    tasks = ("Freeform_video", "Northwind_video") if year == 2014 else ("cut_combined",)
    (root / "DepressionLabels").mkdir(parents=True)
    for session, (part, total) in sessions.items():
        for task in tasks:
            write_clip(root / part / f"{session}_{task}.mp4", n_frames=5)
        (root / "DepressionLabels" / f"{session}_Depression.csv").write_text(f"{total}\n")


def bah_name(person: str, question: int) -> str:
    """Return a file name of BAH: it holds a date and a time."""
    return f"{person}_Question_{question}_2024-05-0{question} 10-11-12_Video"


def write_bah(
    root: Path, *, n: int = 4, seed: int = 0, with_video: bool = True, n_frames: int = 20
) -> dict[str, tuple[str, int]]:
    """Write ``n`` people with questions 1 and 2; return (part, label) by file name.

    Question 1 is labelled 1 and shows A/H in frames 5 to 9 (10 frames a second), question 2 is
    labelled 0. One more person stands in ``test_unlabeled``. Paths hold a space.
    """
    generator = np.random.default_rng(seed)
    data = root / "data"
    (data / "split").mkdir(parents=True)
    (data / "split" / "class_id.yaml").write_text("With A-H: 1\nNo A-H: 0\n")
    truth: dict[str, tuple[str, int]] = {}
    lists: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    annotations: list[str] = []
    for index in range(n):
        part = ("train", "val", "test", "train")[index % 4]
        for question in (1, 2):
            name, label = bah_name(f"p{index:03d}", question), 2 - question
            path = f"Videos/p{index:03d}/Visite_1/{name}.mp4"
            lists[part].append(f"{path},{label},{SENTENCES[index % len(SENTENCES)]}")
            truth[name] = (part, label)
            _bah_files(data, path, name, n_frames=n_frames, with_video=with_video)
            shown = [int(label and 5 <= frame < 10) for frame in range(n_frames)]
            annotations.append(f'"{path}":\n  frame_annotation:')
            for frame, mark in enumerate(shown):
                annotations.append(f"  - !!python/tuple [{frame}, {mark}]")
            folder = data / "features" / "compacted_48" / name
            folder.mkdir(parents=True)
            for stem, width in (("video", 8), ("vggish", 128), ("bert", 16)):
                np.save(folder / f"{stem}.npy", generator.normal(1, 1, (n_frames, width)))
    for part, lines in lists.items():
        (data / "split" / f"{part}.txt").write_text("\n".join(lines) + "\n")
    (data / "video_annotation.yaml").write_text("\n".join(annotations) + "\n")
    hidden = root / "test_unlabeled"
    (hidden / "split").mkdir(parents=True)
    name = bah_name("p900", 1)
    path = f"Videos/p900/Visite_1/{name}.mp4"
    (hidden / "split" / "test.txt").write_text(f"{path},{SENTENCES[0]}\n")
    _bah_files(hidden, path, name, n_frames=n_frames, with_video=with_video)
    return truth


def _bah_files(base: Path, path: str, name: str, *, n_frames: int, with_video: bool) -> None:
    if with_video:
        write_clip(base / path, n_frames=n_frames)
    folder = base / "transcription" / path
    folder.mkdir(parents=True)
    chunks = [
        "chunks:",
        "- text: ' I keep saying Monday,'",
        "  timestamp: !!python/tuple [0.0, 0.9]",
        "- text: ' and then it is Tuesday'",
        "  timestamp: !!python/tuple [0.9, null]",
    ]
    (folder / f"{name}.yml").write_text("\n".join(chunks) + "\n")
