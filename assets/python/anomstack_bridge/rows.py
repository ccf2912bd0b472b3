"""What ingest() returned, as columns."""

import math
import sys

from .frames import floats
from .plain import Moment, NotData, plain, shown, spoken

WANTED = "return a DataFrame, or a list of dicts with metric_timestamp, metric_name and metric_value"


class Unusable(Exception):
    """What was returned cannot be used; `code` says of which kind the error is."""

    def __init__(self, problem, code="ROWS_INVALID"):
        super().__init__(problem)
        self.problem = problem
        self.code = code


def rows_reply(result):
    """Header and body parts for rows. Raises Unusable."""
    columns, count = {}, 0
    for part in result if _is_several_frames(result) else [result]:
        found, size = _columns_of(part)
        for name in found:
            columns.setdefault(name, [None] * count)
        for name, values in columns.items():
            values.extend(found.get(name) or [None] * size)
        count += size
    described, parts = [], []
    for name, values in columns.items():
        kind = _kind_of(values)
        described.append({"name": name, "kind": kind})
        if kind == "json":
            described[-1]["values"] = [spoken(value) for value in values]
        else:
            parts.append(floats([math.nan if value is None else value for value in values]))
    return {"kind": "rows", "count": count, "columns": described}, parts


def _pandas():
    return sys.modules.get("pandas")


def _is_frame(value):
    pandas = _pandas()
    return pandas is not None and isinstance(value, pandas.DataFrame)


def _is_several_frames(value):
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(_is_frame(part) for part in value)


def _columns_of(result):
    if _is_frame(result):
        return _frame_columns(result)
    for method in ("to_dicts", "to_pylist"):
        if callable(getattr(result, method, None)):
            result = getattr(result, method)()
    if not isinstance(result, (list, tuple)):
        raise Unusable("ingest() returned %s; %s" % (shown(result), WANTED))
    columns = {}
    for index, row in enumerate(result):
        for key, value in _row_dict(row, index).items():
            name = str(key)
            if name not in columns:
                columns[name] = [None] * len(result)
            columns[name][index] = _cell(value, name, index)
    return columns, len(result)


def _row_dict(row, index):
    if callable(getattr(row, "_asdict", None)):
        row = row._asdict()
    if not isinstance(row, dict):
        raise Unusable("ingest() returned %s as row %d; a row is a dict" % (shown(row), index + 1))
    return row


def _frame_columns(frame):
    columns = {}
    for position, label in enumerate(frame.columns):
        name = str(label)
        if name in columns:
            raise Unusable('ingest() returned a DataFrame with two columns named "%s"' % name)
        columns[name] = _series_values(frame.iloc[:, position], name)
    return columns, len(frame)


def _series_values(series, name):
    types = _pandas().api.types
    if types.is_datetime64_any_dtype(series.dtype):
        moments = _pandas().to_datetime(series, utc=True).dt.tz_localize(None)
        stamps = moments.to_numpy().astype("datetime64[us]").astype("int64").tolist()
        return [None if gap else Moment(us / 1000) for us, gap in zip(stamps, series.isna().tolist())]
    return [_cell(value, name, index) for index, value in enumerate(series.astype("object").tolist())]


def _cell(value, name, index):
    try:
        return plain(value)
    except NotData:
        problem = 'ingest() returned %s as "%s" of row %d, which is not data' % (shown(value), name, index + 1)
        raise Unusable(problem, "FUNCTION_FAILED") from None


def _kind_of(values):
    kinds = {_kind_of_value(value) for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else "json"


def _kind_of_value(value):
    if isinstance(value, Moment):
        return "time"
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "json"
