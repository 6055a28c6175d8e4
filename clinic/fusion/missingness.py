"""Ways in which inputs get lost: at random rates, by position or by single column."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clinic.fusion.layout import TableBlock


def lose_at_random(
    observed: Tensor, blocks: Sequence[TableBlock], *, most: float, wide_from: int
) -> Tensor:
    """Return which inputs (B, S, F) survive when each recording loses some at its own rate.

    A rate is drawn per recording and modality from U(0, ``most``). Every second recording, by
    lot, loses whole positions (all that a modality says in one segment); the others lose single
    columns of a segment, as a measurement fails that needs a louder voice or a visible brow.

    Args:
        most: Greatest rate; 0 loses nothing.
        wide_from: A table of this width or more is an embedding, whose columns mean nothing
            singly: it is always lost by positions.

    Source:
        CIDer (arXiv:2506.10452), random modality feature missing: positions, rate from U(0, 1).
        Single columns are added here: ours are named measurements.
    """
    n, n_segments, _ = observed.shape
    device = observed.device
    by_column = torch.rand(n, 1, 1, device=device) < 0.5
    kept = torch.ones_like(observed)
    for modality in dict.fromkeys(block.modality for block in blocks):
        rate = most * torch.rand(n, 1, 1, device=device)
        position = torch.rand(n, n_segments, 1, device=device) >= rate
        for block in blocks:
            if block.modality is not modality:
                continue
            columns = slice(block.start, block.stop)
            if block.width >= wide_from:
                kept[..., columns] = position
                continue
            single = torch.rand(n, n_segments, block.width, device=device) >= rate
            kept[..., columns] = torch.where(by_column, single, position)
    return observed & kept
