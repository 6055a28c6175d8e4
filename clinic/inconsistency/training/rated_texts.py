"""Texts with what people said about them, in the official splits, none of them in two."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, kw_only=True, eq=False)
class RatedTexts:
    """Texts of one corpus.

    Args:
        texts: One per row.
        split: Shape (n,), each one of ``SPLITS``.
        units: Shape (n,), what each text is drawn with for an interval: its document, where
            one is known, for sentences of one document resemble each other.
        outputs: Name of each rated quantity.
        targets: Shape (n, n_outputs).
    """

    texts: tuple[str, ...]
    split: NDArray[np.str_]
    units: NDArray[np.str_]
    outputs: tuple[str, ...]
    targets: Floats

    def __post_init__(self) -> None:
        shape = (len(self.texts), len(self.outputs))
        found = (self.targets.shape, self.split.shape, self.units.shape)
        if found != (shape, shape[:1], shape[:1]):
            raise ValueError(f"targets, split and units {found} of {shape[0]} texts")

    def __len__(self) -> int:
        return len(self.texts)

    def in_split(self, split: str) -> NDArray[np.intp]:
        """Return the rows of a split."""
        return np.flatnonzero(self.split == split)

    def take(self, rows: NDArray[np.intp]) -> "RatedTexts":
        """Return some rows."""
        return replace(
            self,
            texts=tuple(self.texts[row] for row in rows),
            split=self.split[rows],
            units=self.units[rows],
            targets=self.targets[rows],
        )


def same_text(text: str) -> str:
    """Return what two copies of a text share: letters' case and runs of blanks do not count."""
    return " ".join(text.casefold().split())


def without_repeats(rated: RatedTexts) -> tuple[RatedTexts, dict[str, int]]:
    """Leave out of training what is in dev or test, and out of dev what is in test.

    The test split stays as published, so that its figures can be compared with others'.

    Returns:
        The rest, and the number of rows left out of ``train`` and of ``dev``.
    """
    keys = np.array([same_text(text) for text in rated.texts], dtype=object)
    seen = {split: set(keys[rated.in_split(split)]) for split in SPLITS}
    banned = {"train": seen["dev"] | seen["test"], "dev": seen["test"], "test": set()}
    keep = np.array(
        [key not in banned[split] for key, split in zip(keys, rated.split, strict=True)], dtype=bool
    )
    left_out = {
        split: int((~keep[rated.in_split(split)]).sum()) for split in SPLITS if split != "test"
    }
    return rated.take(np.flatnonzero(keep)), left_out
