"""Losses and the Lightning module: how a network's weights are found."""

import copy
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from clinic.fusion.arrays import Batch, CaseSet, ShuffledBatches
from clinic.fusion.base import (
    FusionNetwork,
    FusionOutputs,
    TrainerFactory,
    log_odds,
    weighted_mean,
)
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.records import Condition

Loss = Callable[[FusionNetwork, Batch], Tensor]
Optimiser = Callable[..., torch.optim.Optimizer]


def outputs_loss(
    network: FusionNetwork, outputs: FusionOutputs, batch: Batch, *, segment_weight: float
) -> Tensor:
    """Return the mean over recordings of proper scores, each target on its own natural scale.

    Scores: ranked probability score divided by the number of points between the ends of the
    scale. Ratings: cross-entropy, without class weights, because weights would bend the
    probabilities. Where several raters voted, the target is the share of their votes, and those
    who did not agree count like any other. What has no reference does not count. What the
    network's ``criteria`` say is added.
    """
    parts = [score_loss(network, outputs, batch, scale.condition) for scale in network.scored]
    for scale in network.rated:
        condition = scale.condition
        parts.append(
            rating_loss(outputs.ratings[condition], rating_target(batch, condition), batch)
        )
        parts.append(segment_weight * segment_loss(outputs, batch, condition))
    parts += [criterion(network, outputs, batch) for criterion in network.criteria]
    return torch.stack(parts).sum()


def score_loss(
    network: FusionNetwork, outputs: FusionOutputs, batch: Batch, condition: Condition
) -> Tensor:
    """Return the ranked probability score of one scale as a share of its range, times ten.

    Where raters voted for bands, the cross-entropy of the bands to the shares of their votes is
    added.
    """
    grid = network.grid(condition)
    target = batch.targets[condition]
    known = ~torch.isnan(target)
    score = grid.ranked_probability_score(outputs.scores[condition], target.nan_to_num(0.0))
    # Ten: brings a typical share of .08 near the size of a cross-entropy.
    loss = 10.0 * weighted_mean(score, batch.weights * known) / (len(grid.values) - 1)
    if condition not in batch.soft:
        return loss
    return loss + vote_loss(grid.bands(outputs.scores[condition]), batch.soft[condition], batch)


def vote_loss(bands: Tensor, shares: Tensor, batch: Batch) -> Tensor:
    """Return the cross-entropy of bands to shares of votes, both (B, n_bands), NaN = no votes."""
    voted = ~torch.isnan(shares[:, 0])
    loss = -(shares.nan_to_num(0.0) * torch.log(bands.clamp_min(LEAST_PROBABILITY))).sum(dim=1)
    return weighted_mean(loss, batch.weights * voted)


def rating_target(batch: Batch, condition: Condition) -> Tensor:
    """Return the share of raters who said yes, shape (B,); the one label where none voted."""
    labels = batch.targets[condition]
    if condition not in batch.soft:
        return labels
    voted = batch.soft[condition][:, 1]
    return torch.where(torch.isnan(voted), labels, voted)


def rating_loss(probability: Tensor, target: Tensor, batch: Batch) -> Tensor:
    """Return the cross-entropy of one rating to a label or a share of votes, NaN = neither."""
    known = ~torch.isnan(target)
    loss = nn.functional.binary_cross_entropy_with_logits(
        log_odds(probability), target.nan_to_num(0.0), reduction="none"
    )
    return weighted_mean(loss, batch.weights * known)


def segment_loss(outputs: FusionOutputs, batch: Batch, condition: Condition) -> Tensor:
    """Return the cross-entropy per segment, each recording counting once."""
    target = batch.segment_targets[condition]
    known = (~torch.isnan(target) & outputs.observed).to(torch.float32)
    loss = nn.functional.binary_cross_entropy_with_logits(
        log_odds(outputs.segments[condition]), target.nan_to_num(0.0), reduction="none"
    )
    per_recording = (loss * known).sum(dim=1) / known.sum(dim=1).clamp_min(1.0)
    return weighted_mean(per_recording, batch.weights * known.any(dim=1))


class FusionTask(lightning.LightningModule):
    """Fits an injected network with an injected loss and optimiser.

    Network, loss and optimiser stay out of the hyperparameters: a checkpoint that pickles them
    could not be loaded safely.
    """

    def __init__(
        self, network: FusionNetwork, loss: Loss, validation_loss: Loss, optimiser: Optimiser
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=["network", "loss", "validation_loss", "optimiser"])
        self.network = network
        self.loss = loss
        self.validation_loss = validation_loss
        self.optimiser = optimiser

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Return the loss of one batch."""
        del index
        return self.loss(self.network, batch)

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log the loss on validation participants, all in one batch."""
        del index
        loss = self.validation_loss(self.network, batch)
        self.log("validation_loss", loss, batch_size=len(batch.weights))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Make the optimiser over the network's weights."""
        return self.optimiser(self.network.parameters())

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Move a batch, which is not a plain tensor."""
        del dataloader_idx
        return batch.to(device)


class KeepBest(Callback):
    """Keeps the best weights in memory, so that no checkpoint file is written."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self.epoch = -1
        self.state: dict[str, Tensor] = {}

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Copy the weights where the validation loss fell."""
        loss = float(trainer.callback_metrics["validation_loss"])
        if not trainer.sanity_checking and loss < self.loss:
            self.loss, self.epoch = loss, int(trainer.current_epoch)
            self.state = copy.deepcopy(pl_module.network.state_dict())


class _Epochs(IterableDataset[Batch]):
    """One pass over the recordings per iteration, in an order fixed by seed and epoch."""

    def __init__(self, batches: ShuffledBatches) -> None:
        self.all = batches
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Any:
        self.epoch += 1
        yield from self.all.batches(self.epoch)


@dataclass(frozen=True, kw_only=True)
class FitReport:
    """How one fit ended: epoch and validation loss of the weights kept."""

    epoch: int
    validation_loss: float


def fit(
    network: FusionNetwork,
    training: CaseSet,
    validation: CaseSet,
    *,
    loss: Loss,
    validation_loss: Loss,
    optimiser: Optimiser,
    trainer: TrainerFactory,
    batch_size: int,
    patience: int,
) -> FitReport:
    """Fit in place and leave the weights that were best on the validation participants.

    Randomness (dropout) comes from torch's global generator: seed it before the call.
    """
    task = FusionTask(network, loss, validation_loss, optimiser)
    best = KeepBest()
    stopping = EarlyStopping("validation_loss", patience=patience, verbose=False)
    seed = int(torch.randint(0, 2**31 - 1, (1,)))
    with warnings.catch_warnings():
        # Advice on speed (workers, logging interval), not on correctness.
        warnings.filterwarnings("ignore", module=r"pytorch_lightning\..*")
        # Raised inside Lightning by its own use of torch.
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        runner = trainer(callbacks=[best, stopping])
        runner.fit(
            task,
            DataLoader(_Epochs(ShuffledBatches(training, batch_size, seed)), batch_size=None),
            DataLoader(
                _Epochs(ShuffledBatches(validation, len(validation), None)), batch_size=None
            ),
        )
    network.load_state_dict(best.state)
    network.eval()
    return FitReport(epoch=best.epoch, validation_loss=best.loss)
