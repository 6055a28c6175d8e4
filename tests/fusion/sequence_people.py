"""What the tests of models over the sequence of segments share: promises and a linear floor."""

import numpy as np
import torch
from omegaconf import OmegaConf
from torch import Tensor, nn

from clinic.config import build, build_list, conf_folder
from clinic.fusion.arrays import CaseSet
from clinic.fusion.base import FusionOutputs
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork, NeuralRecipe
from clinic.records import Condition, Modality
from formula_people import auc, rating

#: A small network without what protects it from few people: formulas are not noisy.
SMALL = {
    "width": 16,
    "modality_dropout": 0.0,
    "input_dropout": 0.0,
    "dropout": 0.1,
    "linear_path": False,
    "patience": 40,
    "optimiser.lr": 0.004,
}
#: Three standard errors of an area under the curve on 300 people around one half.
CHANCE = 3 * np.sqrt(301 / (12 * 150 * 150))


def small(choice: str, **changes: object) -> NeuralRecipe:
    """Return a shipped recipe, small, with one member and some changes."""
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    for key, value in {"n_members": 1, **SMALL, **changes}.items():
        assert OmegaConf.select(settings, key) is not None, key
        OmegaConf.update(settings, key, value, merge=False)
    recipe: NeuralRecipe = build(settings)
    return recipe


def linear_auc(
    layout: FeatureLayout, training: CaseSet, validation: CaseSet, tested: CaseSet
) -> float:
    """Return what means and deviations of every column say to a linear model."""
    recipe = build(OmegaConf.load(conf_folder() / "fusion" / "pooled_linear.yaml"))
    network = recipe.network(layout, [rating()])
    recipe.fit(network, training, validation, trainer=None, seed=0)
    return auc(network, tested)


def untrained(recipe: NeuralRecipe, layout: FeatureLayout) -> NeuralNetwork:
    """Return a network of all scales in which no weight is zero and no anchor the default."""
    scales = build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
    torch.manual_seed(0)
    network: NeuralNetwork = recipe.network(layout, scales).eval().members[0]
    heads = network.head_sets()[0]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        heads.location.copy_(torch.tensor([9.0, 40.0]))
        heads.deviation.copy_(torch.tensor([4.0, 9.0]))
        heads.prior.fill_(-1.0)
    return network


def said(network: NeuralNetwork, values: Tensor) -> FusionOutputs:
    """Return what a network says of values (B, S, F)."""
    with torch.no_grad():
        return network(values, torch.ones(values.shape[:2], dtype=torch.bool))


def yes(network: NeuralNetwork, values: Tensor) -> Tensor:
    """Return the probability of the rating, shape (B,)."""
    return said(network, values).ratings[Condition.AMBIVALENCE]


def without(values: Tensor, layout: FeatureLayout, modality: Modality) -> Tensor:
    """Return values (B, S, F) of which one modality was not observed."""
    absent = values.clone()
    absent[..., torch.from_numpy(layout.indices(modality))] = torch.nan
    return absent


def assert_absent_is_masked(
    network: NeuralNetwork, layout: FeatureLayout, modality: Modality
) -> None:
    """Not observed must be the same as cut out, and not the same as average.

    Cut out: the columns have values, but the encoder is made to say that there is no token.
    """
    torch.manual_seed(1)
    values = torch.randn(3, 6, layout.n_features)
    absent = without(values, layout, modality)

    def cut(module: nn.Module, arguments: object, result: tuple[dict, dict]) -> tuple[dict, dict]:
        tokens, present = result
        return (
            {**tokens, modality: torch.zeros_like(tokens[modality])},
            {**present, modality: torch.zeros_like(present[modality])},
        )

    as_unobserved = said(network, absent)
    handle = network.get_submodule("encoder").register_forward_hook(cut)
    linear, network.linear = network.linear, None
    as_cut = said(network, values)
    handle.remove()
    unobserved_alone = said(network, absent)
    network.linear = linear
    for condition, expected in unobserved_alone.ratings.items():
        torch.testing.assert_close(as_cut.ratings[condition], expected)
    for condition, expected in unobserved_alone.scores.items():
        torch.testing.assert_close(as_cut.scores[condition], expected)
    average = absent.nan_to_num(0.0)
    assert (yes(network, average) - as_unobserved.ratings[Condition.AMBIVALENCE]).abs().min() > 1e-4


def assert_padding_leaves_segments_alone(network: NeuralNetwork, layout: FeatureLayout) -> None:
    """What is said of a segment does not depend on how long other recordings are."""
    torch.manual_seed(2)
    values = torch.randn(2, 6, layout.n_features)
    padded = torch.cat([values, torch.full((2, 7, layout.n_features), 3.0)], dim=1)
    mask = (torch.arange(13) < 6).expand(2, 13)
    with torch.no_grad():
        beside = network(padded, mask).segments[Condition.AMBIVALENCE][:, :6]
    alone = said(network, values).segments[Condition.AMBIVALENCE]
    torch.testing.assert_close(beside, alone, atol=1e-6, rtol=1e-4)
