"""Gradient-boosted trees as tensors: bytes that travel in ``weights.safetensors``, no pickle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

if TYPE_CHECKING:
    from xgboost import Booster

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledRows:
    """Features (n, n_columns) with NaN, bands (n,) and weights (n,)."""

    x: Floats
    bands: NDArray[np.intp]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.bands)


@dataclass(frozen=True, kw_only=True)
class BoostingSettings:
    """Settings of one fit; names as in ``TrimodalEarly``."""

    n_trees: int
    learning_rate: float
    max_depth: int
    min_child_weight: float
    subsample: float
    colsample: float
    ridge: float
    patience: int
    n_threads: int

    def parameters(self, n_bands: int, seed: int) -> dict[str, Any]:
        """Return the settings in the library's words."""
        return {
            "objective": "multi:softprob",
            "eval_metric": "mlogloss",
            "num_class": n_bands,
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample,
            "reg_lambda": self.ridge,
            "tree_method": "hist",
            "device": "cpu",
            "nthread": self.n_threads,
            "seed": seed,
            "verbosity": 0,
        }


class StoredBooster(nn.Module):
    """One booster as UBJSON bytes in a buffer whose size is known only once it is loaded.

    An empty buffer is a booster that was never fitted.
    """

    content: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("content", torch.zeros(0, dtype=torch.uint8))
        self._read: Booster | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether there are trees to ask."""
        return len(self.content) > 0

    def store(self, booster: "Booster") -> None:
        """Keep the booster's bytes."""
        raw = np.frombuffer(bytes(booster.save_raw("ubj")), dtype=np.uint8)
        self.content = torch.from_numpy(raw.copy())
        self._read = None

    def predict(self, x: Floats) -> Floats:
        """Return probabilities (n, n_bands); what comes from disk and from memory is the same."""
        if self._read is None:
            self._read = _decode(self.content)
        return np.asarray(self._read.inplace_predict(x, validate_features=False))

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take on the size that arrives, then load; bytes that are no booster are an error."""
        key = f"{prefix}content"
        if key in state_dict:
            content = state_dict[key]
            if content.dtype is not torch.uint8 or content.dim() != 1:
                error_msgs.append(f"{key} holds {content.dtype}, bytes of a booster needed")
                return
            self.content = torch.empty_like(content)
            self._read = None
            try:
                self._read = _decode(content) if len(content) else None
            except ValueError as error:
                error_msgs.append(f"{key} holds no booster: {error}")
        super()._load_from_state_dict(
            state_dict,
            prefix,
            local_metadata,
            strict,
            missing_keys,
            unexpected_keys,
            error_msgs,
        )


class BoosterEnsemble(nn.Module):
    """Boosters of several seeds; the mean of their probabilities, at the true prevalence.

    Trees fitted with inverse-frequency weights speak of a world in which every band is as common
    as any other. Multiplying by the training shares and normalising brings them back.

    Args:
        restore_prevalence: False leaves the probabilities of the balanced world.

    Source:
        Saerens et al. (2002), doi:10.1162/089976602753284446, equation 2.4.
    """

    shares: Tensor

    def __init__(self, n_bands: int, n_seeds: int, *, restore_prevalence: bool) -> None:
        super().__init__()
        self.n_bands = n_bands
        self.restore_prevalence = restore_prevalence
        self.register_buffer("shares", torch.full((n_bands,), 1.0 / n_bands))
        self.boosters = nn.ModuleList(StoredBooster() for _ in range(n_seeds))

    def probabilities(self, x: Floats) -> Floats:
        """Return probabilities of the bands (n, n_bands); the shares where nothing was fitted."""
        shares = self.shares.numpy()
        fitted = [b for b in self.boosters if isinstance(b, StoredBooster) and b.is_fitted]
        if not fitted or not len(x):
            return np.tile(shares, (len(x), 1))
        mean = np.mean([booster.predict(x) for booster in fitted], axis=0, dtype=np.float64)
        if self.restore_prevalence:
            mean = mean * shares
        return np.asarray(mean / mean.sum(axis=1, keepdims=True), dtype=np.float32)

    def fit(
        self,
        training: LabelledRows,
        validation: LabelledRows,
        settings: BoostingSettings,
        shares: NDArray[np.float64],
        *,
        seed: int,
    ) -> None:
        """Fit every seed; trees are added until the validation rows stop gaining.

        Nothing is fitted on rows that all lie in one band. Without validation rows all
        ``n_trees`` are used: there is nobody on whom to choose fewer.

        Args:
            shares: Shares of the bands among the training rows, none of them zero.
        """
        self.shares.copy_(torch.from_numpy(shares))
        if len(set(training.bands.tolist())) < 2:
            return
        for place, booster in enumerate(self.boosters):
            assert isinstance(booster, StoredBooster)
            booster.store(_boost(training, validation, settings, self.n_bands, seed + place))


def inverse_frequency(rows: LabelledRows, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights under which every band that occurs weighs the same, mean 1 over ``rows``.

    Args:
        counts: Weight of each band among the training rows, shape (n_bands,).
    """
    weights = rows.weights / np.maximum(counts, counts[counts > 0].min())[rows.bands]
    return weights / weights.mean()


def _boost(
    training: LabelledRows,
    validation: LabelledRows,
    settings: BoostingSettings,
    n_bands: int,
    seed: int,
) -> "Booster":
    import xgboost

    counts = np.bincount(training.bands, weights=training.weights, minlength=n_bands).astype(
        np.float64
    )

    def matrix(rows: LabelledRows) -> xgboost.DMatrix:
        return xgboost.DMatrix(
            rows.x,
            label=rows.bands,
            weight=inverse_frequency(rows, counts),
            missing=np.nan,
            nthread=settings.n_threads,
        )

    parameters = settings.parameters(n_bands, seed)
    if not len(validation):
        return xgboost.train(parameters, matrix(training), settings.n_trees)
    booster = xgboost.train(
        parameters,
        matrix(training),
        settings.n_trees,
        evals=[(matrix(validation), "validation")],
        early_stopping_rounds=settings.patience,
        verbose_eval=False,
    )
    return booster[: booster.best_iteration + 1]


def _decode(content: Tensor) -> "Booster":
    import xgboost

    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(content.cpu().numpy().tobytes()))
    except xgboost.core.XGBoostError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    booster.set_param({"nthread": 1})
    return booster
