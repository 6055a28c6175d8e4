"""Settings of every network that sees one token per modality and segment."""

from dataclasses import dataclass

from clinic.fusion.neural import NeuralRecipe


@dataclass(frozen=True, kw_only=True)
class TokenRecipe(NeuralRecipe):
    """What such networks share.

    Args:
        width: Size of a token.
        n_layers, n_heads: Of the transformer over tokens.
        bottleneck: Size to which a wide table (an embedding) is first reduced.
        input_dropout, dropout: Shares of columns and of hidden values dropped in training.
        modality_dropout: Chance of each modality of a recording to be dropped in training.
        wide_from: Columns from which a table is wide.
    """

    width: int
    n_layers: int
    n_heads: int
    bottleneck: int
    input_dropout: float
    dropout: float
    modality_dropout: float
    wide_from: int = 128
