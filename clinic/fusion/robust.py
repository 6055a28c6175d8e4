"""The choice ``robust`` of ``conf/fusion``: settings, losses and the share subtracted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from clinic.fusion.arrays import Batch, CaseSet, batch_of
from clinic.fusion.base import FusionNetwork
from clinic.fusion.counterfactual import best_weight, independence_weights
from clinic.fusion.distillation_losses import attention_loss, joint_loss, reconstruction_loss
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.missingness import lose_at_random
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.robust_network import RobustNetwork
from clinic.fusion.token_recipe import TokenRecipe
from clinic.records import Condition, Scale

#: Shares of the branch without content that are tried on validation participants.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Robust(TokenRecipe):
    """Trained beside its own answer with much of the input lost, a small ensemble.

    Where CIDer takes a cross-entropy, with and without losses, stands the loss on distributions
    that all models share (``clinic.fusion.task.outputs_loss``).

    Args:
        most_missing: Greatest rate at which inputs are lost in training.
        joint_weight, attention_weight, reconstruction_weight: Of the distillation losses.
        bias_tables: Tables of words that say no content; none: nothing is subtracted.
        balanced_choice: Whether validation participants are weighed so that the branch says
            nothing about the target among them when the share to subtract is chosen.
    """

    most_missing: float
    joint_weight: float
    attention_weight: float
    reconstruction_weight: float
    bias_tables: Sequence[str]
    balanced_choice: bool

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return RobustNetwork(
            layout,
            scales,
            self,
            bias_tables=self.bias_tables,
        )

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss with and without losses, of distillation and of the branch."""
        from clinic.fusion.task import outputs_loss

        assert isinstance(network, RobustNetwork)
        weight = self.segment_weight
        inputs, observed = network.standardiser(batch.values, batch.segment_mask)
        left = lose_at_random(
            observed, network.blocks, most=self.most_missing, wide_from=self.wide_from
        )
        left = network.tokens.survivors(left)
        full, missing = network.encode(inputs, observed), network.encode(inputs * left, left)
        answers = (
            network.answer(full, inputs, observed),
            network.answer(missing, inputs * left, left),
        )
        loss = torch.stack(
            [outputs_loss(network, a, batch, segment_weight=weight) for a in answers]
        ).sum()
        loss = loss + self.joint_weight * joint_loss(
            missing.joint, full.joint, missing.seen.any(dim=1)
        )
        for taught, teacher in zip(missing.attention, full.attention, strict=True):
            loss = loss + self.attention_weight / len(full.attention) * attention_loss(
                taught, teacher, missing.tokens_seen
            )
        if self.reconstruction_weight > 0:
            lost = observed & ~left & missing.seen[..., None]
            rebuilt = network.rebuild(missing.segments)
            loss = loss + self.reconstruction_weight * reconstruction_loss(
                rebuilt, inputs, lost, network.blocks
            )
        if network.bias:
            alone, _ = network.bias(network, inputs, observed)
            loss = loss + outputs_loss(network, alone, batch, segment_weight=weight)
        return loss

    def settle(self, member: NeuralNetwork, training: CaseSet, validation: CaseSet) -> None:
        """Choose on validation participants how much of the branch is subtracted."""
        assert isinstance(member, RobustNetwork)
        if not member.bias:
            return
        member.eval()
        with torch.no_grad():
            usual = batch_of(training, range(len(training)))
            _, raw = member.bias(member, *member.standardiser(usual.values, usual.segment_mask))
            member.bias.reference.copy_(raw.mean(dim=0))
            choose_shares(
                member, batch_of(validation, range(len(validation))), self.balanced_choice
            )


def choose_shares(network: RobustNetwork, validation: Batch, balanced: bool) -> None:
    """Set the share subtracted per target to the one of least validation loss."""
    assert network.bias
    inputs, observed = network.standardiser(validation.values, validation.segment_mask)
    effect = network.bias.effect(inputs, observed)
    scored = [scale.condition for scale in network.scored]
    for place, condition in enumerate(network.conditions):
        column = (
            2 * scored.index(condition)
            if condition in scored
            else 2 * len(scored) + [scale.condition for scale in network.rated].index(condition)
        )
        weights = (
            independence_weights(effect[:, column], validation.targets[condition])
            if balanced
            else torch.ones_like(validation.weights)
        )
        weighed = replace(validation, weights=validation.weights * weights)

        def loss(
            share: float,
            place: int = place,
            condition: Condition = condition,
            weighed: Batch = weighed,
        ) -> float:
            network.subtracted[place] = share
            return _loss(network, weighed, condition)

        network.subtracted[place] = best_weight(SHARES, loss)


def _loss(network: RobustNetwork, batch: Batch, condition: Condition) -> float:
    from clinic.fusion.task import rating_loss, rating_target, score_loss

    outputs = network(batch.values, batch.segment_mask)
    if condition in outputs.scores:
        return float(score_loss(network, outputs, batch, condition))
    return float(rating_loss(outputs.ratings[condition], rating_target(batch, condition), batch))
