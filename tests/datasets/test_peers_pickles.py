"""Foreign pickles: plain arrays come back as they were, and nothing that a file names ever runs."""

import collections
import os
import pickle  # noqa: TID251  makes the files that the reader must refuse or read
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.datasets.peers.plain_pickle import read_plain_pickle, write_plain_pickle
from clinic.errors import DataError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PLAIN = {
    "numbers": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
    "words": np.array(["one", "seven"]),
    "objects": np.array(["x", [1, (2,)], None, {"k": 3}], dtype=object),
    "scalar": np.float32(2.5),
    "none": np.zeros((0, 3)),
    "bytes": b"\xff\x00",
    "no bytes": b"",
    "order": collections.OrderedDict(a=[True, None, 10**30, "é"]),
    "set": {1, 2},
}
PLAIN_KINDS = (np.ndarray, dict, list, tuple, set, frozenset, str, bytes, int, float, type(None))


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.fixture
def read(tmp_path):
    def read_content(content: bytes):
        (tmp_path / "x.pkl").write_bytes(content)
        return read_plain_pickle(tmp_path / "x.pkl")

    return read_content


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_arrays_come_back_as_they_were_from_every_protocol(read, protocol):
    found = read(pickle.dumps(PLAIN, protocol=protocol))
    assert found.keys() == PLAIN.keys()
    for name, value in PLAIN.items():
        if isinstance(value, np.ndarray):
            assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
            assert found[name].tolist() == value.tolist()
        else:
            assert found[name] == value


def test_what_we_write_python_itself_reads_without_any_of_our_code(tmp_path):
    write_plain_pickle(tmp_path / "x.pkl", {"a": np.arange(3), "b": ["word"]})
    content = (tmp_path / "x.pkl").read_bytes()
    assert b"clinic" not in content
    assert pickle.loads(content)["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"train": [{"id": (x,)}]}])
def test_a_system_call_is_refused_by_name_and_does_not_run(read, tmp_path, protocol, wrap):
    mark = tmp_path / "ran"
    evil = wrap(Call(os.system, f"touch {mark}"))
    with pytest.raises(DataError, match=r"refused: (posix|nt)\.system; only plain arrays"):
        read(pickle.dumps(evil, protocol=protocol))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (pickle.dumps(Call(eval, "1"), protocol=4), r"builtins\.eval"),
        (pickle.dumps(Call(getattr, "a", "b"), protocol=2), r"__builtin__\.getattr"),
        (b"cos\nsystem\n(S'true'\ntR.", r"os\.system"),
        (b"(S'true'\nios\nsystem\n.", r"os\.system"),
        (b"cnumpy\nndarray.tofile\n.", r"numpy\.ndarray\.tofile"),
        (b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.__dir__\x93.", r"numpy\.ndarray\.__dir__"),
        (b"cnumpy\nload\n(S'x'\ntR.", r"numpy\.load"),
        (b"cnumpy.core.multiarray\nfromfile\n.", r"multiarray\.fromfile"),
        (b"ccollections\ndefaultdict\n.", r"collections\.defaultdict"),
        (b"c_codecs\nencode\n(S'x'\nS'zip'\ntR.", "encoding 'zip'"),
        (b"Psecret\n.", "a persistent id"),
        (b"I1\nQ.", "a persistent id"),
        (b"\x80\x02\x82\x01.", "an extension code"),
        (b"\x80\x05\x97.", "a buffer elsewhere"),
        (b"cbuiltins\nlist\n.", "a name without data"),
        (b"cbuiltins\nlist\n(S'x'\nK\x01db.", "a function that is changed"),
        (b"\x80\x02]r\xff\xff\xff\x7f.", "more objects than bytes"),
    ],
)
def test_everything_else_is_refused_by_name(read, content, named):
    with pytest.raises(DataError, match=f"refused: .*{named}"):
        read(content)


def test_the_first_name_is_told_before_an_earlier_step_has_run(read, monkeypatch):
    from clinic.datasets.peers import plain_pickle

    ran = []
    known = {**plain_pickle._KNOWN, ("builtins", "list"): lambda *_: ran.append(1) or []}
    monkeypatch.setattr(plain_pickle, "_KNOWN", known)
    with pytest.raises(DataError, match=r"os\.system"):
        read(b"(cbuiltins\nlist\n(tRcos\nsystem\nl.")
    assert ran == []


def test_a_name_put_together_from_the_memo_is_refused_by_the_reader_itself(read):
    # os and system are fetched from the memo, where looking at the steps alone cannot see them.
    steps = b"\x80\x04\x8c\x02os\x940\x8c\x06system\x940h\x00h\x01\x93."
    with pytest.raises(DataError, match=r"refused: os\.system"):
        read(steps)


@pytest.mark.parametrize("kind", ["V8", "M8[s]", "f16", "O8, O8", "|O"])
def test_arrays_of_other_kinds_are_refused(read, kind):
    forged = b"cnumpy\ndtype\n(V" + kind.encode() + b"\nI00\nI01\ntR."
    with pytest.raises(DataError, match="refused: array of"):
        read(forged)


def test_a_dtype_that_hides_objects_in_fields_is_refused(read):
    hidden = np.zeros(2, dtype=[("a", "f8"), ("b", object)])
    with pytest.raises(DataError, match="refused: array of"):
        read(pickle.dumps(hidden, protocol=4))


@pytest.mark.parametrize("shape", [(3,), (-1,), (1 << 62, 4), (2.0,)])
def test_a_shape_that_its_bytes_do_not_fill_is_damage(read, shape):
    array = np.arange(2.0)
    function, arguments, state = array.__reduce__()
    forged = (state[0], shape, *state[2:])

    class Forged:
        def __reduce__(self):
            return function, arguments, forged

    with pytest.raises(DataError, match="no whole pickle of plain arrays"):
        read(pickle.dumps(Forged(), protocol=4))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        b"\x80\x04.",
        b"\x80\x63.",
        b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x.",
        b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"N.",
        b"]" * 100 + b"a" * 99 + b".",
    ],
)
def test_what_is_no_pickle_or_claims_too_much_is_one_clear_error(read, content):
    with pytest.raises(DataError, match=r"x\.pkl"):
        read(content)


def test_lists_that_hold_one_another_a_billion_times_are_read_once_each(read):
    layer = ["x"]
    for _ in range(11):
        layer = [layer] * 100
    assert read(pickle.dumps(layer))[0][0] is not None
    with pytest.raises(DataError, match="deep"):
        read(pickle.dumps([[layer]]))


def test_a_list_that_holds_itself_is_refused(read):
    ring = []
    ring.append(ring)
    with pytest.raises(DataError, match="deep"):
        read(pickle.dumps(ring))


@given(cut=st.integers(0, 10_000))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_is_an_error_and_nothing_else(read, cut):
    whole = pickle.dumps(PLAIN, protocol=4)
    with pytest.raises(DataError):
        read(whole[: cut % len(whole)])


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_gives_plain_data_or_a_data_error(read, place, byte):
    content = bytearray(pickle.dumps(PLAIN, protocol=4))
    content[place % len(content)] = byte
    try:
        found = read(bytes(content))
    except DataError:
        return
    assert isinstance(found, PLAIN_KINDS)
