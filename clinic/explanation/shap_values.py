"""Owen values (SHAP's partition explainer) of a fusion model, by feature and by moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.explanation.players import Column, Player, hierarchy, players_of
from clinic.explanation.sentences import sentences
from clinic.explanation.unsplit import told_apart
from clinic.records import (
    Case,
    Condition,
    Contribution,
    Explanation,
    MomentContribution,
    SeverityEstimate,
    Stamp,
    stamp_of,
)

METHOD = "Owen values, shap.explainers.Partition"
#: Enough to split modalities, most groups and the strongest moments of an hour.
LEAST_EVALUATIONS = 64

Game = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class Layout(Protocol):
    """Columns of the model's input."""

    @property
    def columns(self) -> Sequence[Column]: ...
    def values(self, case: Case) -> NDArray[np.float64]: ...


class ExplainableModel(Protocol):
    """What an explanation needs of a model (``clinic.fusion``)."""

    @property
    def layout(self) -> Layout: ...
    @property
    def outputs_explained(self) -> Sequence[Condition]:
        """Conditions in the order of the columns of ``outputs``."""
        ...

    def typical(self) -> NDArray[np.float64]:
        """Shape (n_columns,): mean over training participants, in the columns' units."""
        ...

    def outputs(
        self, values: NDArray[np.float64], segment_mask: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Shape (batch, n_outputs) from (batch, n_segments, n_columns) with NaN."""
        ...


@dataclass(frozen=True, kw_only=True)
class ShapExplainer:
    """Shares out the model's output among features, and again among moments.

    The base is the output for a typical training participant: every column at its mean over
    the training participants. A feature is switched off by putting its typical value in its
    place in every segment; a moment, by putting all typical values in its segment. Values of a
    feature group or a modality are the sums of its features, and sums over everything are the
    output exactly: Owen values share out each split of the tree modality, group, feature.

    Args:
        joint_groups: Feature groups whose single columns mean nothing to a reader.
        n_evaluations: Most model evaluations spent on features, and a third of it on moments,
            which are fewer; the branches with most effect are split first, and what is left
            unsplit at the end is told as one.
        max_segments: Segments evaluated for features: a long interview, whose evaluations are
            dear, gets fewer of them, but never less than ``LEAST_EVALUATIONS``.
        n_sentences: Strongest contributions said in words.
        batch_size: Rows per model call; bounds memory on long interviews.

    Source:
        Lundberg and Lee (2017), arXiv:1705.07874; Owen (1977), doi:10.1007/978-3-642-45494-3_7.
    """

    joint_groups: Sequence[str]
    n_evaluations: int
    max_segments: int
    n_sentences: int
    batch_size: int = 64

    def stamp(self) -> Stamp:
        """Provenance, with shap's version."""
        return stamp_of(self, distribution="shap")

    def explain(
        self, model: ExplainableModel, case: Case, settled: Sequence[SeverityEstimate]
    ) -> tuple[Explanation, ...]:
        """Explain each settled estimate; withheld ones are not passed in.

        Raises:
            ValueError: Contributions do not add up (checked by the record).
        """
        if not settled:
            return ()
        values = model.layout.values(case)
        typical = model.typical()
        players = players_of(model.layout.columns, values, case, self.joint_groups)
        feature_game = _game(model, _feature_rows(values, typical, players), self.batch_size)
        moment_game = _game(model, _moment_rows(values, typical), self.batch_size)
        n_evaluations = min(self.n_evaluations, self.max_segments // len(values))
        feature_base, feature_values, output = _owen(
            feature_game,
            hierarchy([(p.modality, p.group, p.feature) for p in players]),
            max(n_evaluations, LEAST_EVALUATIONS),
        )
        moment_base, moment_values, _ = _owen(
            moment_game,
            hierarchy([("all",)] * len(values)),
            max(n_evaluations // 3, LEAST_EVALUATIONS),
        )
        order = list(model.outputs_explained)
        return tuple(
            self._explanation(
                estimate,
                case,
                values,
                typical,
                players,
                bases=(feature_base[k], moment_base[k]),
                shares=(feature_values[:, k], moment_values[:, k]),
                output=output[k],
            )
            for estimate in settled
            for k in (order.index(estimate.condition),)
        )

    def _explanation(
        self,
        estimate: SeverityEstimate,
        case: Case,
        values: NDArray[np.float64],
        typical: NDArray[np.float64],
        players: Sequence[Player],
        *,
        bases: tuple[float, float],
        shares: tuple[NDArray[np.float64], NDArray[np.float64]],
        output: float,
    ) -> Explanation:
        contributions = told_apart(
            [
                _contribution(player, float(value), values, typical)
                for player, value in zip(players, shares[0], strict=True)
            ]
        )
        scale = estimate.scale
        unit = "log-odds" if scale.is_rating else "points"
        moments = tuple(
            MomentContribution(
                start_s=segment.start_s,
                end_s=segment.end_s,
                value=float(value),
                quote=segment.text,
            )
            for segment, value in zip(case.segments, shares[1], strict=True)
        )
        name = f"{scale.name} {'log-odds' if scale.is_rating else 'score'} before calibration"
        return Explanation(
            condition=scale.condition,
            output_name=name,
            unit=unit,
            method=METHOD,
            base=float(bases[0]),
            output=float(output),
            contributions=contributions,
            moment_base=float(bases[1]),
            moments=moments,
            sentences=sentences(contributions, scale.name, unit, self.n_sentences),
        )


def _contribution(
    player: Player, value: float, values: NDArray[np.float64], typical: NDArray[np.float64]
) -> Contribution:
    observed = expected = None
    if len(player.columns) == 1:
        column = values[:, player.columns[0]]
        observed = float(np.nanmean(column)) if np.isfinite(column).any() else None
        usual = float(typical[player.columns[0]])
        expected = usual if np.isfinite(usual) else None
    return Contribution(
        modality=player.modality,
        group=player.group,
        feature=player.feature,
        meaning=player.meaning,
        value=value,
        observed=observed,
        typical=expected,
        unit=player.unit,
    )


def _feature_rows(
    values: NDArray[np.float64], typical: NDArray[np.float64], players: Sequence[Player]
) -> Game:
    """Return a function from switches (batch, n_players) to model inputs."""
    owner = np.empty(values.shape[1], dtype=np.intp)
    for index, player in enumerate(players):
        owner[list(player.columns)] = index

    def rows(switches: NDArray[np.float64]) -> NDArray[np.float64]:
        on = switches.astype(bool)[:, owner][:, None, :]
        return np.where(on, values[None], typical[None, None])

    return rows


def _moment_rows(values: NDArray[np.float64], typical: NDArray[np.float64]) -> Game:
    """Return a function from switches (batch, n_segments) to model inputs."""

    def rows(switches: NDArray[np.float64]) -> NDArray[np.float64]:
        on = switches.astype(bool)[:, :, None]
        return np.where(on, values[None], typical[None, None])

    return rows


def _game(model: ExplainableModel, rows: Game, batch_size: int) -> Game:
    def play(switches: NDArray[np.float64]) -> NDArray[np.float64]:
        parts = []
        for start in range(0, len(switches), batch_size):
            inputs = rows(switches[start : start + batch_size])
            parts.append(model.outputs(inputs, np.ones(inputs.shape[:2], dtype=bool)))
        return np.concatenate(parts)

    return play


def _owen(
    game: Game, tree: NDArray[np.float64], n_evaluations: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return base (n_outputs,), values (n_players, n_outputs) and output (n_outputs,)."""
    n_players = len(tree) + 1
    ends = game(np.stack([np.zeros(n_players), np.ones(n_players)]))
    if n_players == 1:
        return ends[0], (ends[1] - ends[0])[None], ends[1]
    import shap

    masker = shap.maskers.Partition(np.zeros((1, n_players)), clustering=tree)
    explainer = shap.explainers.Partition(game, masker)
    found = explainer(np.ones((1, n_players)), max_evals=n_evaluations, silent=True)
    values = np.asarray(found.values[0], dtype=np.float64).reshape(n_players, -1)
    return ends[0], values, ends[1]
