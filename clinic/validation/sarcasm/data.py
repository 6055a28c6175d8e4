"""MUStARD and GoEmotions as texts with an answer: sarcastic or not, mixed feelings or one."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.errors import SetupError


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Lines of television series.

    Args:
        before: What the same speaker said earlier in the scene, in order.
        is_sarcastic: Shape (n_lines,).
    """

    texts: tuple[str, ...]
    speakers: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    is_sarcastic: NDArray[np.bool_]


def read_lines(folder: Path) -> Lines:
    """Read MUStARD.

    Raises:
        SetupError: ``data/sarcasm_data.json`` is missing.
    """
    path = folder / "data" / "sarcasm_data.json"
    if not path.is_file():
        raise SetupError(f"no data/sarcasm_data.json in {folder.name}")
    items = list(json.loads(path.read_text(encoding="utf-8")).values())
    return Lines(
        texts=tuple(item["utterance"] for item in items),
        speakers=tuple(item["speaker"] for item in items),
        before=tuple(
            tuple(
                text
                # Some scenes name fewer speakers than they have lines.
                for text, who in zip(item["context"], item["context_speakers"], strict=False)
                if who == item["speaker"]
            )
            for item in items
        ),
        is_sarcastic=np.array([item["sarcasm"] for item in items], dtype=bool),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Comments:
    """Comments in which people agreed on a feeling.

    Args:
        is_mixed: Shape (n_comments,), at least one positive and one negative emotion.
    """

    texts: tuple[str, ...]
    is_mixed: NDArray[np.bool_]


def read_comments(folder: Path) -> Comments:
    """Read all splits of GoEmotions in its grouping by sentiment, comments with a feeling alone.

    Raises:
        SetupError: A file is missing.
    """
    group = folder / "data" / "group"
    paths = [group / name for name in ("labels.txt", "train.tsv", "dev.tsv", "test.tsv")]
    for path in paths:
        if not path.is_file():
            raise SetupError(f"no data/group/{path.name} in {folder.name}")
    names = paths[0].read_text(encoding="utf-8").split()
    rows = pd.concat(
        pd.read_csv(path, sep="\t", header=None, names=["text", "labels", "id"], quoting=3)
        for path in paths[1:]
    )
    labels = [{names[int(i)] for i in str(row).split(",")} for row in rows["labels"]]
    felt = np.array([bool(row & {"positive", "negative"}) for row in labels])
    mixed = np.array([row >= {"positive", "negative"} for row in labels])
    texts = tuple(str(text) for text, is_felt in zip(rows["text"], felt, strict=True) if is_felt)
    return Comments(texts=texts, is_mixed=mixed[felt])
