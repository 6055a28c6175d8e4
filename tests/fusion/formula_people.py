"""People drawn from formulas as arrays, and one network fitted on them in seconds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from omegaconf import OmegaConf
from sklearn.metrics import roc_auc_score

from clinic.config import build, build_list, compose, conf_folder
from clinic.fusion import (
    FeatureLayout,
    ModelIdentity,
    SplitPlan,
    load_model,
    strata_of,
    train,
    write_model_folder,
)
from clinic.fusion.arrays import Batch, CaseSet, pad
from clinic.fusion.layout import LayoutColumn
from clinic.fusion.model import TrainedModel
from clinic.fusion.neural import NeuralNetwork, NeuralRecipe
from clinic.fusion.training import weight_bytes
from clinic.records import Condition, Modality, Scale
from clinic.torch_threads import torch_threads

IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.2, test_share=0.2, n_folds=0)
TABLES_OF = {
    "text": ("words", Modality.TEXT),
    "style": ("style", Modality.TEXT),
    "voice": ("prosody", Modality.VOICE),
    "face": ("brows", Modality.FACE),
    "cross": ("conflict", Modality.CROSS),
}


def layout_of(**widths: int) -> FeatureLayout:
    """Return a layout of the tables named by keyword, in that order, of the widths given."""
    return FeatureLayout(
        columns=tuple(
            LayoutColumn(
                table=table, column=f"{table}{i}", modality=modality, group=table, unit="1"
            )
            for name, width in widths.items()
            for table, modality in [TABLES_OF[name]]
            for i in range(width)
        )
    )


def rating() -> Scale:
    """Return the yes/no rating."""
    scales = build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
    return next(scale for scale in scales if scale.is_rating)


def people(answers: np.ndarray, *tables: np.ndarray) -> CaseSet:
    """Return recordings of answers (n,) and tables (n, S, columns) side by side."""
    values = np.concatenate(tables, axis=2).astype(np.float32)
    return CaseSet(
        values=tuple(values),
        targets={Condition.AMBIVALENCE: answers.astype(float)},
        segment_targets={Condition.AMBIVALENCE: tuple(np.full(len(one), np.nan) for one in values)},
        weights=np.ones(len(answers)),
        participant_ids=tuple(f"p{i}" for i in range(len(answers))),
    )


def recipe_of(choice: str, **changes: object) -> NeuralRecipe:
    """Return a shipped recipe with one member and some changes; the layout is given apart."""
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    settings.n_members = 1
    for key, value in changes.items():
        assert key in settings, key
        settings[key] = value
    recipe: NeuralRecipe = build(settings)
    return recipe


def fitted(
    recipe: NeuralRecipe,
    layout: FeatureLayout,
    training: CaseSet,
    validation: CaseSet,
    *,
    max_epochs: int,
    seed: int = 1,
) -> NeuralNetwork:
    """Return the one member after fitting."""
    trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    trainer.max_epochs = max_epochs
    with torch_threads(1):
        network = recipe.network(layout, [rating()])
        recipe.fit(network, training, validation, trainer=build(trainer), seed=seed)
    network.eval()
    member: NeuralNetwork = network.members[0]
    return member


def tensors(cases: CaseSet) -> tuple[torch.Tensor, torch.Tensor]:
    """Return values (B, S, F) and mask (B, S)."""
    return pad(cases.values)


def auc(network: NeuralNetwork, cases: CaseSet) -> float:
    """Return the area under the curve of the rating."""
    with torch.no_grad():
        said = network(*tensors(cases)).ratings[Condition.AMBIVALENCE]
    return float(roc_auc_score(cases.targets[Condition.AMBIVALENCE], said))


def assert_padding_changes_nothing(network: NeuralNetwork, cases: CaseSet) -> None:
    """Other recordings' length, and what stands in the padding, must not matter."""
    values, mask = tensors(cases)
    n, n_segments, n_features = values.shape
    padded = torch.full((n, n_segments + 5, n_features), 7.0)
    padded[:, :n_segments] = values
    longer = torch.zeros(n, n_segments + 5, dtype=torch.bool)
    longer[:, :n_segments] = mask
    with torch.no_grad():
        alone, beside = network(values, mask), network(padded, longer)
    for name in ("scores", "ratings"):
        for condition, expected in getattr(alone, name).items():
            found = getattr(beside, name)[condition]
            torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-4)


