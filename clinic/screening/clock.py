"""CPU time per stage, measured where the work is done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class StageClock:
    """Adds up CPU seconds (all threads of this process) and wall seconds under stage names.

    ``last`` is the stage entered last: where the work stands, or where it failed.
    """

    cpu_s: dict[str, float] = field(default_factory=dict)
    wall_s: dict[str, float] = field(default_factory=dict)
    last: str = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block under a name; a name used twice is added up."""
        self.last = name
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.cpu_s[name] = self.cpu_s.get(name, 0.0) + time.process_time() - cpu
            self.wall_s[name] = self.wall_s.get(name, 0.0) + time.perf_counter() - wall
