"""One broken rule."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A broken rule and its place; never the value, which may be a person's words."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.where}: {self.message}"
