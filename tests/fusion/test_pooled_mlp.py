"""Pooled statistics and a small network: beyond the linear baseline, short of a sequence."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from scipy.stats import spearmanr

from clinic.config import build, conf_folder
from clinic.fusion import FeatureLayout, ModelIdentity, SplitPlan, strata_of, train
from clinic.fusion.pooling import PooledStandardiser
from clinic.records import Condition, Modality, Reference

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")


def settings_of(choice: str, **changes):
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    return OmegaConf.merge(settings, changes, {"tables": TABLES})


def correlation_on_test(cohort, scales, choice: str, **changes) -> float:
    trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    split = PLAN.final(strata_of(cohort[1], scales[0]), 0)
    model = train(
        *cohort,
        recipe=build(settings_of(choice, **changes)),
        scales=scales,
        split=split,
        trainer=build(trainer),
        seed=0,
        identity=IDENTITY,
    )
    truth = {r.recording_id: r.scores[Condition.DEPRESSION] for r in cohort[1]}
    tested = [case for case in cohort[0] if case.participant_id in split.test]
    estimated = [model.estimate(case)[0].score for case in tested]
    return float(spearmanr(estimated, [truth[case.recording_id] for case in tested])[0])


@pytest.fixture(scope="module")
def make_scored(make_case):
    def make(n: int, seed: int, show):
        """``show(trait, n_segments, random)`` gives a text column; the rest is noise."""
        random = np.random.default_rng(seed)
        cases, references = [], []
        for index in range(n):
            trait = random.uniform(-1, 1)
            text, voice, face = (0.3 * random.normal(size=(10, 2)) for _ in range(3))
            text[:, 0] += show(trait, 10, random)
            name = f"p{index:03d}"
            cases.append(make_case(f"r{index:03d}", name, text, voice, face))
            phq = float(np.clip(round(12 + 12 * trait), 0, 24))
            references.append(
                Reference(
                    recording_id=f"r{index:03d}",
                    participant_id=name,
                    scores={Condition.DEPRESSION: phq, Condition.AMBIVALENCE: index % 2},
                )
            )
        return cases, references

    return make


def either_extreme(trait, n, random):
    """Severe at both ends of the column, mild in its middle."""
    return random.choice([-1.0, 1.0]) * (1 + trait) * 1.5 * np.ones(n)


def test_severity_at_both_extremes_is_found(make_scored, scales):
    cohort = make_scored(240, 1, either_extreme)
    # Started from saying nothing, the first epochs gain nothing: a bend takes longer than a slope.
    quiet = {"n_members": 1, "dropout": 0.1, "input_dropout": 0.1, "patience": 60}
    quiet |= {"optimiser": {"lr": 0.01}}
    assert correlation_on_test(cohort, scales, "pooled_mlp", **quiet) > 0.8
    assert abs(correlation_on_test(cohort, scales, "pooled_linear")) < 0.3


def unsteady(trait, n, random):
    """The mean says nothing; how much the column varies within the interview does."""
    swing = np.tile([1.0, -1.0], n // 2)
    return (1 + trait) * swing


def test_variation_within_the_interview_is_seen(make_scored, scales):
    cohort = make_scored(160, 2, unsteady)
    assert correlation_on_test(cohort, scales, "pooled_mlp", n_members=1) > 0.85


def rising_or_falling(trait, n, random):
    """Only the order of the segments carries severity."""
    return np.linspace(-1, 1, n) * np.sign(trait)


def test_what_lies_in_the_order_alone_stays_unseen(make_scored, scales):
    cohort = make_scored(200, 3, rising_or_falling)
    # Three standard errors of a rank correlation of 80 people.
    assert abs(correlation_on_test(cohort, scales, "pooled_mlp", n_members=1)) < 3 / np.sqrt(79)


@pytest.fixture(scope="module")
def untrained(make_severity_cohort, scales):
    cases, _ = make_severity_cohort(6, 0)
    layout = FeatureLayout.from_cases(cases, TABLES)
    torch.manual_seed(0)
    member = build(settings_of("pooled_mlp")).member(layout, scales)
    member.standardiser.fit([layout.values(case).astype(np.float32) for case in cases])
    member.heads.location.fill_(12.0)
    member.heads.deviation.fill_(6.0)
    member.eval()
    return member, layout, cases


def test_what_an_absent_modality_would_weigh_does_not_matter(untrained):
    network, layout, cases = untrained
    values = torch.tensor(layout.values(cases[0]), dtype=torch.float32)[None]
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    before = network(values, mask)
    values[..., torch.from_numpy(layout.indices(Modality.VOICE))] = torch.nan
    absent = network(values, mask)
    place = [block.modality for block in layout.blocks].index(Modality.VOICE)
    kept = {key: value.clone() for key, value in network.state_dict().items()}
    for encoders in (network.means, network.deviations, network.singles):
        encoders[place].linear.weight.data += 10.0
    after = network(values, mask)
    network.load_state_dict(kept)
    for condition, said in absent.scores.items():
        assert torch.equal(after.scores[condition], said)
        assert not torch.equal(before.scores[condition], said)


def test_pooled_inputs_are_standardised_over_those_who_have_them():
    random = np.random.default_rng(0)
    values = [
        (2 + 3 * random.normal(size=3) + 0.5 * random.normal(size=(8, 3))).astype(np.float32)
        for _ in range(40)
    ]
    for absent in values[:15]:
        absent[:, 1] = np.nan
    standardiser = PooledStandardiser(3)
    standardiser.fit(values)
    stacked = torch.from_numpy(np.stack(values))
    inputs, observed = standardiser(stacked, torch.ones(stacked.shape[:2], dtype=torch.bool))
    pooled, known = standardiser.pooled(inputs, observed)
    assert known[:, 1].tolist() == [False] * 15 + [True] * 25
    assert (pooled[:15, [1, 4]] == 0).all()
    for column in range(6):
        rows = pooled[known[:, column], column].numpy()
        assert abs(rows.mean()) < 1e-4
        assert rows.std() == pytest.approx(1, abs=1e-4)


def test_modality_dropout_never_takes_everything(untrained):
    network, layout, _ = untrained
    kept = network._kept(2000)
    each = [kept[:, torch.from_numpy(layout.indices(m))] for m in list(Modality)[:3]]
    assert all((rows.all(dim=1) | ~rows.any(dim=1)).all() for rows in each)
    observed = torch.stack([rows.all(dim=1) for rows in each])
    assert observed.any(dim=0).all()
    assert abs(float(1 - observed[0].float().mean()) - network.modality_dropout) < 0.03


def test_the_network_is_small(untrained):
    assert sum(p.numel() for p in untrained[0].parameters()) < 10_000
