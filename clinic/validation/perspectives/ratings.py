"""EmoBank's single ratings: how much of writers' and readers' difference is more than noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.validation.study_intervals import Weighted, weighted_correlation

Floats = NDArray[np.float64]

#: Valence among the columns of the rating files.
VALENCE = "V"
PERSPECTIVES = ("reader", "writer")
#: Published means are rounded to two decimals.
ROUNDING = 0.006


@dataclass(frozen=True, kw_only=True, eq=False)
class HalfMeans:
    """Mean valence by two halves of the raters of each sentence, for both perspectives.

    Args:
        documents: Of each sentence.
        reader, writer: Shape (n_sentences, 2).
    """

    documents: tuple[str, ...]
    reader: Floats
    writer: Floats


def read_ratings(folder: Path) -> dict[str, pd.DataFrame]:
    """Return single valence ratings by perspective: columns ``id`` and ``V``.

    The corpus lists ratings that its authors left out of the published means. Kept are the
    sentences of which, in both perspectives, every single rating is in the published mean: on
    the others the single ratings are not those that the means rest on.

    Raises:
        SetupError: A file is missing or has other columns, or no sentence is left.
    """
    single = {p: _read(folder / "corpus" / f"individual_{p}_ratings.csv") for p in PERSPECTIVES}
    published = {p: _read(folder / "corpus" / f"{p}.csv", "N") for p in PERSPECTIVES}
    kept = set.intersection(*(_whole(single[p], published[p]) for p in PERSPECTIVES))
    if not kept:
        raise SetupError("no sentence of EmoBank whose mean rests on all its ratings (folder)")
    return {p: single[p][single[p]["id"].isin(kept)] for p in PERSPECTIVES}


def halved(ratings: dict[str, pd.DataFrame], generator: np.random.Generator) -> HalfMeans:
    """Split the raters of every sentence at random; sentences with one rater are left out."""
    reader, writer = (_half_means(ratings[name], generator) for name in ("reader", "writer"))
    both = reader.join(writer, how="inner", lsuffix="_reader", rsuffix="_writer").sort_index()
    values = both.to_numpy(dtype=np.float64)
    return HalfMeans(
        documents=documents_of(list(both.index)), reader=values[:, :2], writer=values[:, 2:]
    )


def documents_of(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the document of each sentence: its id without first and last character.

    Example:
        >>> documents_of(["110CYL068_1036_1079", "news_a_0_12"])
        ('110CYL068', 'news_a')
    """
    return tuple(str(name).rsplit("_", 2)[0] for name in ids)


def reliability(first: Floats, second: Floats) -> Weighted:
    """Return the statistic "reliability of the mean of both halves".

    Source:
        Spearman (1910) and Brown (1910): 2 r / (1 + r), r the correlation of the halves.
    """
    correlation = weighted_correlation(first, second)

    def statistic(weights: Floats) -> Floats:
        r = correlation(weights)
        return np.asarray(2 * r / (1 + r))

    return statistic


def disattenuated(halves: HalfMeans) -> Weighted:
    """Return the statistic "correlation of writer and reader if both were rated without noise".

    Source:
        Spearman (1904), doi:10.2307/1412159: r / sqrt(reliability x reliability).
    """
    whole = weighted_correlation(halves.reader.mean(axis=1), halves.writer.mean(axis=1))
    of_reader = reliability(halves.reader[:, 0], halves.reader[:, 1])
    of_writer = reliability(halves.writer[:, 0], halves.writer[:, 1])

    def statistic(weights: Floats) -> Floats:
        product = np.maximum(of_reader(weights) * of_writer(weights), 0.0)
        return np.asarray(whole(weights) / np.sqrt(np.where(product > 0, product, np.nan)))

    return statistic


def _half_means(ratings: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    shuffled = ratings.sort_values("id", kind="stable")
    shuffled = shuffled.assign(key=generator.random(len(shuffled))).sort_values(["id", "key"])
    rank = shuffled.groupby("id").cumcount()
    n_raters = shuffled.groupby("id")[VALENCE].transform("size")
    half = (rank >= n_raters // 2).astype(int)
    means = shuffled.groupby(["id", half])[VALENCE].mean().unstack()
    return means.dropna()


def _read(path: Path, *further: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path, usecols=["id", VALENCE, *further])
    except (OSError, ValueError) as error:
        raise SetupError(f"{path.name} is missing from EmoBank or is another (folder)") from error


def _whole(single: pd.DataFrame, published: pd.DataFrame) -> set[str]:
    """Return the sentences whose published mean rests on all their single ratings."""
    means = single.groupby("id")[VALENCE].agg(["mean", "size"])
    both = means.join(published.set_index("id"), how="inner")
    same = (both["size"] == both["N"]) & ((both["mean"] - both[VALENCE]).abs() < ROUNDING)
    return set(both.index[same])
