"""Losses between a recording seen whole and the same recording with losses.

Source: CIDer (arXiv:2506.10452), self-distillation on joint representation, attention and inputs.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.fusion.layout import TableBlock


def joint_loss(missing: Tensor, full: Tensor, seen: Tensor) -> Tensor:
    """Return the mean of 1 - cosine of (B, D) and (B, D) over recordings with anything left.

    The second is the teacher: it gets no gradient.
    """
    distance = 1 - F.cosine_similarity(missing, full.detach(), dim=1)
    return (distance * seen).sum() / seen.sum().clamp_min(1)


def attention_loss(missing: Tensor, full: Tensor, present: Tensor) -> Tensor:
    """Return the mean KL(full || missing) of attention over the tokens that are left.

    Attention to what is lost has no counterpart: the teacher's weights are shared out anew over
    the keys that are left. (Published: a softmax over weights that are probabilities already,
    which flattens both.)

    Args:
        missing, full: Shape (N, heads, T, T), rows add up to one over the keys present.
        present: Which tokens are left, shape (N, T). Tokens with no other to look at say nothing.
    """
    keys = present[:, None, None, :]
    teacher = full.detach() * keys
    teacher = teacher / teacher.sum(dim=-1, keepdim=True).clamp_min(LEAST_PROBABILITY)
    logs = torch.log(teacher.clamp_min(LEAST_PROBABILITY))
    said = torch.log(missing.clamp_min(LEAST_PROBABILITY))
    divergence = (teacher * (logs - said)).sum(dim=-1).mean(dim=1)
    rows = present & (present.sum(dim=1, keepdim=True) > 1)
    return (divergence * rows).sum() / rows.sum().clamp_min(1)


def reconstruction_loss(
    rebuilt: Tensor, inputs: Tensor, lost: Tensor, blocks: Sequence[TableBlock]
) -> Tensor:
    """Return the smooth L1 error on lost inputs, mean per table, then over tables.

    Args:
        rebuilt, inputs: Shape (B, S, F), in standard deviations.
        lost: Which were observed and then lost, shape (B, S, F); nothing else is compared.
    """
    error = F.smooth_l1_loss(rebuilt, inputs, reduction="none") * lost
    tables = [
        error[..., b.start : b.stop].sum() / lost[..., b.start : b.stop].sum().clamp_min(1)
        for b in blocks
    ]
    return torch.stack(tables).mean()
