"""The conflict-aware choice of ``conf/fusion``: settings, losses and fitting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from clinic.fusion.arrays import Batch, CaseSet, batch_of
from clinic.fusion.base import Ensemble, FusionNetwork, FusionOutputs, TrainerFactory
from clinic.fusion.conflict_network import PAIRS, ConflictAwareNetwork, Heads
from clinic.fusion.layout import FeatureLayout
from clinic.records import Condition, Scale

#: Shares of the text-only head that are tried on validation participants.
BLENDS = (0.0, 0.2, 0.4, 0.6, 0.8)
#: Temperature of the alignment loss and most segments that enter it per batch.
ALIGNMENT_TEMPERATURE = 0.2
ALIGNMENT_SEGMENTS = 128


@dataclass(frozen=True, kw_only=True)
class ConflictAware:
    """Conflict tokens, text-guided late fusion, a small ensemble.

    Args:
        tables: Names of feature tables per modality (text, voice, face, cross).
        n_members: Networks with different starting weights whose probabilities are averaged.
        width: Size of a token.
        bottleneck: Size to which a wide table (an embedding) is first reduced.
        input_dropout, dropout, modality_dropout: Shares dropped in training.
        text_weight: Share of the text-only head in the loss (arXiv:2603.15818: one half).
        segment_weight: Weight of the loss per segment against that per recording.
        alignment_weight: Weight of the loss that makes modalities share a space.
        optimiser: Makes the optimiser from the weights.
    """

    tables: Mapping[str, Sequence[str]]
    n_members: int
    width: int
    n_layers: int
    n_heads: int
    bottleneck: int
    input_dropout: float
    dropout: float
    modality_dropout: float
    text_weight: float
    segment_weight: float
    alignment_weight: float
    batch_size: int
    patience: int
    optimiser: object
    wide_from: int = 128

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted ensemble."""
        return Ensemble([self._member(layout, scales) for _ in range(self.n_members)], scales)

    def _member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> ConflictAwareNetwork:
        return ConflictAwareNetwork(
            layout,
            scales,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            bottleneck=self.bottleneck,
            wide_from=self.wide_from,
            input_dropout=self.input_dropout,
            dropout=self.dropout,
            modality_dropout=self.modality_dropout,
        )

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit every member from its own seed, then choose the share of words for each."""
        from clinic.fusion.task import fit

        assert isinstance(network, Ensemble)
        for place, member in enumerate(network.members):
            assert isinstance(member, ConflictAwareNetwork)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed + 1000 * place)
                _restart(member)
                member.standardiser.fit(training.values)
                for heads in (member.heads, member.text_heads):
                    set_anchors(heads, training)
                fit(
                    member,
                    training,
                    validation,
                    loss=self._training_loss,
                    validation_loss=self._validation_loss,
                    optimiser=self.optimiser,  # type: ignore[arg-type]
                    trainer=trainer,
                    batch_size=self.batch_size,
                    patience=self.patience,
                )
            choose_blend(member, batch_of(validation, range(len(validation))))

    def _training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        assert isinstance(network, ConflictAwareNetwork)
        loss = self._validation_loss(network, batch)
        if self.alignment_weight > 0:
            loss = loss + self.alignment_weight * alignment_loss(network, batch)
        return loss

    def _validation_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, ConflictAwareNetwork)
        full, text = network.both(batch.values, batch.segment_mask)
        weight = self.segment_weight
        return (1 - self.text_weight) * outputs_loss(
            network, full, batch, segment_weight=weight
        ) + self.text_weight * outputs_loss(network, text, batch, segment_weight=weight)


def set_anchors(heads: Heads, training: CaseSet) -> None:
    """Start from the training participants' mean, deviation and prevalence."""
    for place, condition in enumerate(heads.scored):
        known = training.targets[condition][~np.isnan(training.targets[condition])]
        heads.location[place] = float(known.mean())
        heads.deviation[place] = max(float(known.std()), 1e-3)
    for place, condition in enumerate(heads.rated):
        known = training.targets[condition][~np.isnan(training.targets[condition])]
        # One pseudo-count each way: a rating that nobody or everybody shows stays finite.
        share = (known.sum() + 1) / (len(known) + 2)
        heads.prior[place] = float(np.log(share / (1 - share)))


def choose_blend(network: ConflictAwareNetwork, validation: Batch) -> None:
    """Set the share of words per target to the one with the least validation loss."""
    from clinic.fusion.task import rating_loss, score_loss

    def loss(condition: Condition) -> float:
        outputs: FusionOutputs = network(validation.values, validation.segment_mask)
        if condition in outputs.scores:
            return float(score_loss(network, outputs, validation, condition))
        target = validation.targets[condition]
        return float(rating_loss(outputs.ratings[condition], target, validation))

    network.eval()
    with torch.no_grad():
        for place, condition in enumerate(network.conditions):
            losses = []
            for share in BLENDS:
                network.blend[place] = share
                losses.append(loss(condition))
            network.blend[place] = BLENDS[int(np.argmin(losses))]


def alignment_loss(network: ConflictAwareNetwork, batch: Batch) -> Tensor:
    """Return a symmetric contrastive loss over pairs of modalities of the same segment.

    A difference |v - a| means something only where both lie in one space. Segments rated as
    showing ambivalence are left out: aligning them would remove what is to be measured.

    Source: modality-pairwise InfoNCE, van den Oord et al. (2018), arXiv:1807.03748.
    """
    tokens, present = network.project(*network.inputs(batch.values, batch.segment_mask))
    consistent = torch.ones_like(batch.segment_mask)
    for labels in batch.segment_targets.values():
        consistent = consistent & ~(labels == 1.0)
    losses = []
    for one, other in PAIRS:
        if one not in tokens or other not in tokens:
            continue
        rows = torch.nonzero((present[one] & present[other] & consistent).flatten()).squeeze(1)
        if len(rows) < 2:
            continue
        rows = rows[torch.randperm(len(rows), device=rows.device)[:ALIGNMENT_SEGMENTS]]
        left = torch.nn.functional.normalize(tokens[one].flatten(0, 1)[rows], dim=1)
        right = torch.nn.functional.normalize(tokens[other].flatten(0, 1)[rows], dim=1)
        similarity = left @ right.T / ALIGNMENT_TEMPERATURE
        same = torch.arange(len(rows), device=rows.device)
        losses.append(
            torch.nn.functional.cross_entropy(similarity, same)
            + torch.nn.functional.cross_entropy(similarity.T, same)
        )
    return torch.stack(losses).mean() / 2 if losses else 0.0 * next(iter(tokens.values())).sum()


def _restart(network: torch.nn.Module) -> None:
    """Draw all weights again, so that a fit depends on its seed alone."""
    for module in network.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.LayerNorm):
            module.reset_parameters()
    if isinstance(network, ConflictAwareNetwork):
        with torch.no_grad():
            network.kinds.copy_(0.02 * torch.randn_like(network.kinds))
            for heads in (network.heads, network.text_heads):
                heads.from_segments.fill_(0.25)
            network.linear.restart()
