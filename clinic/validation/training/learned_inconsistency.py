"""Train the learned signal of disagreement on simulated interviews, and write its card.

    python -m clinic.validation.training.learned_inconsistency --results STORE --cohort COHORT
        --held-results STORE --held-cohort COHORT [--readings NAME ...] [--out FOLDER]

A store is a folder of ``clinic extract`` (``<recording>/result.json``), a cohort one of ``clinic
simulate`` (``truth/<recording>.json``). The head is written only where it beats every single
measure on the held-out interviews.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from clinic.errors import ClinicError
from clinic.evaluation.metrics import area_under_roc
from clinic.inconsistency.heads.dense_head import WEIGHTS_FOLDER, DenseHead
from clinic.inconsistency.measures.learned import design, design_columns
from clinic.validation.simulated.cohort import answers_of, interviews_of, read_results

Floats = NDArray[np.float64]
NAME = "learned_inconsistency"
READINGS = (
    "text_valence",
    "text_arousal",
    "voice_arousal",
    "face_valence",
    "face_arousal",
    "face_smile",
)
#: Chosen among these by five-fold cross-validation over participants of the training cohort.
PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0)
N_FOLDS = 5
N_DRAWS = 1000
SEED = 7


@dataclass(frozen=True, kw_only=True, eq=False)
class Utterances:
    """All utterances of a cohort.

    Args:
        people: Shape (n,), participant of each.
        planted: Shape (n,), whether it carries a planted conflict.
        scores: Shape (n, n_readings), personal z scores.
        measures: By name, shape (n,): what the shipped measures say.
    """

    people: NDArray[np.str_]
    planted: NDArray[np.bool_]
    scores: Floats
    measures: dict[str, Floats]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, compare with every single measure, write head and card where it is better."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("results", "cohort", "held-results", "held-cohort"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--readings", nargs="+", default=list(READINGS))
    parser.add_argument("--out", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args(arguments)
    try:
        training = utterances(options.results, options.cohort, options.readings)
        held = utterances(options.held_results, options.held_cohort, options.readings)
        penalty, validated = choose_penalty(training)
        head = fit(training, options.readings, penalty)
        text, is_better = report(head, training, held, penalty, validated)
        if is_better:
            sha256 = head.write(options.out / f"{NAME}.safetensors")
            text += f"\nSHA-256 `{sha256}`.\n"
            (options.out / f"{NAME}.md").write_text(text)
        sys.stdout.write(
            text if is_better else f"{text}\nNot written: a single measure is as good.\n"
        )
    except ClinicError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0 if is_better else 1


def utterances(results: Path, cohort: Path, readings: Sequence[str]) -> Utterances:
    """Read z scores and measures of all stored interviews, and what was planted.

    Raises:
        SetupError: No stored result, one without signals, or one without truth.
    """
    interviews = interviews_of(read_results(results), cohort)
    answers = answers_of(interviews)
    affect = [i.signals.affect for i in interviews]
    return Utterances(
        people=np.array(answers.participants),
        planted=answers.is_planted,
        scores=np.vstack([np.column_stack([t.column(name) for name in readings]) for t in affect]),
        measures=dict(answers.columns),
    )


def choose_penalty(training: Utterances) -> tuple[float, float]:
    """Return the penalty with the best cross-validated AUC over participants, and that AUC."""
    known = np.isfinite(training.scores).all(axis=1)
    people, planted = training.people[known], training.planted[known]
    inputs = design(training.scores[known])
    names = np.unique(people)
    folds = dict(zip(np.random.default_rng(SEED).permutation(names), _cycle(names), strict=True))
    fold = np.array([folds[person] for person in people])
    areas = []
    for penalty in PENALTIES:
        predicted = np.empty(len(planted))
        for k in range(N_FOLDS):
            inside, outside = fold != k, fold == k
            head = _fitted(inputs[inside], planted[inside], (), penalty)
            predicted[outside] = head.predict(inputs[outside])[:, 0]
        areas.append(area_under_curve(predicted, planted))
    best = int(np.argmax(areas))
    return PENALTIES[best], areas[best]


def fit(training: Utterances, readings: Sequence[str], penalty: float) -> DenseHead:
    """Return the head trained on all utterances that have every reading."""
    known = np.isfinite(training.scores).all(axis=1)
    columns = design_columns(readings)
    return _fitted(design(training.scores[known]), training.planted[known], columns, penalty)


def area_under_curve(signal: Floats, positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive exceeds a negative, over those that have a value."""
    seen = np.isfinite(signal)
    if len(set(positive[seen])) < 2:
        return float("nan")
    return area_under_roc(positive[seen], signal[seen])


