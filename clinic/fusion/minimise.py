"""Small smooth problems (a few dozen numbers), solved in double precision without a step size."""

from collections.abc import Callable

import torch
from torch import Tensor

#: A run ends here even if it has not converged; problems this small need a few dozen steps.
MOST_STEPS = 500


def minimise(loss: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """Return the numbers at which a smooth loss is least, from ``start`` (float64, any shape).

    L-BFGS with a strong Wolfe line search; the same input gives the same answer.

    Source:
        Nocedal & Wright (2006), Numerical Optimization, chapter 7.
    """
    numbers = start.detach().to(torch.float64).clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS(
        [numbers],
        max_iter=MOST_STEPS,
        tolerance_grad=1e-8,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        with torch.enable_grad():
            value = loss(numbers)
            value.backward()
        return value

    optimiser.step(closure)
    return numbers.detach()
