"""The text-guided choice of ``conf/fusion``."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic.fusion.layout import FeatureLayout
from clinic.fusion.neural import NeuralNetwork
from clinic.fusion.sequence import SequenceRecipe
from clinic.fusion.text_guided_network import TextGuidedNetwork
from clinic.records import Scale


@dataclass(frozen=True, kw_only=True)
class TextGuided(SequenceRecipe):
    """Words ask, voice and face answer; ``n_layers`` counts rounds of asking."""

    def member(self, layout: FeatureLayout, scales: Sequence[Scale]) -> NeuralNetwork:
        """Return one unfitted network."""
        return TextGuidedNetwork(layout, scales, self)
