"""Draw simulated participants: symptoms first, then behaviour that follows them a little.

Questionnaire items are drawn from latent severities by a graded response model, so that totals
have the scale's own shape and each symptom has its own score. Participant ``k`` of a seed is the
same person whatever the size of the cohort.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.records import Condition
from clinic.simulate.checks import need, need_number, need_rising

#: The eight symptoms of the PHQ-8, in its order.
PHQ_ITEMS = (
    *("interest", "mood", "sleep", "energy", "appetite", "worth", "concentration", "movement"),
)
#: Symptom clusters of the PCL-C, in the order of its 17 items (DSM-IV criteria B, C, D).
PCL_CLUSTERS = ("intrusion",) * 5 + ("avoidance",) * 2 + ("numbing",) * 5 + ("arousal",) * 5


@dataclass(frozen=True, kw_only=True)
class Population:
    """How latent severities and other attributes are spread.

    Args:
        depression_mean, depression_sd: Of the latent severity, in the unit of the thresholds.
        depression_uniform: Draw the latent severity evenly over mean +- sqrt(3) sd instead of
            normally, so that every band is filled.
        discrimination: Slope of the graded response model.
        thresholds: Latent severity at which an item's score reaches 1, 2, 3 half of the time;
            rising. For items of more or fewer steps they are interpolated.
        ptsd_shift: How much lower the latent severity of PTSD lies.
        ptsd_correlation: Of the two latent severities.
        ambivalence_share: Share of participants who show A/H.
        ambivalence_slope: Change of its log-odds per standard deviation of latent depression.
        age_bands: Name to share.
        female_share: The others are male: the synthesiser has two sets of voices.
    """

    depression_mean: float
    depression_sd: float
    depression_uniform: bool
    discrimination: float
    thresholds: Sequence[float]
    ptsd_shift: float
    ptsd_correlation: float
    ambivalence_share: float
    ambivalence_slope: float
    age_bands: Mapping[str, float]
    female_share: float

    def __post_init__(self) -> None:
        """Raise SetupError for a value out of range."""
        for name in ("depression_mean", "ptsd_shift", "ambivalence_slope"):
            need_number(getattr(self, name), name)
        for name in ("depression_sd", "discrimination"):
            need_number(getattr(self, name), name, 0, np.inf, open_=True)
        need_rising(self.thresholds, "thresholds")
        need_number(self.ptsd_correlation, "ptsd_correlation", -1, 1)
        need_number(self.ambivalence_share, "ambivalence_share", 0, 1, open_=True)
        need_number(self.female_share, "female_share", 0, 1)
        for name, share in self.age_bands.items():
            need_number(share, f"age_bands.{name}", 0, 1)
        need(sum(self.age_bands.values()) > 0, self.age_bands, "a share above 0", "age_bands")


@dataclass(frozen=True, kw_only=True)
class Trait:
    """One measurable habit and how much symptoms move it.

    Args:
        mean, sd: Over people, in the trait's own unit.
        minimum, maximum: Values are kept inside.
        depression, ptsd, ambivalence: Standardised slopes: change in sd per sd of the latent
            severity (A/H: shown against not shown, as half a step each way). Their squares sum
            below 1; the rest of the variance is the person's own.
    """

    mean: float
    sd: float
    minimum: float
    maximum: float
    depression: float = 0.0
    ptsd: float = 0.0
    ambivalence: float = 0.0

    def __post_init__(self) -> None:
        """Raise SetupError for a value out of range."""
        for name in ("mean", "minimum", "maximum"):
            need_number(getattr(self, name), name)
        need_number(self.sd, "sd", 0)
        slopes = [self.depression, self.ptsd, self.ambivalence]
        for name in ("depression", "ptsd", "ambivalence"):
            need_number(getattr(self, name), name, -1, 1)
        ends = f"{self.minimum} to {self.maximum}"
        need(self.minimum <= self.maximum, ends, "a minimum below the maximum", "effects")
        squares = sum(slope * slope for slope in slopes)
        need(squares <= 1, slopes, "slopes whose squares sum to 1 at most", "effects")

    def draw(self, severity: tuple[float, float, float], noise: float) -> float:
        """Return one person's value for standardised severities and a standard normal."""
        slopes = (self.depression, self.ptsd, self.ambivalence)
        own = float(np.sqrt(max(0.0, 1.0 - sum(s * s for s in slopes))))
        shift = sum(slope * level for slope, level in zip(slopes, severity, strict=True))
        value = self.mean + self.sd * (shift + own * noise)
        return float(np.clip(value, self.minimum, self.maximum))


