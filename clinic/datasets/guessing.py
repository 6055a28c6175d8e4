"""Which corpus a folder is, by the files that only this corpus has."""

from collections.abc import Callable, Iterator
from pathlib import Path

from clinic.errors import SetupError


def _has(*names: str) -> Callable[[Path], bool]:
    return lambda root: all(any(root.glob(name)) for name in names)


def _any(*names: str) -> Callable[[Path], bool]:
    return lambda root: any(any(root.glob(name)) for name in names)


#: Choice of ``conf/data`` -> does the folder look like it?
SIGNS: dict[str, Callable[[Path], bool]] = {
    "manifest": _any("manifest.csv", "manifest.parquet"),
    "daic_woz": _any("*_split_Depression_AVEC2017.csv"),
    "e_daic": _any("labels/*_split.csv", "labels/Detailed_PHQ8_Labels.csv", "metadata_mapped.csv"),
    "bah": _any("data/split/train.txt", "data/split/val.txt", "data/split/test.txt"),
    "dvlog": _has("labels.csv", "*/*_acoustic.npy"),
    "lmvd": _any("Video_feature/*.csv", "Audio_feature/*.npy"),
    "eatd": _any(
        *(f"{place}/*label.txt" for place in ("t_*", "v_*", "train/*", "validation/*")),
    ),
    "modma": _any(
        "subjects_information_audio_lanzhou_2015.xlsx",
        "audio_lanzhou_2015/subjects_information_audio_lanzhou_2015.xlsx",
    ),
    "avec2014": _any(*(f"{'*/' * depth}???_?_Northwind*" for depth in range(4))),
    "avec2013": _any(*(f"{'*/' * depth}???_?_cut*" for depth in range(4))),
}


def guess(root: Path) -> str:
    """Return the one choice of ``conf/data`` that the folder looks like.

    Raises:
        SetupError: It looks like none, or like several: lists the known ones.
    """
    found = list(_matches(root))
    if len(found) == 1:
        return found[0]
    looks = f"like {' and '.join(found)}" if found else "like no known corpus"
    raise SetupError(f"the folder looks {looks}: give data=NAME, one of {', '.join(SIGNS)}")


def _matches(root: Path) -> Iterator[str]:
    for name, looks_like in SIGNS.items():
        if looks_like(root):
            yield name
