"""GoEmotions: comments and the emotions that raters saw in them, in three vocabularies."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.training.rated_texts import SPLITS, RatedTexts

#: 28 emotions, the six of Ekman with neutral, and pleasant / unpleasant / ambiguous / neutral.
TAXONOMIES = ("original", "ekman", "group")


def read_goemotions(folder: Path) -> RatedTexts:
    """Return every comment of the official split with a 1 for each emotion that it was given.

    Outputs are ``original_admiration``, ..., ``ekman_anger``, ..., ``group_positive``.

    Args:
        folder: Holds ``data/<taxonomy>/{labels.txt,train.tsv,dev.tsv,test.tsv}``; the rows of
            the taxonomies are the same comments in the same order.

    Raises:
        SetupError: A file is missing, a row is no (text, labels, id), or the files differ.

    Source:
        Demszky et al. (2020), doi:10.18653/v1/2020.acl-main.372.
    """
    data = folder / "data"
    try:
        names = {t: (data / t / "labels.txt").read_text("utf-8").split() for t in TAXONOMIES}
        rows = {t: [_rows(data / t / f"{s}.tsv") for s in SPLITS] for t in TAXONOMIES}
    except OSError as error:
        raise SetupError(f"no GoEmotions at that folder: {error} (--goemotions)") from error
    texts = [[text for text, _, _ in part] for part in rows["original"]]
    if any([[text for text, _, _ in part] for part in rows[t]] != texts for t in TAXONOMIES):
        raise SetupError("GoEmotions: the taxonomies hold different comments (--goemotions)")
    targets = [
        _marks([labels for part in rows[t] for _, labels, _ in part], len(names[t]))
        for t in TAXONOMIES
    ]
    return RatedTexts(
        texts=tuple(text for part in texts for text in part),
        split=np.repeat(np.array(SPLITS), [len(part) for part in texts]),
        units=np.array([key for part in rows["original"] for _, _, key in part]),
        outputs=tuple(f"{t}_{name}" for t in TAXONOMIES for name in names[t]),
        targets=np.hstack(targets),
    )


def taxonomy_columns(outputs: tuple[str, ...]) -> Mapping[str, NDArray[np.intp]]:
    """Return where the outputs of each taxonomy stand."""
    return {
        taxonomy: np.array(
            [i for i, name in enumerate(outputs) if name.startswith(f"{taxonomy}_")], dtype=np.intp
        )
        for taxonomy in TAXONOMIES
    }


def _rows(file: Path) -> list[tuple[str, list[int], str]]:
    rows = []
    # No line splitting but at \n: comments hold other characters that Python takes for line ends.
    for line in file.read_text("utf-8").rstrip("\n").split("\n"):
        parts = line.rstrip("\r").split("\t")
        if len(parts) != 3 or not parts[1].replace(",", "").isdigit():
            raise SetupError(f"GoEmotions: {file.name} has a row of {len(parts)} fields, 3 needed")
        rows.append((parts[0], [int(label) for label in parts[1].split(",")], parts[2]))
    return rows


def _marks(labels: list[list[int]], n_names: int) -> NDArray[np.float64]:
    marks = np.zeros((len(labels), n_names))
    for row, found in enumerate(labels):
        if max(found) >= n_names:
            raise SetupError(f"GoEmotions: label {max(found)}, below {n_names} needed")
        marks[row, found] = 1.0
    return marks
