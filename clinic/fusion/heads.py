"""Heads that every neural fusion model shares: from pooled and single segments to distributions."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clinic.fusion.arrays import CaseSet, rated_shares
from clinic.fusion.base import FusionNetwork, FusionOutputs
from clinic.fusion.blocks import linear
from clinic.fusion.distribution import LOGISTIC_SD as LOGISTIC_SD
from clinic.records import Condition

#: Narrowest spread that a head may claim, as a share of the training scores' deviation.
LEAST_SPREAD_SHARE = 0.1


class Heads(nn.Module):
    """From a pooled recording (B, W) and its segments (B, S, D) to distributions."""

    location: Tensor
    deviation: Tensor
    prior: Tensor

    def __init__(
        self, network: FusionNetwork, pooled: int, width: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.scored = [scale.condition for scale in network.scored]
        self.rated = [scale.condition for scale in network.rated]
        n_outputs = 2 * len(self.scored) + len(self.rated)
        self.body = nn.Sequential(
            nn.LayerNorm(pooled),
            nn.Dropout(dropout),
            nn.Linear(pooled, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, n_outputs),
        )
        self.segment = nn.Sequential(nn.LayerNorm(width), linear(width, len(self.rated)))
        # A rating of the whole recording also rests on its segments: mean and highest log-odds.
        self.from_segments = nn.Parameter(torch.full((len(self.rated), 2), 0.25))
        self.register_buffer("location", torch.zeros(len(self.scored)))
        self.register_buffer("deviation", torch.ones(len(self.scored)))
        self.register_buffer("prior", torch.zeros(len(self.rated)))

    def restart(self) -> None:
        """Give every rating the same share of its segments again."""
        with torch.no_grad():
            self.from_segments.fill_(0.25)

    def set_anchors(self, training: CaseSet) -> None:
        """Start from the training participants' mean, deviation and prevalence."""
        for place, condition in enumerate(self.scored):
            known = training.targets[condition][~np.isnan(training.targets[condition])]
            self.location[place] = float(known.mean())
            self.deviation[place] = max(float(known.std()), 1e-3)
        for place, condition in enumerate(self.rated):
            rated = rated_shares(training, condition)
            known = rated[~np.isnan(rated)]
            # One pseudo-count each way: a rating that nobody or everybody shows stays finite.
            share = (known.sum() + 1) / (len(known) + 2)
            self.prior[place] = float(np.log(share / (1 - share)))

    def forward(
        self,
        network: FusionNetwork,
        pooled: Tensor,
        segments: Tensor,
        observed: Tensor,
        linear: tuple[Tensor, Tensor] | None = None,
    ) -> FusionOutputs:
        """Return distributions; ``linear`` is added to what the recording and segments say."""
        raw = self.body(pooled)
        segment_logits = self.segment(segments)
        if linear is not None:
            raw, segment_logits = raw + linear[0], segment_logits + linear[1]
        scores: dict[Condition, Tensor] = {}
        items: dict[Condition, Tensor] = {}
        for place, condition in enumerate(self.scored):
            location = self.location[place] + self.deviation[place] * raw[:, 2 * place]
            share = F.softplus(raw[:, 2 * place + 1]) + LEAST_SPREAD_SHARE
            spread = self.deviation[place] * share / LOGISTIC_SD
            scores[condition], answers = network.distribution(condition, location, spread)
            if answers is not None:
                items[condition] = answers
        ratings: dict[Condition, Tensor] = {}
        per_segment: dict[Condition, Tensor] = {}
        for place, condition in enumerate(self.rated):
            logits = segment_logits[..., place]
            count = observed.sum(dim=1).clamp_min(1)
            mean = (logits * observed).sum(dim=1) / count
            highest = logits.masked_fill(~observed, -1e4).amax(dim=1)
            highest = torch.where(observed.any(dim=1), highest, torch.zeros_like(highest))
            weight = self.from_segments[place]
            logit = raw[:, 2 * len(self.scored) + place] + self.prior[place]
            ratings[condition] = torch.sigmoid(logit + weight[0] * mean + weight[1] * highest)
            per_segment[condition] = torch.sigmoid(logits)
        return FusionOutputs(scores, ratings, per_segment, observed, items)
