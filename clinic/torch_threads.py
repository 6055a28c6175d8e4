"""Torch threads for networks this small: one is faster beside other workers, and bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def torch_threads(n_threads: int) -> Iterator[None]:
    """Let torch use that many threads inside the block: worker processes share the cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
