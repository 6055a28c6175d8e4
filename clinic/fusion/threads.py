"""One thread for networks this small: faster beside other workers, and the same bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(n_threads: int) -> Iterator[None]:
    """Let torch use that many threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
