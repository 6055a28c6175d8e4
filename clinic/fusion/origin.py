"""What made a table that a model learnt from, and how another table's making differs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from clinic.errors import SetupError
from clinic.records import FeatureTable

#: Settings that a note lists; more are counted.
MOST_LISTED = 3


@dataclass(frozen=True, kw_only=True)
class TableOrigin:
    """The part of a stamp that decides numbers; versions may move.

    Args:
        settings: Plain JSON values.
        weights_sha256: Of learned weights, or None.
    """

    component: str
    settings: Mapping[str, object]
    weights_sha256: str | None

    @classmethod
    def of(cls, table: FeatureTable) -> "TableOrigin":
        """Read it off a table's stamp."""
        stamp = table.stamp
        return cls(
            component=stamp.component,
            settings=json.loads(json.dumps(dict(stamp.settings), default=str)),
            weights_sha256=stamp.weights_sha256,
        )

    def require_same_weights(self, table: FeatureTable) -> None:
        """Refuse a table from other learned weights: its columns mean something else.

        Raises:
            SetupError: The weights differ.
        """
        found = TableOrigin.of(table)
        if found.weights_sha256 != self.weights_sha256:
            raise SetupError(
                f"table {table.name}: model was trained on weights {_short(self.weights_sha256)}, "
                f"table was made with {_short(found.weights_sha256)} (features.json)"
            )

    def differences(self, table: FeatureTable) -> tuple[str, ...]:
        """Return one note where component or settings differ, else nothing."""
        found = TableOrigin.of(table)
        if found.component != self.component:
            return (f"{table.name} was made by {found.component}, in training by {self.component}",)
        names = sorted({*self.settings, *found.settings})
        unequal = [n for n in names if self.settings.get(n) != found.settings.get(n)]
        if not unequal:
            return ()
        listed = [
            f"{name} {found.settings.get(name)} (in training {self.settings.get(name)})"
            for name in unequal[:MOST_LISTED]
        ]
        if len(unequal) > MOST_LISTED:
            listed.append(f"{len(unequal) - MOST_LISTED} more")
        return (
            f"{table.name} was measured with other settings than those that the model learnt "
            f"from: {', '.join(listed)}",
        )


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "none"
