"""Train one fusion model on participants who are allowed to train it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save

from clinic.errors import SetupError
from clinic.fusion.arrays import CaseSet, case_set
from clinic.fusion.base import FusionNetwork, FusionRecipe, TrainerFactory
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.model import TrainedModel, interview_means
from clinic.fusion.splits import ParticipantSplit
from clinic.records import Case, ModelSummary, Reference, Scale
from clinic.torch_threads import torch_threads

#: A target with fewer references among the training participants is not trained.
LEAST_REFERENCES = 10


@dataclass(frozen=True, kw_only=True)
class ModelIdentity:
    """What the model's card and every report say about it.

    Args:
        banner: Sentence that every page must carry, or an empty string.
    """

    name: str
    version: str
    trained_on: str
    banner: str
    licence: str


def train(
    cases: Sequence[Case],
    references: Sequence[Reference],
    *,
    recipe: FusionRecipe,
    scales: Sequence[Scale],
    split: ParticipantSplit,
    trainer: TrainerFactory,
    seed: int,
    identity: ModelIdentity,
    n_threads: int = 1,
) -> TrainedModel:
    """Fit on the training participants, choose on the validation participants, see no other.

    Args:
        n_threads: Threads of torch while fitting. One is fastest for networks this small and
            makes the result the same bit for bit.

    Raises:
        SetupError: A case without reference, or no target with enough references.
    """
    by_recording = {reference.recording_id: reference for reference in references}
    missing = [case.recording_id for case in cases if case.recording_id not in by_recording]
    if missing:
        raise SetupError(f"{len(missing)} cases have no reference, first {missing[0]} (labels)")
    chosen = {
        role: [case for case in cases if case.participant_id in participants]
        for role, participants in (("training", split.training), ("validation", split.validation))
    }
    layout = FeatureLayout.from_cases(chosen["training"], recipe.tables)
    kept = trainable(scales, [by_recording[c.recording_id] for c in chosen["training"]])
    training, validation = (
        case_set(chosen[role], by_recording, layout, kept) for role in ("training", "validation")
    )
    with torch_threads(n_threads):
        network = recipe.network(layout, kept)
        recipe.fit(network, training, validation, trainer=trainer, seed=seed)
    network.eval()
    return TrainedModel(
        network=network,
        layout=layout,
        scales=kept,
        summary=ModelSummary(
            name=identity.name,
            version=identity.version,
            weights_sha256=hashlib.sha256(weight_bytes(network)).hexdigest(),
            trained_on=identity.trained_on,
            n_training_participants=len(set(training.participant_ids)),
            banner=identity.banner,
            licence=identity.licence,
        ),
        background=background_of(training),
        trained_on=split.training | split.validation,
    )


def trainable(scales: Sequence[Scale], references: Sequence[Reference]) -> tuple[Scale, ...]:
    """Return the scales with enough references, and both answers where it is a rating.

    Raises:
        SetupError: None is left.
    """
    kept = []
    for scale in scales:
        known = [
            score
            for reference in references
            if (score := reference.scores.get(scale.condition)) is not None and not np.isnan(score)
        ]
        if len(known) >= LEAST_REFERENCES and len(set(known)) > 1:
            kept.append(scale)
    if not kept:
        raise SetupError(
            f"no scale has {LEAST_REFERENCES} references, not all the same, among "
            f"{len(references)} training recordings (labels)"
        )
    return tuple(kept)


def weight_bytes(network: FusionNetwork) -> bytes:
    """Return the network's tensors as a safetensors file."""
    state = {key: value.detach().contiguous() for key, value in network.state_dict().items()}
    return save(state)


def background_of(training: CaseSet) -> NDArray[np.float64]:
    """Return the mean training participant's interview means, shape (1, n_features).

    Each participant counts once. One row: nobody's own values are kept.
    """
    means = interview_means(training.values)
    first: dict[str, int] = {}
    for row, participant in enumerate(training.participant_ids):
        first.setdefault(participant, row)
    rows = means[list(first.values())]
    count = (~np.isnan(rows)).sum(axis=0)
    total = np.nansum(rows, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)[None]
