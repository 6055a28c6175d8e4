"""Pickles of plain arrays, read without running anything that a file names.

A pickle is a program: it names functions and calls them. Here no name of a file is ever looked up.
A short list of names, those by which numpy writes arrays, stands for functions of this module, and
these check what they are given; a file that holds any other name is refused before its first step
runs. numpy's own functions are not called either: a forged ``dtype`` could make them read foreign
memory.
"""

import math
import pickle  # noqa: TID251  the one place: reads what peers ship, and calls nothing they name
import pickletools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.io.atomic import write_bytes

#: Deeper nesting is no feature file.
_MOST_DEEP = 12
_KIND = re.compile(r"(?:b1|i[1248]|u[1248]|f[248]|c8|c16|O8|[SU]\d{1,6})")
#: Steps that name something without its name standing beside them, or that lie outside the file.
_REFUSED_STEPS = {
    "PERSID": "a persistent id", "BINPERSID": "a persistent id", "EXT1": "an extension code",
    "EXT2": "an extension code", "EXT4": "an extension code", "NEXT_BUFFER": "a buffer elsewhere",
}  # fmt: skip
_DAMAGE = (
    pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, ImportError, LookupError,
    MemoryError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def read_plain_pickle(path: Path) -> Any:
    """Return what a pickle of containers, text, numbers and numpy arrays holds.

    Raises:
        DataError: Missing, damaged, too deeply nested, or it names anything else: the first
            name is told, and nothing of the file has run.
    """
    try:
        with path.open("rb") as stream:
            _scan(stream, path.stat().st_size)
            stream.seek(0)
            found = _PlainUnpickler(stream).load()
        return _Settled().of(found, 0)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from error
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error
    except _DAMAGE as error:
        raise DataError(f"{path.name} is no whole pickle of plain arrays") from error


def write_plain_pickle(path: Path, content: Mapping[str, Any]) -> None:
    """Write containers of text, numbers and arrays as a pickle, for programs that read no other.

    What is written holds data alone; ``read_plain_pickle`` reads it.

    Raises:
        SetupError: The file cannot be written.
    """
    # Protocol 4: read by every Python that MMSA runs on.
    write_bytes(path, pickle.dumps(content, protocol=4))


def _refuse(what: str) -> NoReturn:
    raise DataError(f"refused: {what[:100]}; only plain arrays")


def _scan(stream: IO[bytes], n_bytes: int) -> None:
    """Look at every step before any runs."""
    latest: list[str] = []
    for step, argument, _ in pickletools.genops(stream):
        name = step.name
        if name in _REFUSED_STEPS:
            _refuse(_REFUSED_STEPS[name])
        if name in ("GLOBAL", "INST"):
            _stand_in(*str(argument).split(" ", 1))
        elif name == "STACK_GLOBAL" and len(latest) == 2:
            _stand_in(*latest)
        elif name.endswith("PUT") and isinstance(argument, int) and argument > n_bytes:
            # The reader makes room for as many objects as the number says.
            _refuse("more objects than bytes")
        if isinstance(argument, str) and "UNICODE" in name:
            latest = [*latest[-1:], argument]
        elif name not in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STACK_GLOBAL"):
            # What is fetched from the memo is known to the reader alone, which checks it too.
            latest = []


class _Settled:
    """Containers with the stand-ins replaced by arrays; a thing that stands twice is seen once."""

    def __init__(self) -> None:
        self._done: dict[int, Any] = {}

    def of(self, value: Any, depth: int) -> Any:
        if depth > _MOST_DEEP:
            raise DataError(f"nested more than {_MOST_DEEP} deep")
        if isinstance(value, _Array):
            value = value.array
            if value.dtype != object:
                return value
        if not isinstance(value, dict | list | tuple | np.ndarray) or _is_flat(value):
            if isinstance(value, _StandIn | _Dtype):
                _refuse("a name without data")
            return value
        if id(value) not in self._done:
            self._done[id(value)] = self._inside(value, depth + 1)
        return self._done[id(value)]

    def _inside(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return {self.of(k, depth): self.of(v, depth) for k, v in value.items()}
        if isinstance(value, np.ndarray):
            settled = np.empty(value.size, dtype=object)
            for i, item in enumerate(value.ravel()):
                settled[i] = self.of(item, depth)
            return settled.reshape(value.shape)
        return type(value)(self.of(item, depth) for item in value)


def _is_flat(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype != object


class _PlainUnpickler(pickle.Unpickler):
    """Answers every name with a stand-in, or refuses."""

    def find_class(self, module: str, name: str) -> Any:
        return _stand_in(module, name)

    def persistent_load(self, pid: Any) -> NoReturn:
        del pid
        _refuse("a persistent id")


class _StandIn:
    """A function of ours under a name of the file's; it can be called and nothing else."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)

    def __setstate__(self, state: Any) -> NoReturn:
        del state
        _refuse("a function that is changed")


class _Dtype:
    """``numpy.dtype`` of plain numbers, text or objects."""

    __slots__ = ("dtype",)

    def __init__(self, kind: Any, *_: Any) -> None:
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            _refuse(f"array of {kind!r}")
        self.dtype = np.dtype(kind)

    def __setstate__(self, state: Sequence[Any]) -> None:
        # (version, byte order, subtype, names, fields, ...): the rest is known from the kind.
        if len(state) < 5 or state[1] not in ("<", ">", "|", "=") or any(state[2:5]):
            _refuse("array of records")
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """``numpy.ndarray``, empty until its data come."""

    __slots__ = ("array",)

    def __init__(self, *_: Any) -> None:
        self.array: NDArray[Any] = np.empty(0)

    def __setstate__(self, state: Sequence[Any]) -> None:
        _, shape, dtype, is_fortran, data = state
        self.array = _array(data, dtype, shape, "F" if is_fortran else "C")


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    """Return an array of checked kind, shape and length."""
    if not isinstance(dtype, _Dtype) or order not in ("C", "F"):
        _refuse("array of an unknown kind")
    sizes = tuple(shape)
    if any(type(size) is not int or size < 0 for size in sizes):
        raise ValueError("shape")
    if dtype.dtype == object:
        if not isinstance(data, list) or len(data) != math.prod(sizes):
            raise ValueError("objects")
        flat = np.empty(len(data), dtype=object)
        flat[:] = data
    else:
        if isinstance(data, str):
            data = data.encode("latin1")
        if not isinstance(data, bytes | bytearray):
            raise ValueError("bytes")
        if len(data) != math.prod(sizes) * dtype.dtype.itemsize:
            raise ValueError("length")
        flat = np.frombuffer(data, dtype=dtype.dtype) if data else np.empty(0, dtype.dtype)
    return flat.reshape(sizes, order=order)


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    made = _Array()
    made.array = _array(data, dtype, shape, order)
    return made


def _scalar(dtype: Any, data: Any) -> Any:
    return _array(data, dtype, (), "C")[()]


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """Bytes as old protocols write them; other encodings could unpack without bound."""
    if not isinstance(text, str) or str(encoding).lower() not in ("latin1", "latin-1"):
        _refuse(f"encoding {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Empty bytes as old protocols write them."""
    return b""


_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")
_KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
    **{(module, "_reconstruct"): _Array for module in _NUMPY},
    **{(module, "scalar"): _scalar for module in _NUMPY},
    **{(module, "_frombuffer"): _frombuffer for module in _NUMERIC},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
    **{
        (module, kind.__name__): kind
        for module in ("builtins", "__builtin__")
        for kind in (list, dict, tuple, set, frozenset)
    },
    **{(module, "bytes"): _no_bytes for module in ("builtins", "__builtin__")},
}


def _stand_in(module: str, name: str) -> _StandIn:
    """Return what stands for a name.

    Raises:
        DataError: The name is none of those by which numpy writes arrays.
    """
    known = _KNOWN.get((module, name))
    if known is None:
        _refuse(f"{module}.{name}")
    return _StandIn(known)
