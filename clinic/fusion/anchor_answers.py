"""What a neural network answers where nothing was observed: its anchors, not a guess."""

import torch
from torch import Tensor

from clinic.fusion.base import FusionNetwork, FusionOutputs
from clinic.fusion.heads import LOGISTIC_SD, Heads


def anchored_where_unseen(
    network: FusionNetwork, heads: Heads, outputs: FusionOutputs, seen: Tensor
) -> FusionOutputs:
    """Replace the answers of recordings in which nothing was seen by the anchors of the heads.

    A trained bias term would answer too, but with what it happened to learn beside other
    inputs. The anchors are the mean, deviation and prevalence of the training participants.

    Args:
        seen: Shape (B,), whether anything was observed.
    """
    spread = heads.deviation / LOGISTIC_SD
    scores, items = {}, {}
    for place, condition in enumerate(heads.scored):
        anchor = slice(place, place + 1)
        prior, answers = network.distribution(condition, heads.location[anchor], spread[anchor])
        scores[condition] = torch.where(seen[:, None], outputs.scores[condition], prior)
        if answers is not None:
            items[condition] = torch.where(seen[:, None, None], outputs.items[condition], answers)
    shares = torch.sigmoid(heads.prior)
    ratings = {
        condition: torch.where(seen, outputs.ratings[condition], shares[place])
        for place, condition in enumerate(heads.rated)
    }
    return FusionOutputs(scores, ratings, outputs.segments, outputs.observed, items)