def assert_nothing_observed_gives_the_anchors(network: NeuralNetwork) -> None:
    """Mean and prevalence of the training participants, whatever was learned beside inputs."""
    values = torch.full((2, 3, len(network.standardiser.mean)), torch.nan)
    heads = network.head_sets()[0]
    for mask in (torch.zeros(2, 3, dtype=torch.bool), torch.ones(2, 3, dtype=torch.bool)):
        with torch.no_grad():
            outputs = network(values, mask)
        assert not outputs.observed.any()
        for place, scale in enumerate(network.rated):
            prevalence = torch.sigmoid(heads.prior[place]).expand(2)
            torch.testing.assert_close(outputs.ratings[scale.condition], prevalence)
        for place, scale in enumerate(network.scored):
            said = outputs.scores[scale.condition]
            most = network.grid(scale.condition).values[said.argmax(dim=1)]
            assert (abs(most - heads.location[place]) <= 0.5).all()


def assert_learns_from_what_is_left(recipe: NeuralRecipe, layout: FeatureLayout) -> None:
    """Every subset of tables gives finite gradients, and items that add up to the score."""
    torch.manual_seed(0)
    recipe = replace(recipe, items=("depression",))
    scales = build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
    member = recipe.network(layout, scales).members[0]
    n = 2 ** len(layout.blocks)
    values = torch.randn(n, 4, layout.n_features)
    for row in range(n):
        for place, block in enumerate(layout.blocks):
            if row >> place & 1:
                values[row, :, block.start : block.stop] = torch.nan
    batch = Batch(
        values=values,
        segment_mask=torch.ones(n, 4, dtype=torch.bool),
        targets={s.condition: torch.full((n,), float(s.minimum)) for s in scales},
        segment_targets={s.condition: torch.zeros(n, 4) for s in scales if s.is_rating},
        weights=torch.ones(n),
    )
    for _ in range(3):
        member.zero_grad()
        recipe.training_loss(member, batch).backward()
        for name, weights in member.named_parameters():
            assert weights.grad is None or torch.isfinite(weights.grad).all(), name
    member.eval()
    with torch.no_grad():
        outputs = member(batch.values, batch.segment_mask)
    answers = outputs.items[Condition.DEPRESSION]
    total = (answers * torch.arange(answers.shape[2])).sum(dim=(1, 2))
    score = member.grid(Condition.DEPRESSION).expectation(outputs.scores[Condition.DEPRESSION])
    torch.testing.assert_close(total, score, atol=0.01, rtol=0)


def assert_folder_says_the_same(choice: str, cohort, place: Path, **changes: object) -> None:
    """Trained twice under a seed: the same bytes. Written and loaded: the same estimates."""
    cases, references = cohort
    config = compose(
        "train",
        ["tracking=none", f"fusion={choice}", "trainer.max_epochs=2", "fusion.n_members=2"],
        values={"store": "s", "labels": "l", "out": "o"},
    )
    config.fusion.tables = {
        "text": ["words"],
        "voice": ["prosody"],
        "face": ["brows"],
        "cross": [],
    }
    for key, value in changes.items():
        config.fusion[key] = value
    scales = build_list(config.scales)

    def once() -> TrainedModel:
        return train(
            cases,
            references,
            recipe=build(config.fusion),
            scales=scales,
            split=PLAN.final(strata_of(references, scales[0]), 0),
            trainer=build(config.trainer),
            seed=0,
            identity=IDENTITY,
        )

    model = once()
    torch.manual_seed(123)  # the state of the outside generator must not matter
    assert weight_bytes(once().network) == weight_bytes(model.network)
    write_model_folder(place, model, config, {"calibration.json": "{}\n", "card.md": "# card\n"})
    loaded = load_model(place)
    for case in cases[:3]:
        for before, after in zip(model.estimate(case), loaded.estimate(case), strict=True):
            np.testing.assert_array_equal(before.log_probabilities, after.log_probabilities)
