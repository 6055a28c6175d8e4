"""Drawn people: the same for the same seed, spread and related as conf says, and no more than that.

The bounds are 4.5 standard errors of independent draws; the seed is fixed, so nothing flickers.
"""

from collections import Counter
from dataclasses import astuple, replace

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.simulate.appearance import draw_look
from clinic.simulate.features import TEST_POPULATION
from clinic.simulate.people import PCL_CLUSTERS, TRAITS, draw_participant

Z = 4.5


def z_of_share(hits: np.ndarray, probability: np.ndarray | float) -> float:
    """Distance of a count from its expectation in standard deviations."""
    p = np.broadcast_to(probability, hits.shape)
    return float((hits - p).sum() / np.sqrt((p * (1 - p)).sum()))


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def slopes_and_errors(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ordinary least squares with an intercept: slopes, shape (3, n_y), and standard errors."""
    design = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.inv(design.T @ design)
    fitted = inverse @ design.T @ y
    spread = (y - design @ fitted).var(axis=0, ddof=design.shape[1])
    return fitted[1:], np.sqrt(np.outer(np.diag(inverse), spread))[1:]


def standardised(people, effects):
    """Traits less conf's mean in units of conf's sd, shape (n, 20)."""
    return np.array(
        [[(p.traits[t] - effects[t].mean) / effects[t].sd for t in TRAITS] for p in people]
    )


def unlimited(simulator):
    wide = {t: replace(e, minimum=-1e9, maximum=1e9) for t, e in simulator.effects.items()}
    return replace(simulator, effects=wide)


def planted(effects):
    return np.array(
        [[getattr(effects[t], n) for t in TRAITS] for n in ("depression", "ptsd", "ambivalence")]
    )


# --- who somebody is ------------------------------------------------------------------------------


def test_the_same_seed_and_number_are_the_same_person_in_any_order(simulator, crowd):
    for index in (317, 4, 1999):
        assert simulator.participant(index) == crowd[index - 1]


def test_another_seed_or_number_is_another_person(simulator, crowd):
    other = replace(simulator, seed=12)
    twins = sum(other.participant(p.index).traits == p.traits for p in crowd[:200])
    assert twins == 0
    assert len({tuple(p.traits.values()) for p in crowd}) == len(crowd)


def test_neighbours_are_strangers(severities):
    for lag in (1, 2):
        r = np.corrcoef(severities[lag:, 0], severities[:-lag, 0])[0, 1]
        assert abs(r) < Z / np.sqrt(len(severities))


def test_effects_change_habits_and_nothing_else(make_simulator, simulator, crowd):
    without = make_simulator("seed=11", "simulate/effects@effects=none")
    for person in crowd[:50]:
        twin = without.participant(person.index)
        assert replace(twin, traits=person.traits) == person


# --- what they score ------------------------------------------------------------------------------


def test_labels_are_the_sums_of_item_scores_on_the_scales_range(crowd):
    scales = OmegaConf.load(conf_folder() / "scales" / "default.yaml")
    depression, ptsd = build(scales.depression), build(scales.ptsd)
    for person in crowd:
        assert len(person.phq_items) == 8
        assert len(person.pcl_items) == len(PCL_CLUSTERS) == 17
        assert person.depression == sum(person.phq_items.values())
        assert person.ptsd == sum(person.pcl_items)
        assert set(person.phq_items.values()) <= {0, 1, 2, 3}
        assert set(person.pcl_items) <= {1, 2, 3, 4, 5}
        assert depression.minimum <= person.depression <= depression.maximum
        assert ptsd.minimum <= person.ptsd <= ptsd.maximum


@pytest.mark.parametrize("level", [1, 2, 3])
def test_phq_items_follow_the_graded_response_model(simulator, crowd, severities, level):
    """P(score >= level) from the latent severity by the formula, written a second time."""
    population = simulator.population
    latent = population.depression_mean + population.depression_sd * severities[:, 0]
    hardness = population.thresholds[level - 1] + np.linspace(-0.35, 0.35, 8)
    expected = logistic(population.discrimination * (latent[:, None] - hardness))
    reached = np.array([list(p.phq_items.values()) for p in crowd]) >= level
    assert abs(z_of_share(reached, expected)) < Z


@pytest.mark.parametrize(("level", "threshold"), [(1, 0), (4, -1)])
def test_pcl_items_lie_lower_by_the_shift(simulator, crowd, severities, level, threshold):
    population = simulator.population
    latent = population.depression_mean + population.depression_sd * severities[:, 1]
    hardness = population.thresholds[threshold] + np.linspace(-0.35, 0.35, 17)
    expected = logistic(
        population.discrimination * (latent[:, None] + population.ptsd_shift - hardness)
    )
    reached = np.array([p.pcl_items for p in crowd]) - 1 >= level
    assert abs(z_of_share(reached, expected)) < Z


def test_every_band_of_the_balanced_population_holds_14_to_26_percent(crowd):
    scale = build(OmegaConf.load(conf_folder() / "scales" / "default.yaml").depression)
    count = Counter(scale.band_of(p.depression) for p in crowd)
    slack = Z * np.sqrt(0.2 * 0.8 / len(crowd))
    for band in range(scale.n_bands):
        assert 0.14 - slack < count[band] / len(crowd) < 0.26 + slack


def test_one_in_five_of_the_screening_population_reaches_the_cutoff(make_simulator):
    simulator = make_simulator("seed=11", "simulate/population@population=screening")
    totals = np.array([simulator.participant(k).depression for k in range(1, 2501)])
    assert abs(z_of_share(totals >= 10, 0.21)) < Z


@pytest.mark.parametrize("choice", ["balanced", "screening"])
def test_latent_severities_are_standard_and_correlate_as_conf_says(make_simulator, choice):
    simulator = make_simulator("seed=11", f"simulate/population@population={choice}")
    n = 2000
    drawn = np.array([simulator.participant(k).severity[:2] for k in range(1, n + 1)])
    planted_r = simulator.population.ptsd_correlation
    fisher = np.arctanh(np.corrcoef(drawn.T)[0, 1]) - np.arctanh(planted_r)
    assert abs(fisher) < Z / np.sqrt(n - 3)
    assert np.abs(drawn.mean(0)).max() < Z / np.sqrt(n)
    assert np.abs(drawn.var(0) - 1).max() < Z * np.sqrt(2 / n)
    if simulator.population.depression_uniform:
        assert np.abs(drawn[:, 0]).max() <= np.sqrt(3)
    else:
        assert np.abs(drawn[:, 0]).max() > 2.5


def test_ambivalence_has_its_share_and_hangs_little_on_depression(simulator, crowd, severities):
    population, depression = simulator.population, severities[:, 0]
    odds = np.log(population.ambivalence_share / (1 - population.ambivalence_share))
    expected = logistic(odds + population.ambivalence_slope * depression)
    shown = np.array([p.ambivalence for p in crowd], dtype=float)
    assert abs(z_of_share(shown, expected)) < Z
    score = (depression * (shown - expected)).sum()
    assert abs(score) < Z * np.sqrt((depression**2 * expected * (1 - expected)).sum())
    np.testing.assert_array_equal(severities[:, 2], shown - 0.5)


# --- how they behave ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unlimited_habits(simulator, crowd):
    wide = unlimited(simulator)
    return standardised([wide.participant(p.index) for p in crowd], wide.effects)


def test_planted_slopes_are_recovered_by_regression(simulator, severities, unlimited_habits):
    slopes, errors = slopes_and_errors(severities, unlimited_habits)
    assert np.abs((slopes - planted(simulator.effects)) / errors).max() < Z
    # The bound can tell the conf from a world without effects.
    assert np.abs(slopes / errors).max() > 2 * Z


def test_the_rest_of_a_habits_variance_is_the_persons_own(simulator, severities, unlimited_habits):
    """1 less the squares of the slopes: habits vary as much as conf's sd says."""
    shift = severities @ planted(simulator.effects)
    own = (unlimited_habits - shift).var(axis=0)
    expected = 1 - (planted(simulator.effects) ** 2).sum(axis=0)
    assert np.abs(own / expected - 1).max() < Z * np.sqrt(2 / len(severities))


def test_no_habit_follows_any_severity_without_effects(make_simulator, severities):
    simulator = make_simulator("seed=11", "simulate/effects@effects=none")
    assert not planted(simulator.effects).any()
    people = [simulator.participant(k) for k in range(1, len(severities) + 1)]
    slopes, errors = slopes_and_errors(severities, standardised(people, simulator.effects))
    assert np.abs(slopes / errors).max() < Z


def test_limits_cut_habits_and_do_nothing_else(simulator, crowd, unlimited_habits):
    effects = simulator.effects
    low = [(effects[t].minimum - effects[t].mean) / effects[t].sd for t in TRAITS]
    high = [(effects[t].maximum - effects[t].mean) / effects[t].sd for t in TRAITS]
    expected = np.clip(unlimited_habits, low, high)
    np.testing.assert_allclose(standardised(crowd, effects), expected, atol=1e-9)


def test_limits_weaken_a_slope_by_the_share_that_they_cut(simulator, severities, unlimited_habits):
    """Stein's lemma: the slope that is left is the planted one times the share inside."""
    column = TRAITS.index("startle")
    effect = simulator.effects["startle"]
    low, high = ((e - effect.mean) / effect.sd for e in (effect.minimum, effect.maximum))
    raw = unlimited_habits[:, column]
    inside = ((raw > low) & (raw < high)).mean()
    slopes, errors = slopes_and_errors(severities, np.clip(raw, low, high)[:, None])
    assert 0.7 < inside < 0.9
    assert abs(slopes[1, 0] - inside * effect.ptsd) < Z * errors[1, 0]


def test_sex_age_voice_and_pitch_say_nothing_about_severity(simulator, crowd, severities):
    population = simulator.population
    female = np.array([p.sex == "female" for p in crowd])
    assert abs(z_of_share(female, population.female_share)) < Z
    columns = [female, [p.pitch for p in crowd]]
    for band, share in population.age_bands.items():
        member = np.array([p.age_band == band for p in crowd])
        assert abs(z_of_share(member, share)) < Z
        columns.append(member)
    for voice in {p.voice for p in crowd}:
        columns.append([p.voice == voice for p in crowd])
    table = np.corrcoef(np.column_stack([severities, *map(np.asarray, columns)]).T)
    assert np.abs(table[:3, 3:]).max() < Z / np.sqrt(len(crowd))


def test_a_voice_fits_the_sex_and_all_are_used(simulator, crowd):
    for sex, voices in simulator.voices.items():
        assert {p.voice for p in crowd if p.sex == sex} == set(voices)


def test_the_look_does_not_know_the_scores(crowd):
    for person in crowd[:20]:
        worse = replace(
            person,
            phq_items=dict.fromkeys(person.phq_items, 3),
            pcl_items=(5,) * 17,
            ambivalence=not person.ambivalence,
            severity=(2.0, 2.0, 0.5),
            traits={},
        )
        assert astuple(draw_look(worse, 11)) == astuple(draw_look(person, 11))
    assert len({draw_look(p, 11).skin for p in crowd[:20]}) == 20


# --- settings -------------------------------------------------------------------------------------


def test_a_missing_or_an_unknown_trait_is_named(simulator):
    whole = dict(simulator.effects)
    lacking = {name: effect for name, effect in whole.items() if name != "smile"}
    for effects, odd in ((lacking, "smile"), (whole | {"laughter": whole["smile"]}, "laughter")):
        with pytest.raises(SetupError, match=rf"needed: {odd} \(effects\)"):
            draw_participant(1, seed=0, population=simulator.population, effects=effects)


def test_the_population_for_tests_is_the_balanced_one():
    shipped = build(OmegaConf.load(conf_folder() / "simulate" / "population" / "balanced.yaml"))
    assert {k: list(v) if k == "thresholds" else v for k, v in vars(TEST_POPULATION).items()} == {
        k: list(v) if k == "thresholds" else v for k, v in vars(shipped).items()
    }
