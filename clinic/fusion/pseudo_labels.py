"""Who counts as consistent when nobody said: labels from how far two modalities' affect is apart.

Per recording and modality, the shares of segments whose affect is low, middle and high; each
share is put on the scale of the training participants, and the distance between the two
modalities tells consistent from inconsistent recordings. Those in between have no label.

Source: a public re-implementation of ATEI (arXiv:2412.18614), with three changes. Means,
deviations and percentiles come from the training participants alone (there: from everybody).
Shares take the place of counts, because interviews differ in length. Affect is a measured
column cut into three, not the answer of an emotion classifier.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from clinic.errors import SetupError
from clinic.fusion.arrays import CaseSet, pad
from clinic.fusion.blocks import LEAST_SD, Standardiser
from clinic.fusion.layout import FeatureLayout
from clinic.records import Modality

#: The two modalities whose affect is compared.
COMPARED = (Modality.TEXT, Modality.VOICE)
#: Fewest training participants with both affects from whom percentiles are read.
LEAST_PARTICIPANTS = 10


class PseudoLabels(nn.Module):
    """Labels 1 (inconsistent), 0 (consistent) or NaN, from two columns of the inputs.

    Args:
        columns: Places of the affect of words and of voice among the inputs; empty: no labels.
        cut_sd: Affect beyond this on either side of its mean is high or low, in standard
            deviations over the segments of the training participants.
        percentiles: Distances up to the first are consistent, from the second inconsistent.
    """

    columns: Tensor
    mean: Tensor
    sd: Tensor
    thresholds: Tensor

    def __init__(
        self, columns: Sequence[int], *, cut_sd: float, percentiles: tuple[float, float]
    ) -> None:
        super().__init__()
        low, high = percentiles
        if not 0 < low <= high < 100:
            raise SetupError(f"percentiles {low:g} and {high:g}, 0 < first <= second < 100 needed")
        self.percentiles = percentiles
        self.cut_sd = cut_sd
        self.register_buffer("columns", torch.tensor(columns, dtype=torch.long), persistent=False)
        self.standardiser = Standardiser(len(columns))
        self.register_buffer("mean", torch.zeros(len(columns), 3))
        self.register_buffer("sd", torch.ones(len(columns), 3))
        self.register_buffer("thresholds", torch.full((2,), torch.nan))

    @property
    def is_fitted(self) -> bool:
        """Whether thresholds are known."""
        return not bool(torch.isnan(self.thresholds).any())

    def fit(self, training: CaseSet) -> None:
        """Fit on the training participants, each counting once; too few of them leave it unfitted.

        Participants count who have both affects.
        """
        self.thresholds.fill_(torch.nan)
        if not len(self.columns):
            return
        places = self.columns.numpy()
        self.standardiser.fit([value[:, places] for value in training.values])
        shares = self._shares(*pad(training.values)).numpy().astype(np.float64)
        known = ~np.isnan(shares).any(axis=(1, 2))
        people = np.array(training.participant_ids)[known]
        if len(set(people)) < LEAST_PARTICIPANTS:
            return
        per_person = _means(shares[known], people)
        sd = per_person.std(axis=0)
        self.mean.copy_(torch.from_numpy(per_person.mean(axis=0)))
        self.sd.copy_(torch.from_numpy(np.where(sd < LEAST_SD, 1.0, sd)))
        apart = self._apart(torch.from_numpy(per_person).to(torch.float32)).numpy()
        self.thresholds.copy_(torch.from_numpy(np.percentile(apart, self.percentiles)))

    def distances(self, values: Tensor, segment_mask: Tensor) -> Tensor:
        """Return how far apart the two affects are, shape (B,); NaN where one is unobserved."""
        return self._apart(self._shares(values, segment_mask))

    def forward(self, values: Tensor, segment_mask: Tensor) -> Tensor:
        """Return labels (B,) of values (B, S, F); NaN between the thresholds or unobserved."""
        if not self.is_fitted:
            return torch.full_like(values[:, 0, 0], torch.nan)
        apart = self.distances(values, segment_mask)
        labels = torch.full_like(apart, torch.nan)
        labels[apart <= self.thresholds[0]] = 0.0
        labels[apart >= self.thresholds[1]] = 1.0
        return labels

    def _shares(self, values: Tensor, segment_mask: Tensor) -> Tensor:
        """Return shares of low, middle, high segments, (B, 2, 3); NaN where none is observed."""
        affect, observed = self.standardiser(values[..., self.columns], segment_mask)
        high, low = affect > self.cut_sd, affect < -self.cut_sd
        kinds = torch.stack([low, ~high & ~low, high], dim=-1) & observed[..., None]
        return kinds.sum(dim=1) / observed.sum(dim=1)[..., None]

    def _apart(self, shares: Tensor) -> Tensor:
        words, voice = ((shares - self.mean) / self.sd).unbind(dim=1)
        return (words - voice).square().sum(dim=1).sqrt()


def affect_columns(
    layout: FeatureLayout, affect: Mapping[str, Mapping[str, str]]
) -> tuple[tuple[int, ...], str]:
    """Return the places of the named affect columns, or none and the reason in words.

    Args:
        affect: Per modality (text, voice) the ``table`` and ``column`` that carry its affect.
    """
    named = {(column.table, column.column): i for i, column in enumerate(layout.columns)}
    places = []
    for modality in COMPARED:
        if modality not in affect:
            return (), f"no column carries the affect of {modality} (fusion.affect)"
        table, column = affect[modality]["table"], affect[modality]["column"]
        if (table, column) not in named:
            return (), (
                f"{table}.{column} is not among the columns read (fusion.affect, fusion.tables)"
            )
        places.append(named[table, column])
    return tuple(places), ""


def _means(rows: NDArray[np.float64], people: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the mean over the recordings of each person."""
    return np.stack([rows[people == person].mean(axis=0) for person in dict.fromkeys(people)])
