"""Masked attention: another implementation says the same, and nothing to look at gives zeros."""

import numpy as np
import pytest
import torch

from clinic.errors import SetupError
from clinic.fusion.attention import AttentionLayer, MaskedAttention, place_code
from clinic.fusion.sequence import placed

WIDTH, N_HEADS = 16, 4


@pytest.fixture
def rows():
    torch.manual_seed(0)
    return torch.randn(2, 5, WIDTH), torch.randn(2, 7, WIDTH)


def test_agrees_with_the_attention_of_torch(rows):
    own = MaskedAttention(WIDTH, N_HEADS, is_local=False).eval()
    theirs = torch.nn.MultiheadAttention(WIDTH, N_HEADS, batch_first=True).eval()
    with torch.no_grad():
        parts = (own.query, own.key, own.value)
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(own.merge.state_dict())
        present = torch.tensor([[1, 1, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1]]).bool()
        queries, keys = rows
        expected, looks = theirs(
            queries, keys, keys, key_padding_mask=~present, average_attn_weights=False
        )
        torch.testing.assert_close(own(queries, keys, present), expected)
        torch.testing.assert_close(own.weights(queries, keys, present), looks)


@pytest.mark.parametrize("is_local", [True, False])
def test_without_any_key_a_query_gets_zeros_and_gradients_stay_finite(rows, is_local):
    attention = MaskedAttention(WIDTH, N_HEADS, is_local=is_local)
    queries, keys = rows
    present = torch.ones(2, 7, dtype=torch.bool)
    present[0] = False
    found = attention(queries, keys, present)
    assert torch.equal(found[0], torch.zeros(5, WIDTH))
    assert found[1].abs().min() > 0
    assert torch.equal(attention.weights(queries, keys, present)[0], torch.zeros(N_HEADS, 5, 7))
    found.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in attention.parameters() if p.grad is not None)


def test_heads_fall_off_with_distance_each_at_its_own_rate(rows):
    attention = MaskedAttention(WIDTH, N_HEADS)
    queries, keys = rows
    with torch.no_grad():
        attention.query.weight.zero_()
        attention.query.bias.zero_()
        looks = attention.weights(queries, keys, torch.ones(2, 7, dtype=torch.bool))[0].numpy()
        rates = attention.log_steepness.exp().numpy()
    distance = abs(np.arange(5)[:, None] - np.arange(7)[None])
    for rate, found in zip(rates, looks, strict=True):
        expected = np.exp(-rate * distance)
        np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True), rtol=1e-4)
    assert rates[0] > 3
    assert rates[-1] < 0.05


def test_keys_of_several_streams_stand_where_they_are_said_to(rows):
    """Two streams side by side: the second's first segment is as near as the first's."""
    attention = MaskedAttention(WIDTH, N_HEADS)
    queries, _ = rows
    both = torch.cat([queries, queries], dim=1)
    with torch.no_grad():
        looks = attention.weights(
            queries, both, torch.ones(2, 10, dtype=torch.bool), torch.arange(5).repeat(2)
        )
    torch.testing.assert_close(looks[..., :5], looks[..., 5:])


def test_every_segment_has_its_own_place_however_many_follow():
    code = place_code(400, WIDTH)
    apart = torch.cdist(code, code) + 10 * torch.eye(400)
    assert apart.min() > 0.3
    torch.testing.assert_close(place_code(30, WIDTH), code[:30])
    assert place_code(3, 5).shape == (3, 5)


def test_a_place_is_given_only_to_what_is_there():
    present = torch.tensor([[True, False, True]])
    found = placed(torch.zeros(1, 3, WIDTH), present)
    torch.testing.assert_close(found[0, [0, 2]], place_code(3, WIDTH)[[0, 2]])
    assert torch.equal(found[0, 1], torch.zeros(WIDTH))


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(SetupError, match="width 16 is no multiple of 3 heads"):
        AttentionLayer(WIDTH, 3, 0.0)
