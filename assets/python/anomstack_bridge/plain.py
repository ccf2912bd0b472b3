"""The values that Python and its libraries have, as those that a message can carry."""

import datetime
import decimal
import enum
import fractions
import math
import uuid

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)
LARGEST_EXACT = 2**53


class Moment(float):
    """A time, as milliseconds since 1970 in UTC."""

    __slots__ = ()


class NotData(Exception):
    """A value that is no data, such as a function."""


def plain(value):
    """None, bool, int, float (finite or infinite), str, Moment, or lists and dicts of them. NaN, NaT and NA are None; times without
    a zone are UTC. Raises NotData."""
    if value is None or isinstance(value, (bool, Moment)):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str(value)
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST_EXACT else _float(value)
    if isinstance(value, (float, decimal.Decimal, fractions.Fraction)):
        return _float(value)
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return Moment((aware - EPOCH) / MILLISECOND)
    if isinstance(value, datetime.date):
        return plain(datetime.datetime(value.year, value.month, value.day))
    if isinstance(value, (datetime.time, uuid.UUID)):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if type(value).__module__ == "numpy":
        return _from_numpy(value)
    raise NotData()


def spoken(value):
    """A plain value as JSON has it: a time becomes ISO text, an infinite number the text of it."""
    if isinstance(value, Moment):
        return iso(value)
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: spoken(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spoken(item) for item in value]
    return value


def iso(moment):
    """2024-05-01T12:00:00.000Z"""
    text = (EPOCH + float(moment) * MILLISECOND).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def shown(value):
    """A value in a few words, for messages; never raises."""
    try:
        text = repr(value)
    except BaseException:
        return "something of type " + type(value).__name__
    return text if len(text) <= 300 else text[:299] + "…"


def _float(value):
    try:
        number = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return None if math.isnan(number) else number


def _from_numpy(value):
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "M" and getattr(value, "ndim", 1) == 0:
        microseconds = int(value.astype("datetime64[us]").astype("int64"))
        return None if microseconds == -(2**63) else Moment(microseconds / 1000)
    if kind in "biufUO" and hasattr(value, "tolist"):
        inner = value.tolist()
        if inner is not value:
            return plain(inner)
    raise NotData()
