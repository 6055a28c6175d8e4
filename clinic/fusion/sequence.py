"""What models over the sequence of segments share: streams with their order, heads, settings.

A case holds the participant's own turns alone (``clinic.io.segments``), so nothing of what an
interviewer said enters a stream.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clinic.fusion.anchor_answers import anchored_where_unseen
from clinic.fusion.attention import place_code
from clinic.fusion.base import FusionOutputs
from clinic.fusion.blocks import LinearPath
from clinic.fusion.heads import Heads
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.modality_tokens import ModalityTokens
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Modality, Scale


@dataclass(frozen=True, kw_only=True)
class SequenceRecipe(TokenRecipe):
    """Settings of every model over the sequence of segments.

    Args:
        linear_path: Whether a linear map of pooled statistics stands beside the network.
    """

    linear_path: bool


@dataclass(frozen=True, eq=False)
class Streams:
    """What was observed of a batch, per modality of the layout.

    Args:
        tokens: One per segment, shape (B, S, D), zero where absent.
        present: Shape (B, S).
        inputs, columns: Standardised values and their mask, shape (B, S, F).
    """

    tokens: Mapping[Modality, Tensor]
    present: Mapping[Modality, Tensor]
    inputs: Tensor
    columns: Tensor

    @property
    def observed(self) -> Tensor:
        """Whether any modality was observed in a segment, shape (B, S)."""
        return torch.stack(list(self.present.values())).any(dim=0)


class SequenceNetwork(NeuralNetwork):
    """Base of networks over the sequence of segments.

    Args:
        pooled: Size of the pooled recording that the heads read.
    """

    def __init__(
        self,
        layout: FeatureLayout,
        scales: Sequence[Scale],
        settings: SequenceRecipe,
        *,
        pooled: int,
    ) -> None:
        super().__init__(layout, scales)
        self.encoder = ModalityTokens(layout, settings)
        self.heads = Heads(self, pooled, settings.width, settings.width, settings.dropout)
        n_outputs = 2 * len(self.scored) + len(self.rated)
        self.linear = (
            LinearPath(layout.blocks, n_outputs, len(self.rated), settings.input_dropout)
            if settings.linear_path
            else None
        )

    def head_sets(self) -> tuple[Heads, ...]:
        """The one set of heads."""
        return (self.heads,)

    def restart(self) -> None:
        """The linear path starts from saying nothing."""
        if self.linear is not None:
            self.linear.restart()

    def streams(self, values: Tensor, segment_mask: Tensor) -> Streams:
        """Return tokens per modality; in training some modalities are dropped."""
        inputs, observed = self.standardiser(values, segment_mask)
        observed = self.encoder.survivors(observed)
        inputs = inputs * observed
        tokens, present = self.encoder(inputs, observed)
        return Streams(tokens, present, inputs, observed)

    def answer(self, streams: Streams, pooled: Tensor, segments: Tensor) -> FusionOutputs:
        """Return distributions from the pooled recording (B, W) and its segments (B, S, D).

        Where nothing was observed the answer is what the training participants were like.
        """
        observed = streams.observed
        linear = self.linear(streams.inputs, streams.columns) if self.linear is not None else None
        outputs = self.heads(self, pooled, segments, observed, linear)
        return anchored_where_unseen(self, self.heads, outputs, observed.any(dim=1))


def placed(tokens: Tensor, present: Tensor) -> Tensor:
    """Return tokens (B, S, D) with the code of their place in the interview added."""
    code = place_code(tokens.shape[1], tokens.shape[2], tokens.device)
    return tokens + code * present[..., None]


def mean_of_present(rows: Mapping[Modality, Tensor], present: Mapping[Modality, Tensor]) -> Tensor:
    """Return the mean (B, S, D) over the streams that were observed in a segment, else zeros."""
    weights = torch.stack([present[m] for m in rows]).to(torch.float32)[..., None]
    total = (torch.stack(list(rows.values())) * weights).sum(dim=0)
    return total / weights.sum(dim=0).clamp_min(1.0)
