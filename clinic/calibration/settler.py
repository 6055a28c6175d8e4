"""From raw estimates to what a reader may see: an estimate, or the reason for none."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.calibration.calibration import Calibration
from clinic.calibration.withholding import Withholding
from clinic.errors import SetupError
from clinic.records import Case, RawEstimate, Settled, Stamp, Withheld, stamp_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Settler:
    """Calibrates, conformalises and withholds."""

    calibration: Calibration
    rules: Withholding
    calibration_sha256: str | None = None

    def stamp(self) -> Stamp:
        """Provenance: the rules' settings and the hash of ``calibration.json``."""
        return stamp_of(self.rules, weights_sha256=self.calibration_sha256)

    def settle(
        self, raw: Sequence[RawEstimate], case: Case, language: str | None = None
    ) -> tuple[Settled, ...]:
        """Return one settled value per raw estimate, in order.

        Args:
            language: BCP 47 tag of the recording, None where nobody said.
        """
        shared = self.rules.about_recording(case, self.calibration, language)
        return tuple(self._one(estimate, case, shared) for estimate in raw)

    def _one(self, raw: RawEstimate, case: Case, shared: tuple[str, ...]) -> Settled:
        estimate = self.calibration.settle(raw, case)
        reasons = (*shared, *self.rules.about_target(estimate, case, self.calibration))
        return Withheld(scale=raw.scale, reason="; ".join(reasons)) if reasons else estimate


def load_settler(folder: Path, rules: Withholding) -> Settler:
    """Read ``calibration.json`` of a model folder.

    Raises:
        SetupError: The file is missing or cannot be read.
    """
    path = folder / "calibration.json"
    if not path.is_file():
        raise SetupError(f"model folder {folder.name} lacks calibration.json")
    content = path.read_bytes()
    return Settler(
        calibration=Calibration.from_json(content.decode("utf-8")),
        rules=rules,
        calibration_sha256=hashlib.sha256(content).hexdigest(),
    )
