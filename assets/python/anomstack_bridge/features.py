"""The frame that preprocess() gets, and what it returned as rows of numbers."""

import inspect
import sys

from .frames import floats
from .plain import shown
from .rows import Unusable

# Parameters of the built-in preprocessing: every batch has them, but not every function takes them.
STANDARD = ("diff_n", "smooth_n", "lags_n", "freq", "freq_agg")
# Columns that say whose a row is, and are nothing to judge.
LABELS = ("metric_timestamp", "metric_batch", "metric_name", "metric_type", "metadata")
NS_RANGE_MS = 9_223_372_036_854


def make_frame(batch, metric, timestamps, values):
    """The points of a metric as preprocess() gets them: times without a zone, in UTC, oldest first."""
    # The one to name where both are missing comes first.
    import pandas
    import numpy

    milliseconds = numpy.frombuffer(timestamps, dtype="<f8").round().astype("int64")
    within = len(milliseconds) == 0 or abs(milliseconds).max() < NS_RANGE_MS
    unit, factor = ("ns", 1_000_000) if within else ("ms", 1)
    return pandas.DataFrame(
        {
            "metric_timestamp": (milliseconds * factor).view("datetime64[%s]" % unit),
            "metric_batch": batch,
            "metric_name": metric,
            "metric_value": numpy.frombuffer(values, dtype="<f8").astype("float64"),
        }
    )


def accepted(function, params):
    """The parameters without those of the built-in preprocessing that the function does not take."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return params
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return params
    names = {each.name for each in parameters}
    return {key: value for key, value in params.items() if key in names or key not in STANDARD}


def features_reply(result, frame):
    """Header and body parts for the rows of one metric. Raises Unusable."""
    pandas = sys.modules["pandas"]
    if result is None:
        return {"rows": 0, "columns": 0, "names": []}, []
    if isinstance(result, pandas.Series):
        result = result.to_frame()
    if isinstance(result, pandas.DataFrame):
        if len(result) == 0:
            return {"rows": 0, "columns": 0, "names": []}, []
        times, table = _frame_times(result, frame), _numeric(result)
        names = list(table.columns)
        matrix = table.to_numpy(dtype="float64", na_value=float("nan"))
    else:
        matrix, names = _matrix(result), []
        if len(matrix) > len(frame):
            raise _unusable("there are %d rows for %d points; return a DataFrame with metric_timestamp as its index" % (len(matrix), len(frame)))
        times = frame["metric_timestamp"].iloc[len(frame) - len(matrix) :]
    header = {"rows": matrix.shape[0], "columns": matrix.shape[1], "names": names}
    return header, [floats(_milliseconds(times)), matrix.astype("<f8").tobytes()]


def _frame_times(result, frame):
    if "metric_timestamp" in result.columns:
        return result["metric_timestamp"]
    index = result.index
    pandas = sys.modules["pandas"]
    if isinstance(index, pandas.PeriodIndex):
        return index.to_timestamp()
    if isinstance(index, pandas.DatetimeIndex):
        return index
    positions = index.tolist()
    if positions != list(range(len(frame))) and positions == list(range(len(positions))):
        raise _unusable("its %d rows do not say which of the %d points they are for; make metric_timestamp the index" % (len(positions), len(frame)))
    if not all(isinstance(each, int) and 0 <= each < len(frame) for each in positions):
        raise _unusable("its index is neither metric_timestamp nor that of the rows that were given")
    return frame["metric_timestamp"].iloc[positions]


def _numeric(result):
    pandas = sys.modules["pandas"]
    table = result.loc[:, [label not in LABELS for label in result.columns]]
    table.columns = [str(label) for label in table.columns]
    columns = []
    for position, name in enumerate(table.columns):
        try:
            columns.append(pandas.to_numeric(table.iloc[:, position]).astype("float64"))
        except (TypeError, ValueError):
            raise _unusable('its column "%s" does not hold numbers' % name) from None
    return pandas.concat(columns, axis=1) if columns else table


def _matrix(result):
    import numpy

    try:
        matrix = numpy.asarray(result, dtype="float64")
    except (TypeError, ValueError):
        raise _unusable("it is %s; return a DataFrame with metric_timestamp as its index" % shown(result)) from None
    if matrix.ndim == 1:
        matrix = matrix.reshape(-1, 1)
    if matrix.ndim != 2:
        raise _unusable("it has %d dimensions, not 2" % matrix.ndim)
    return matrix


def _milliseconds(times):
    pandas = sys.modules["pandas"]
    try:
        stamps = pandas.DatetimeIndex(pandas.to_datetime(times, utc=True))
    except (TypeError, ValueError):
        raise _unusable("its timestamps are not times") from None
    if stamps.isna().any():
        raise _unusable("timestamp %d is missing" % (stamps.isna().argmax() + 1))
    return (stamps.tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64") / 1000).tolist()


def _unusable(problem):
    return Unusable("what preprocess() returned cannot be used: " + problem, "FUNCTION_FAILED")
