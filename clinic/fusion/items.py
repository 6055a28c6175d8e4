"""A score as the sum of its items: a graded response model between a place and the whole scores.

Each answer depends on one latent severity theta through a discrimination and rising thresholds;
given theta the answers are independent, so that the distribution of their sum is the convolution
of theirs. What is said about a person is a normal distribution of theta; score and items are
mixtures over it, and the items' expectations add up to that of the score exactly.

Source: Samejima (1969), Estimation of latent ability using a response pattern of graded scores,
Psychometrika monograph 17, doi:10.1007/BF03372160.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clinic.errors import SetupError
from clinic.fusion.distribution import LEAST_PROBABILITY, LOGISTIC_SD
from clinic.records import Scale

#: Theta is standard normal among the training participants. A fixed grid over six deviations:
#: answers given theta are worked out once per batch, not once per recording; and at this step
#: sums of many items stay smooth, where the few nodes of a Gauss-Hermite rule leave lumps.
FARTHEST_THETA = 6.0
THETA_STEP = 0.1
#: Discrimination that an item starts from, before any answer is seen: a factor loading of .7
#: (a / 1.702 = loading / sqrt(1 - loading^2)).
FIRST_DISCRIMINATION = 1.7
#: First distance between thresholds, on the scale of log-odds.
FIRST_GAP = 1.0


class GradedResponse(nn.Module):
    """Item answers and their sum from a place and a spread in points of the scale.

    Learned per item: the logarithm of its discrimination a; the first of its thresholds c on the
    scale of log-odds, and the logarithms of the distances to the next. An answer of at least
    level l has probability ``logistic(a theta - c_l)``; the difficulty of the level is c_l / a.

    Raises:
        SetupError: The scale has no items.
    """

    theta: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        if scale.n_items == 0:
            raise SetupError(f"scale {scale.name} has no items (n_items in conf/scales, items)")
        self.scale = scale
        n_thresholds = scale.n_levels - 1
        self.log_discrimination = nn.Parameter(torch.zeros(scale.n_items))
        self.first_threshold = nn.Parameter(torch.zeros(scale.n_items))
        self.log_gaps = nn.Parameter(torch.zeros(scale.n_items, n_thresholds - 1))
        self.reset_parameters()
        self.register_buffer("mean", torch.tensor((scale.minimum + scale.maximum) / 2))
        self.register_buffer("deviation", torch.tensor((scale.maximum - scale.minimum) / 4))
        self.register_buffer("theta", theta_grid(), persistent=False)

    def reset_parameters(self) -> None:
        """Start again from equal items with thresholds around the middle."""
        n_thresholds = self.scale.n_levels - 1
        with torch.no_grad():
            self.log_discrimination.fill_(float(torch.tensor(FIRST_DISCRIMINATION).log()))
            self.first_threshold.fill_(-FIRST_GAP * (n_thresholds - 1) / 2)
            self.log_gaps.fill_(float(torch.tensor(FIRST_GAP).log()))

    def numbers(self) -> Tensor:
        """Return what is learned as one vector, as ``answers_given`` reads it."""
        gaps = self.log_gaps.flatten()
        return torch.cat([self.log_discrimination, self.first_threshold, gaps])

    def set_numbers(self, numbers: Tensor, mean: float, deviation: float) -> None:
        """Take what was fitted to answers, and what a standard score of theta is in points."""
        n_items = self.scale.n_items
        with torch.no_grad():
            self.log_discrimination.copy_(numbers[:n_items])
            self.first_threshold.copy_(numbers[n_items : 2 * n_items])
            self.log_gaps.copy_(numbers[2 * n_items :].view_as(self.log_gaps))
            self.mean.fill_(mean)
            self.deviation.fill_(deviation)

    def distributions(self, location: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities of whole scores and of answers.

        Args:
            location: In points, shape (B,): the mean of the training participants is theta 0,
                their deviation is one unit of theta.
            spread: In points, shape (B,), of a logistic distribution of that deviation, as
                ``ScoreGrid.probabilities`` takes it.

        Returns:
            Shapes (B, n_values) and (B, n_items, n_levels), each row summing to one.
        """
        n_items, n_levels = self.scale.n_items, self.scale.n_levels
        weights = theta_weights(
            self.theta,
            (location - self.mean) / self.deviation,
            spread * LOGISTIC_SD / self.deviation,
        )
        given = answers_given(self.numbers(), self.theta, n_items, n_levels)
        totals = weights @ sum_given(given)
        answers = (weights @ given.flatten(1)).view(-1, n_items, n_levels)
        # A little of an even distribution keeps every logarithm finite. The even sum and the sum
        # of even answers have the same expectation, so that both still agree.
        share = totals.shape[1] * LEAST_PROBABILITY
        return (
            (1 - share) * totals + share / totals.shape[1],
            (1 - share) * answers + share / n_levels,
        )


def theta_grid() -> Tensor:
    """Return the latent severities at which answers are worked out, shape (G,)."""
    n_steps = round(2 * FARTHEST_THETA / THETA_STEP)
    return torch.linspace(-FARTHEST_THETA, FARTHEST_THETA, n_steps + 1)


def theta_weights(theta: Tensor, location: Tensor, deviation: Tensor) -> Tensor:
    """Return the share of a normal distribution that is nearest to each point, (B, G).

    What lies beyond the grid belongs to its ends. Rows sum to one.
    """
    edges = (theta[1:] + theta[:-1]) / 2
    below = torch.special.ndtr((edges - location[:, None]) / deviation[:, None])
    first, last = torch.zeros_like(below[:, :1]), torch.ones_like(below[:, :1])
    return torch.diff(torch.cat([first, below, last], dim=1), dim=1)


def answers_given(numbers: Tensor, theta: Tensor, n_items: int, n_levels: int) -> Tensor:
    """Return the probability of every answer given theta, shape (G, n_items, n_levels).

    Args:
        numbers: Logarithms of discriminations, first thresholds, logarithms of the distances
            between thresholds (item by item), one vector of n_items * n_levels.
        theta: Shape (G,).
    """
    discrimination = numbers[:n_items].exp()
    first = numbers[n_items : 2 * n_items, None]
    gaps = numbers[2 * n_items :].view(n_items, n_levels - 2).exp()
    thresholds = torch.cat([first, first + gaps.cumsum(dim=1)], dim=1)
    reached = torch.sigmoid(theta[:, None, None] * discrimination[:, None] - thresholds)
    all_reached, none = torch.ones_like(reached[..., :1]), torch.zeros_like(reached[..., :1])
    return -torch.diff(torch.cat([all_reached, reached, none], dim=2), dim=2)


def sum_given(given: Tensor) -> Tensor:
    """Return the distribution of a sum of independent answers, by convolving them in turn.

    Args:
        given: Probabilities of answers 0, 1, ... per item, shape (G, n_items, n_levels).

    Returns:
        Shape (G, n_items * (n_levels - 1) + 1): sums from 0 up.
    """
    n_items, n_levels = given.shape[1:]
    total = given[:, 0]
    for item in range(1, n_items):
        padded = F.pad(total, (n_levels - 1, n_levels - 1)).unfold(1, n_levels, 1)
        total = (padded @ given[:, item].flip(1)[..., None])[..., 0]
    return total
