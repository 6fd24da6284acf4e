"""Arrow arrays from lists, straight into buffers.

``pyarrow.array`` of a list first imports pandas where that is installed, which costs more than reading a hundred returns.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_EPOCH = dt.date(1970, 1, 1).toordinal()


def _bitmap(flags: npt.NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little").tobytes())


def _strings(values: Sequence[object], present: npt.NDArray[np.bool_], arrow: pa.DataType) -> list[pa.Buffer | None]:
    texts = [v or "" for v in values]
    joined = "".join(texts)  # type: ignore[arg-type]
    pieces = texts if joined.isascii() else [t.encode() for t in texts]  # type: ignore[attr-defined]
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(map(len, pieces), np.int64, len(texts)), out=offsets[1:])  # type: ignore[arg-type]
    return [None, pa.py_buffer(offsets), pa.py_buffer(joined.encode())]


def _bools(values: Sequence[object], present: npt.NDArray[np.bool_], arrow: pa.DataType) -> list[pa.Buffer | None]:
    return [None, _bitmap(np.array([bool(v) for v in values], dtype=np.bool_))]


def _dates(values: Sequence[object], present: npt.NDArray[np.bool_], arrow: pa.DataType) -> list[pa.Buffer | None]:
    days = np.array([v.toordinal() - _EPOCH if isinstance(v, dt.date) else 0 for v in values], dtype=np.int32)
    return [None, pa.py_buffer(days)]


def _numbers(values: Sequence[object], present: npt.NDArray[np.bool_], arrow: pa.DataType) -> list[pa.Buffer | None]:
    filled = np.array([0 if v is None else v for v in values], dtype=arrow.to_pandas_dtype())
    return [None, pa.py_buffer(filled)]


_Fill = Callable[[Sequence[object], npt.NDArray[np.bool_], pa.DataType], list[pa.Buffer | None]]
_FILL: Mapping[pa.DataType, _Fill] = {pa.string(): _strings, pa.bool_(): _bools, pa.date32(): _dates}


def arrow_array(values: Sequence[object], arrow: pa.DataType) -> pa.Array:
    """The values (None for null) as an Arrow array of text, whole or decimal numbers, flags or dates."""
    present = np.array([v is not None for v in values], dtype=np.bool_)
    buffers = _FILL.get(arrow, _numbers)(values, present, arrow)
    missing = int(len(values) - present.sum())
    if missing:
        buffers[0] = _bitmap(present)
    return pa.Array.from_buffers(arrow, len(values), buffers, missing)