#: Traits that the simulation reads; conf/simulate/effects must give each of them.
TRAITS = (
    *("rate_wpm", "pause_s", "latency_s", "pitch_range", "level_dbfs", "expressiveness"),
    *("smile", "brow_lowering", "corner_lowering", "gaze_down_deg", "gaze_away", "head_motion"),
    *("blink_rate_hz", "startle", "negative_words", "first_person", "absolutist", "hesitation"),
    *("hedging", "restarts"),
)


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One simulated person.

    Args:
        phq_items: PHQ-8 item scores, 0 to 3; their sum is the depression label.
        pcl_items: PCL-C item scores, 1 to 5; their sum is the PTSD label.
        ambivalence: Whether A/H is shown in the interview.
        severity: Standardised latent depression and PTSD, and +-0.5 for A/H.
        traits: Value of every trait of ``TRAITS``.
        voice: espeak variant; ``pitch`` is its base pitch.
    """

    index: int
    phq_items: Mapping[str, int]
    pcl_items: tuple[int, ...]
    ambivalence: bool
    severity: tuple[float, float, float]
    sex: str
    age_band: str
    voice: str
    pitch: float
    traits: Mapping[str, float]

    @property
    def recording_id(self) -> str:
        """Id of the participant's one recording."""
        return f"sim-{self.index:04d}"

    @property
    def participant_id(self) -> str:
        """Pseudonym."""
        return f"p-{self.index:04d}"

    @property
    def depression(self) -> int:
        """PHQ-8 total, 0 to 24."""
        return sum(self.phq_items.values())

    @property
    def ptsd(self) -> int:
        """PCL-C total, 17 to 85."""
        return sum(self.pcl_items)

    @property
    def scores(self) -> Mapping[Condition, float]:
        """The three labels, on the scales of ``conf/scales/default.yaml``."""
        return {
            Condition.DEPRESSION: self.depression,
            Condition.PTSD: self.ptsd,
            Condition.AMBIVALENCE: int(self.ambivalence),
        }

    def pcl_cluster(self, cluster: str) -> float:
        """Mean item score of one symptom cluster, 1 to 5."""
        items = [s for s, c in zip(self.pcl_items, PCL_CLUSTERS, strict=True) if c == cluster]
        return sum(items) / len(items)


def stream(seed: int, index: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of one participant for one purpose, apart from all others."""
    return np.random.default_rng([seed, index, *purpose.encode()])


def draw_participant(
    index: int,
    *,
    seed: int,
    population: Population,
    effects: Mapping[str, Trait] | None = None,
    voices: Mapping[str, Sequence[str]] | None = None,
) -> Participant:
    """Draw participant number ``index`` (from 1) of a cohort.

    Args:
        effects: Every trait of ``TRAITS``; None draws a person without habits, for
            feature-level cohorts.
        voices: espeak variants per sex; None draws no voice.

    Raises:
        SetupError: A trait is missing from the effects, or unknown.
    """
    if effects is not None and set(effects) != set(TRAITS):
        odd = sorted(set(effects) ^ set(TRAITS))
        raise SetupError(f"effects do not match the traits needed: {', '.join(odd)} (effects)")
    random = stream(seed, index, "person")
    depression, ptsd = _latent(population, random)
    odds = np.log(population.ambivalence_share / (1 - population.ambivalence_share))
    odds += population.ambivalence_slope * depression
    ambivalence = bool(random.uniform() < 1 / (1 + np.exp(-odds)))
    phq = _items(depression, len(PHQ_ITEMS), 3, population, random)
    pcl = _items(ptsd, len(PCL_CLUSTERS), 4, population, random)
    sex = "female" if random.uniform() < population.female_share else "male"
    bands = population.age_bands
    shares = np.array(list(bands.values()))
    age_band = list(bands)[int(random.choice(len(bands), p=shares / shares.sum()))]
    voice = str(random.choice(list(voices[sex]))) if voices else ""
    severity = (depression, ptsd, 0.5 if ambivalence else -0.5)
    return Participant(
        index=index,
        phq_items=dict(zip(PHQ_ITEMS, phq, strict=True)),
        pcl_items=tuple(score + 1 for score in pcl),
        ambivalence=ambivalence,
        sex=sex,
        age_band=age_band,
        voice=voice,
        pitch=float(np.clip(random.normal(48, 7), 30, 66)),
        severity=severity,
        traits={n: effects[n].draw(severity, random.normal()) for n in TRAITS} if effects else {},
    )


def _latent(population: Population, random: np.random.Generator) -> tuple[float, float]:
    """Standardised latent severities of depression and PTSD."""
    if population.depression_uniform:
        depression = float(random.uniform(-np.sqrt(3), np.sqrt(3)))
    else:
        depression = float(random.normal())
    rho = population.ptsd_correlation
    return depression, rho * depression + float(np.sqrt(1 - rho**2) * random.normal())


def _items(
    standard: float, n_items: int, highest: int, population: Population, random: np.random.Generator
) -> list[int]:
    """Item scores 0..highest of a graded response model, items of differing difficulty."""
    latent = population.depression_mean + population.depression_sd * standard
    if highest == 4:
        latent += population.ptsd_shift
    known = np.linspace(0, 1, len(population.thresholds))
    steps: NDArray[np.float64] = np.interp(np.linspace(0, 1, highest), known, population.thresholds)
    ease = np.linspace(-0.35, 0.35, n_items)
    reached = 1 / (1 + np.exp(-population.discrimination * (latent - steps - ease[:, None])))
    return [int(score) for score in (random.uniform(size=(n_items, 1)) < reached).sum(1)]
