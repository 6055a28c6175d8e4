"""What neural fusion models share: an ensemble, seeded starts, anchors and early stopping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clinic.errors import SetupError
from clinic.fusion.arrays import Batch, CaseSet
from clinic.fusion.base import Criterion, Ensemble, FusionNetwork, TrainerFactory
from clinic.fusion.blocks import Standardiser
from clinic.fusion.heads import Heads
from clinic.fusion.item_fit import start_items
from clinic.fusion.item_loss import ItemCriterion
from clinic.fusion.items import GradedResponse
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.ordinal_losses import BandCriterion, BandLoss
from clinic.records import Condition, Scale


class NeuralNetwork(FusionNetwork):
    """A network with a standardiser of its inputs and heads of the shared kind."""

    def __init__(self, layout: FeatureLayout, scales: Sequence[Scale]) -> None:
        super().__init__(scales)
        self.standardiser = Standardiser(layout.n_features)

    def head_sets(self) -> tuple[Heads, ...]:
        """Return every set of heads; their anchors are set before fitting."""
        raise NotImplementedError

    def restart(self) -> None:
        """Draw again what is neither a linear layer nor a layer norm (own parameters)."""


@dataclass(frozen=True, kw_only=True)
class NeuralRecipe:
    """Fits members of one kind from their own seeds and averages their probabilities.

    Args:
        tables: Names of feature tables per modality (text, voice, face, cross).
        n_members: Networks with different starting weights.
        segment_weight: Weight of the loss per segment against that per recording.
        batch_size: Recordings per step.
        patience: Epochs without a better validation loss after which fitting stops.
        optimiser: Makes the optimiser from the weights.
        items: Conditions whose score is estimated as the sum of its items, where references
            have answers to them; their scale must have items.
        item_weight: Weight of the loss on single items against that on their sum.
        band_loss: A loss on bands that is added (``clinic.fusion.ordinal_losses``), or None.
    """

    tables: Mapping[str, Sequence[str]]
    n_members: int
    segment_weight: float
    batch_size: int
    patience: int
    optimiser: object
    items: Sequence[str] = ()
    item_weight: float = 1.0
    band_loss: BandLoss | None = None

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted ensemble.

        Raises:
            SetupError: ``items`` names no condition, or one whose scale has no items.
        """
        members = [self.member(layout, scales) for _ in range(self.n_members)]
        for member in members:
            for scale in self.item_scales(scales):
                member.use_items(scale)
        return Ensemble(members, scales)

    def item_scales(self, scales: Sequence[Scale]) -> list[Scale]:
        """Return those of the scales whose items are estimated.

        Raises:
            SetupError: ``items`` names no condition.
        """
        unknown = set(self.items) - set(Condition)
        if unknown:
            raise SetupError(f"{min(unknown)!r} is none of {', '.join(Condition)} (items)")
        return [scale for scale in scales if scale.condition in self.items]

    def criteria(self, member: NeuralNetwork, training: CaseSet) -> tuple[Criterion, ...]:
        """Return what a fit is judged by beside its scores and ratings."""
        found: list[Criterion] = []
        if scales := self.item_scales(member.scored):
            found.append(ItemCriterion(scales=scales, weight=self.item_weight))
        if self.band_loss is not None:
            found.append(BandCriterion.of(self.band_loss, training, member.scored))
        return tuple(found)

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        raise NotImplementedError

    def training_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss that is minimised; by default that of ``validation_loss``."""
        return self.validation_loss(network, batch)

    def validation_loss(self, network: FusionNetwork, batch: Batch) -> Tensor:
        """Return the loss that decides when to stop."""
        from clinic.fusion.task import outputs_loss

        outputs = network(batch.values, batch.segment_mask)
        return outputs_loss(network, outputs, batch, segment_weight=self.segment_weight)

    def settle(self, member: NeuralNetwork, training: CaseSet, validation: CaseSet) -> None:
        """Choose on validation participants what is no weight; by default nothing."""

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit every member from its own seed."""
        from clinic.fusion.task import fit

        assert isinstance(network, Ensemble)
        for place, member in enumerate(network.members):
            assert isinstance(member, NeuralNetwork)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed + 1000 * place)
                _restart(member)
                member.standardiser.fit(training.values)
                for heads in member.head_sets():
                    heads.set_anchors(training)
                for head in member.item_heads.values():
                    assert isinstance(head, GradedResponse)
                    start_items(head, training)
                member.criteria = self.criteria(member, training)
                fit(
                    member,
                    training,
                    validation,
                    loss=self.training_loss,
                    validation_loss=self.validation_loss,
                    optimiser=self.optimiser,  # type: ignore[arg-type]
                    trainer=trainer,
                    batch_size=self.batch_size,
                    patience=self.patience,
                )
            self.settle(member, training, validation)
            member.criteria = ()


def _restart(member: NeuralNetwork) -> None:
    """Draw all weights again, so that a fit depends on its seed alone."""
    for module in member.modules():
        reset = getattr(module, "reset_parameters", None)
        if callable(reset):
            reset()
    for heads in member.head_sets():
        heads.restart()
    member.restart()
