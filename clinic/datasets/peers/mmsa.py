"""MMSA's feature files: text, audio and vision of utterances, padded, in one pickle.

Structure (MMSA 2.x, ``src/MMSA/data_loader.py`` of github.com/thuiar/MMSA): ``{train, valid, test:
{id, raw_text, text, audio, vision, text_bert?, audio_lengths?, vision_lengths?, regression_labels,
classification_labels?, annotations?}}``; arrays have the shape (utterances, steps, features).
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import finding, part_named, people_in_two_parts
from clinic.datasets.peers.mmsa_names import Named, names_of
from clinic.datasets.peers.mmsa_steps import Steps, steps_of
from clinic.datasets.peers.plain_pickle import read_plain_pickle
from clinic.datasets.shipped.npy import numbered
from clinic.errors import SetupError
from clinic.records import FeatureSpec, FeatureTable, Modality, Reference, Stamp, package_version

MODALITIES = {"text": Modality.TEXT, "audio": Modality.VOICE, "vision": Modality.FACE}
SENTIMENT = "sentiment"
REGRESSION = "regression_label"
CLASSES = ("negative", "neutral", "positive")
SOURCE = "MMSA feature file, Mao et al. (2022), doi:10.18653/v1/2022.acl-demo.20"

Part = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Mmsa:
    """Reads one feature file of MMSA.

    A recording is an utterance; a participant is a video, the part of the id before ``$_$``, so
    that utterances of one speaker do not stand in two folds. The label is kept as attributes:
    ``sentiment`` (``negative``, ``neutral``, ``positive``: MMSA's own annotation, else the sign
    of the regression label, neutral at exactly 0) and ``regression_label`` on MMSA's own scale.
    No score of a condition is made of it.

    Args:
        step_s: Nominal length of a step. MMSA keeps no times: seconds are step numbers times
            this.
    """

    step_s: float
    name: str = "mmsa"

    def read(self, path: Path) -> CorpusReading:
        """Read the file; all of it stays in memory.

        Raises:
            DataError: Missing, damaged, or it holds anything but plain arrays.
            SetupError: Plain arrays, but none of MMSA's structure: names what was looked for.
        """
        content = read_plain_pickle(path)
        findings: list[Finding] = []
        parts = _parts(content, findings)
        has_test = any(role == "test" and len(part["id"]) for role, part in parts.items())
        if not has_test:
            text = "no part test: no official split is written"
            findings.append(finding(FindingKind.MISSING, "parts", text))
        named = names_of([(str(one), *own) for part in parts.values() for one, own in _ids(part)])
        rest = iter(named)
        items = [
            self._item(part, row, next(rest), role if has_test else None, findings)
            for role, part in parts.items()
            for row in range(len(part["id"]))
        ]
        findings += people_in_two_parts(items)
        text = "each video counts as one participant: the part of the id before $_$"
        findings.append(finding(FindingKind.REPAIRED, "participants", text))
        roles = Counter(item.part for item in items)
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts={
                "recordings": len(items),
                **{str(role): n for role, n in roles.items() if role},
            },
        )

    def _item(
        self, part: Part, row: int, named: Named, role: str | None, findings: list[Finding]
    ) -> CorpusItem:
        attributes = _attributes(part, row)
        if SENTIMENT not in attributes:
            text = "neither annotation nor regression label: no class"
            findings.append(finding(FindingKind.MISSING, named.recording_id, text))
        return CorpusItem(
            recording_id=named.recording_id,
            participant_id=named.participant_id,
            reference=Reference(
                recording_id=named.recording_id,
                participant_id=named.participant_id,
                scores={},
                attributes=attributes,
            ),
            part=role,
            tables=partial(self._tables, part, row),
        )

    def _tables(self, part: Part, row: int) -> tuple[FeatureTable, ...]:
        steps = steps_of({kind: part[kind] for kind in MODALITIES if kind in part}, part, row)
        own = part.get("step_times")
        times = None if own is None else np.asarray(own[row], dtype=np.float64)
        return tuple(self._table(kind, part, found, times) for kind, found in steps.items())

    def _table(
        self, kind: str, part: Part, steps: Steps, times: NDArray[np.float64] | None
    ) -> FeatureTable:
        n_steps, n_columns = steps.values.shape
        columns = part.get("columns", {}).get(kind) or numbered(kind, n_columns)
        notes = steps.notes
        if times is None:
            edges = np.arange(n_steps + 1) * self.step_s
            times = np.stack([edges[:-1], edges[1:]], axis=1)
            notes = (f"MMSA keeps no times: a step counts {self.step_s:g} s", *notes)
        return FeatureTable(
            name=f"mmsa_{kind}",
            modality=MODALITIES[kind],
            row_kind="frame",
            specs=tuple(_spec(str(name), kind) for name in columns),
            start_s=times[:n_steps, 0],
            end_s=times[:n_steps, 1],
            values=steps.values,
            coverage=np.isfinite(steps.values).any(axis=1).astype(np.float64),
            stamp=Stamp(
                component="clinic.datasets.peers.mmsa.Mmsa",
                version=package_version("clinic-screening"),
                settings={"step_s": self.step_s},
                licence="licence of the corpus: see its end-user agreement",
            ),
            notes=notes,
        )


def _parts(content: Any, findings: list[Finding]) -> dict[str, Part]:
    """Return the parts by our names, each with arrays of one length."""
    if not isinstance(content, dict) or not any(
        part_named(str(name)) and isinstance(part, dict) for name, part in content.items()
    ):
        raise SetupError("no MMSA file: a dict with train, valid and test needed")
    parts: dict[str, Part] = {}
    for name, part in content.items():
        role = part_named(str(name))
        if role is None or not isinstance(part, dict):
            text = "none of train, valid, test: left out"
            findings.append(finding(FindingKind.EXTRA, str(name)[:40], text))
            continue
        parts[role] = _checked(str(name), part)
    return parts


def _checked(name: str, part: Mapping[Any, Any]) -> Part:
    """Return a part whose fields agree.

    Raises:
        SetupError: No ids, no modality, or arrays of another length or shape.
    """
    if "id" not in part:
        raise SetupError(f"no MMSA file: {name} has no id")
    ids = np.asarray(part["id"], dtype=object).ravel()
    found: dict[str, Any] = {**{str(key): value for key, value in part.items()}, "id": ids}
    kinds = [kind for kind in MODALITIES if kind in found]
    if not kinds:
        raise SetupError(f"no MMSA file: {name} has none of {', '.join(MODALITIES)}")
    for kind in kinds:
        try:
            found[kind] = np.asarray(found[kind], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SetupError(f"MMSA file: {name}.{kind} is no array of numbers") from error
        if found[kind].ndim != 3 or len(found[kind]) != len(ids):
            raise SetupError(
                f"MMSA file: {name}.{kind} has shape {found[kind].shape}, "
                f"({len(ids)}, steps, features) needed"
            )
    return found


def _ids(part: Part) -> list[tuple[Any, tuple[str, ...]]]:
    """Return each id with our own recording and participant, where the file is ours."""
    own = [part.get("recording_id"), part.get("participant_id")]
    if any(one is None or len(one) != len(part["id"]) for one in own):
        return [(one, ()) for one in part["id"]]
    return [
        (one, (str(own[0][row]), str(own[1][row])))  # type: ignore[index]
        for row, one in enumerate(part["id"])
    ]


def _attributes(part: Part, row: int) -> dict[str, str]:
    """Return the class and the labels on MMSA's scale; nothing for what is not there."""
    attributes: dict[str, str] = {}
    value = _label(part, "regression_labels", row)
    word = str(_cell(part, "annotations", row) or "").strip().lower()
    if word in CLASSES:
        attributes[SENTIMENT] = word
    elif not math.isnan(value):
        attributes[SENTIMENT] = CLASSES[1 + int(np.sign(value))]
    if not math.isnan(value):
        attributes[REGRESSION] = repr(value)
    for channel in "TAV":  # CH-SIMS rates words, sound and picture apart
        one = _label(part, f"regression_labels_{channel}", row)
        if not math.isnan(one):
            attributes[f"{REGRESSION}_{channel}"] = repr(one)
    return attributes


def _cell(part: Part, name: str, row: int) -> Any:
    if name not in part or part[name] is None:
        return None
    values: NDArray[Any] = np.asarray(part[name])
    if values.size != len(part["id"]):
        raise SetupError(f"MMSA file: {name} has {values.size} values, {len(part['id'])} needed")
    return values.ravel()[row]


def _label(part: Part, name: str, row: int) -> float:
    cell = _cell(part, name, row)
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def _spec(name: str, kind: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="1",
        minimum=-math.inf,
        maximum=math.inf,
        source=SOURCE,
        group=f"mmsa {kind}",
        meaning=f"{kind} feature of an MMSA file",
    )
