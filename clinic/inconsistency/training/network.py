"""Fitting of a head with or without a hidden layer, and its conversion to a ``DenseHead``."""

import copy
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import Callback, EarlyStopping
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from clinic.inconsistency.heads import DenseHead

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """What is tried when a head is fitted; no setting of the product.

    Args:
        hidden: Units of the hidden layer, 0 for none: a linear head.
        dropout: Share of inputs and of hidden units switched off while fitting.
        weight_decay: Of AdamW, biases included.
        patience: Epochs without a lower loss on the development split before it stops.
    """

    hidden: int
    dropout: float
    weight_decay: float
    learning_rate: float = 1e-3
    batch_size: int = 256
    patience: int = 5
    max_epochs: int = 100
    seed: int = 20261121

    @property
    def label(self) -> str:
        """How the card calls a head fitted like this."""
        kind = f"{self.hidden} hidden units" if self.hidden else "linear"
        return f"{kind}, dropout {self.dropout:g}, weight decay {self.weight_decay:g}"


class HeadTask(lightning.LightningModule):
    """Fits a network to ratings by squared error, or to marks (0 or 1) by cross-entropy."""

    def __init__(self, network: nn.Module, *, link: str, settings: NetworkSettings) -> None:
        super().__init__()
        self.network = network
        self.loss = nn.MSELoss() if link == "identity" else nn.BCEWithLogitsLoss()
        self.settings = settings

    def training_step(self, batch: Sequence[Tensor], index: int) -> Tensor:
        """Return the loss of one batch."""
        del index
        return self.loss(self.network(batch[0]), batch[1])

    def validation_step(self, batch: Sequence[Tensor], index: int) -> None:
        """Log the loss on the development split, all in one batch."""
        del index
        loss = self.loss(self.network(batch[0]), batch[1])
        self.log("development_loss", loss, batch_size=len(batch[0]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Make the optimiser over the network's weights."""
        return torch.optim.AdamW(
            self.network.parameters(),
            lr=self.settings.learning_rate,
            weight_decay=self.settings.weight_decay,
        )


class KeepBest(Callback):
    """Keeps the weights of the lowest development loss in memory: no checkpoint is written."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self.state: Mapping[str, Tensor] = {}

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Copy the weights where the loss fell."""
        loss = float(trainer.callback_metrics["development_loss"])
        if not trainer.sanity_checking and loss < self.loss:
            self.loss, self.state = loss, copy.deepcopy(pl_module.network.state_dict())


def fit_network(
    inputs: Floats,
    targets: Floats,
    development: tuple[Floats, Floats],
    *,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    link: str,
    settings: NetworkSettings,
    card: Mapping[str, object],
) -> DenseHead:
    """Fit until the development loss falls no longer, and return the best head.

    Inputs are standardised with the training rows. Ratings (link ``identity``) are as well
    while fitting; the head answers in their own unit.

    Args:
        inputs, targets: Shapes (n, n_inputs) and (n, n_outputs) of the training split.
        development: The same of the development split.
        names: Names of the inputs and of the outputs.
        link: ``identity`` for ratings, ``sigmoid`` for marks.
    """
    centre, scale = inputs.mean(axis=0), _spread(inputs)
    is_rating = link == "identity"
    level = targets.mean(axis=0) if is_rating else np.zeros(targets.shape[1])
    unit = _spread(targets) if is_rating else np.ones(targets.shape[1])
    network = _network(inputs.shape[1], targets.shape[1], settings)
    _run(
        network,
        _loader((inputs - centre) / scale, (targets - level) / unit, settings),
        _loader((development[0] - centre) / scale, (development[1] - level) / unit, None),
        link=link,
        settings=settings,
    )
    layers = [
        (
            layer.weight.detach().numpy().T.astype(np.float64),
            layer.bias.detach().numpy().astype(np.float64),
        )
        for layer in network
        if isinstance(layer, nn.Linear)
    ]
    weights, bias = layers[-1]
    layers[-1] = (weights * unit, bias * unit + level)
    return DenseHead(
        inputs=names[0],
        outputs=names[1],
        link=link,
        centre=centre,
        scale=scale,
        layers=tuple(layers),
        card=card,
    )


def _spread(values: Floats) -> Floats:
    """Return the standard deviation of each column; 1 where a column does not vary."""
    spread = values.std(axis=0)
    return np.asarray(np.where(spread > 0, spread, 1.0))


def _network(n_inputs: int, n_outputs: int, settings: NetworkSettings) -> nn.Sequential:
    torch.manual_seed(settings.seed)
    if not settings.hidden:
        return nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(n_inputs, n_outputs))
    return nn.Sequential(
        nn.Dropout(settings.dropout),
        nn.Linear(n_inputs, settings.hidden),
        nn.ReLU(),
        nn.Dropout(settings.dropout),
        nn.Linear(settings.hidden, n_outputs),
    )


def _loader(inputs: Floats, targets: Floats, settings: NetworkSettings | None) -> Any:
    """Return shuffled batches, or all rows in one batch without settings."""
    rows = TensorDataset(
        torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets, dtype=torch.float32)
    )
    if settings is None:
        return DataLoader(rows, batch_size=len(rows))
    order = torch.Generator().manual_seed(settings.seed)
    return DataLoader(rows, batch_size=settings.batch_size, shuffle=True, generator=order)


def _run(
    network: nn.Module, training: Any, development: Any, *, link: str, settings: NetworkSettings
) -> None:
    best = KeepBest()
    with warnings.catch_warnings():
        # Advice on speed (workers, logging interval), not on correctness.
        warnings.filterwarnings("ignore", module=r"pytorch_lightning\..*")
        # Raised inside Lightning by its own use of torch.
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        lightning.Trainer(
            accelerator="cpu",
            max_epochs=settings.max_epochs,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[
                best,
                EarlyStopping("development_loss", patience=settings.patience, verbose=False),
            ],
        ).fit(HeadTask(network, link=link, settings=settings), training, development)
    network.load_state_dict(dict(best.state))
    network.eval()
