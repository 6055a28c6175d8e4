"""From the many emotions of GoEmotions to a distribution over the six that are compared."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.emotions import EMOTIONS, renormalised

Floats = NDArray[np.float64]

#: Ekman's six with neutral, to which GoEmotions' authors map their 28; surprise, which takes in
#: confusion, curiosity and realisation, is known to words alone.
EKMAN = (*EMOTIONS, "surprise")

#: Keeps a distribution defined where the head rules out everything.
LEAST = 1e-9


def six_emotions(
    answers: Floats, outputs: Sequence[str], *, temperature: float, least_mass: float
) -> Floats:
    """Return a distribution over ``EMOTIONS`` for each text.

    The head answers for each emotion alone how likely raters mark it. The answers ``p`` for
    Ekman's seven become shares ``p ** (1 / temperature)``, brought to sum 1; surprise is left
    out and the rest brought to 1 again.

    Args:
        answers: Shape (n, n_outputs), each in [0, 1]; a row with NaN stays NaN.
        outputs: Names of the answers, ``ekman_anger`` ... among them.
        temperature: Below 1 sharpens, above 1 flattens.
        least_mass: Share that must fall on the six; a text that mostly surprises is NaN.

    Raises:
        SetupError: One of the seven is not among the answers.
    """
    names = [f"ekman_{emotion}" for emotion in EKMAN]
    missing = [name for name in names if name not in outputs]
    if missing:
        raise SetupError(f"the emotion head has no answer {missing[0]} (emotions)")
    chosen = answers[:, [list(outputs).index(name) for name in names]]
    raised = np.maximum(chosen, LEAST) ** (1.0 / temperature)
    shares = raised / raised.sum(axis=1, keepdims=True)
    return renormalised(shares[:, : len(EMOTIONS)], least_mass=least_mass)
