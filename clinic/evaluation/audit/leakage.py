"""The whole audit of one table and its split."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic.errors import SetupError
from clinic.evaluation.audit.check import AuditCheck, AuditReport, not_possible
from clinic.evaluation.audit.copies import duplicated_rows
from clinic.evaluation.audit.data import AuditFold, AuditTable
from clinic.evaluation.audit.noise import NAME as NOISE
from clinic.evaluation.audit.noise import noise_features
from clinic.evaluation.audit.people import persons_of
from clinic.evaluation.audit.permuted import NAME as PERMUTED
from clinic.evaluation.audit.permuted import permuted_labels
from clinic.evaluation.audit.scaling import scaled_over_everybody
from clinic.evaluation.audit.shared import shared_participants
from clinic.evaluation.audit.shortcuts import NAME as SHORTCUTS
from clinic.evaluation.audit.shortcuts import metadata_shortcuts


@dataclass(frozen=True, kw_only=True)
class LeakageAudit:
    """Settings of the audit.

    Args:
        n_permutations: Exchanges of labels between persons.
        n_draws: Draws of noise features.
        alpha: Share of clean tables that each chance-based check may fail.
        shortcut_alpha: Corrected p-value below which a metadata column is named.
        gives_away: Lower bound of a metadata column's score, from 0 (chance) to 1 (perfect),
            from which the column alone gives the answer away.
        seed: Of permutations and draws.
    """

    n_permutations: int
    n_draws: int
    alpha: float
    shortcut_alpha: float
    gives_away: float
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.n_permutations, self.n_draws) < 20:
            raise SetupError("n_permutations and n_draws of the audit must be at least 20 (audit)")
        if not 0 < self.alpha < 0.5 or not 0 < self.shortcut_alpha < 0.5:
            raise SetupError("alpha and shortcut_alpha must lie in (0, 0.5) (audit)")

    def run(self, table: AuditTable, folds: Sequence[AuditFold], *, subject: str) -> AuditReport:
        """Make every check; copies that are found count as one person in the checks after them.

        Raises:
            SetupError: No fold scores anybody.
        """
        if not any(len(fold.scored) for fold in folds):
            raise SetupError("the split scores no row of the table: compare the ids (split)")
        known = persons_of(table.participant_ids, table.aliases)
        copies = duplicated_rows(table, folds, known, alpha=self.alpha)
        persons = persons_of(table.participant_ids, [*table.aliases, *copies.same_person])
        checks: list[AuditCheck] = [shared_participants(table, folds, known), copies.check]
        n_targets = len(table.labels)
        for target in table.labels:
            checks += [
                permuted_labels(
                    table,
                    target,
                    folds,
                    persons,
                    n_permutations=self.n_permutations,
                    alpha=self.alpha,
                    n_targets=n_targets,
                    seed=self.seed,
                ),
                noise_features(
                    target,
                    folds,
                    persons,
                    n_draws=self.n_draws,
                    alpha=self.alpha,
                    n_targets=n_targets,
                    seed=self.seed,
                ),
                metadata_shortcuts(
                    table,
                    target,
                    folds,
                    persons,
                    n_permutations=max(self.n_permutations, 999),
                    alpha=self.shortcut_alpha / n_targets,
                    gives_away=self.gives_away,
                    seed=self.seed,
                ),
            ]
        if not table.labels:
            checks += [not_possible(name, "no labels") for name in (PERMUTED, NOISE, SHORTCUTS)]
        checks.append(scaled_over_everybody(table, folds))
        sizes = {
            "participants": len(set(table.participant_ids.tolist())),
            "persons": int(persons.max()) + 1,
            "recordings": len(set(table.recording_ids.tolist())),
            "rows": table.n_rows,
            "columns": len(table.columns),
            "folds": len(folds),
        }
        return AuditReport(subject=subject, checks=tuple(checks), sizes=sizes)