def report(
    head: DenseHead, training: Utterances, held: Utterances, penalty: float, validated: float
) -> tuple[str, bool]:
    """Return the card, and whether the head beats every single measure on held-out interviews."""
    signal = head.predict(design(held.scores))[:, 0]
    area = area_under_curve(signal, held.planted)
    singles = {n: area_under_curve(v, held.planted) for n, v in held.measures.items() if n != NAME}
    singles = {name: area for name, area in singles.items() if np.isfinite(area)}
    best = max(singles, key=lambda name: singles[name])
    low, high = _interval(held, lambda rows: area_under_curve(signal[rows], held.planted[rows]))
    ahead = _interval(
        held,
        lambda rows: (
            area_under_curve(signal[rows], held.planted[rows])
            - area_under_curve(held.measures[best][rows], held.planted[rows])
        ),
    )
    text = _CARD.format(
        n=len(training.planted),
        people=len(np.unique(training.people)),
        planted=int(training.planted.sum()),
        n_held=len(held.planted),
        people_held=len(np.unique(held.people)),
        planted_held=int(held.planted.sum()),
        penalty=penalty,
        validated=validated,
        area=area,
        low=low,
        high=high,
        best=best,
        best_area=singles[best],
        ahead_low=ahead[0],
        ahead_high=ahead[1],
        n_inputs=len(head.inputs),
        readings=", ".join(head.inputs[: held.scores.shape[1]]),
    )
    return text, bool(ahead[0] > 0)


def _fitted(
    inputs: Floats, planted: NDArray[np.bool_], columns: Sequence[str], penalty: float
) -> DenseHead:
    """Logistic regression with an L2 penalty on standardised inputs."""
    centre, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    scaled, target = (inputs - centre) / scale, planted.astype(np.float64)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        odds = scaled @ parameters[1:] + parameters[0]
        error = 0.5 * (1.0 + np.tanh(0.5 * odds)) - target
        total = np.logaddexp(0.0, odds).sum() - odds @ target
        gradient = np.concatenate([[error.sum()], scaled.T @ error + penalty * parameters[1:]])
        return float(total + 0.5 * penalty * (parameters[1:] ** 2).sum()), gradient

    start = np.zeros(inputs.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return DenseHead(
        inputs=tuple(columns) or tuple(str(k) for k in range(inputs.shape[1])),
        outputs=("planted",),
        link="sigmoid",
        centre=centre,
        scale=scale,
        layers=((found[1:, None], found[:1]),),
        card={"data": "simulated interviews", "licence": "MIT", "n": len(planted)},
    )


def _interval(
    held: Utterances, statistic: Callable[[NDArray[np.intp]], float]
) -> tuple[float, float]:
    """Return the 95 % percentile interval over participants drawn again."""
    random = np.random.default_rng(SEED)
    names = np.unique(held.people)
    rows = {name: np.flatnonzero(held.people == name) for name in names}
    draws = [
        statistic(np.concatenate([rows[name] for name in random.choice(names, len(names))]))
        for _ in range(N_DRAWS)
    ]
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return float(low), float(high)


def _cycle(names: NDArray[np.str_]) -> list[int]:
    return [k % N_FOLDS for k in range(len(names))]


_CARD = """# Head `learned_inconsistency`

**What it is.** Logistic regression from {n_inputs} inputs made of personal z scores
({readings}; their sizes; how far each
two lie on given sides) to the probability that an utterance carries a planted conflict.

**Trained on simulated interviews** made by `clinic simulate`, no real person: {people}
participants, {n} utterances, {planted} with a planted conflict. Penalty {penalty:g}, by
cross-validation over participants (AUC {validated:.3f}).

**Held out** ({people_held} other simulated participants, {n_held} utterances, {planted_held}
planted): AUC for a conflict of any kind {area:.3f} [{low:.3f}, {high:.3f}]; best single measure
`{best}` {best_area:.3f}; ahead by [{ahead_low:.3f}, {ahead_high:.3f}]. Intervals draw
participants again.

**Limits.** It has learned how the author of the simulation thought that words, voice and face come
apart. Nobody has shown that people do it so. Use the order of utterances, not the number: in a
real interview it is no probability of anything.

Licence: MIT. Made by `python -m clinic.validation.training.learned_inconsistency`.
"""


if __name__ == "__main__":
    sys.exit(main())
