"""Fits and scores detectors of PyOD until the input ends. Fitted ones are kept while there is room."""

import collections
import importlib
import inspect
import math
import random
import sys

from .failures import missing_package
from .frames import floats, read_frame, write_frame

KEPT = 64


class Refused(Exception):
    """What was asked for cannot be done."""


def serve(program, reply):
    """Answers requests one after the other. A header has `op`, `path` (module and class), `params`, `seed` and `key`, which stands for
    all of these and the training rows."""
    fitted = collections.OrderedDict()
    while True:
        frame = read_frame(program)
        if frame is None:
            return
        request, body = frame
        try:
            header, parts = _perform(request, body, fitted)
        except Refused as error:
            header, parts = {"failed": str(error)[:2000]}, []
        except BaseException as error:
            problem = "%s raised %s: %s" % (request["path"], type(error).__name__, error)
            header, parts = {"failed": problem[:2000]}, []
        write_frame(reply, header, parts)


def _perform(request, body, fitted):
    versions = _versions(request["path"])
    import numpy

    data = numpy.frombuffer(body, dtype="<f8").astype("float64")
    columns, train_rows = request["columns"], request["trainRows"]
    train, rest = data[: train_rows * columns].reshape(-1, columns), data[train_rows * columns :]
    if request["op"] == "score" and versions != request["versions"]:
        return {"versions": versions}, []
    detector = fitted.get(request["key"])
    if detector is None:
        if train_rows == 0:
            return {"unknown": True}, []
        detector = _fit(request, train)
        fitted[request["key"]] = detector
        while len(fitted) > KEPT:
            fitted.popitem(last=False)
    fitted.move_to_end(request["key"])
    if request["op"] == "fit":
        scores = numpy.asarray(detector.decision_scores_, dtype="float64").ravel()
        return {"versions": versions, "threshold": _finite(detector.threshold_)}, [floats(scores.tolist())]
    # One row at a time: some detectors compare the rows of one call with each other.
    rows = rest.reshape(-1, columns)
    return {}, [floats([_score(detector, row, request["seed"]) for row in rows])]


def _score(detector, row, seed):
    _seed(seed)
    return float(detector.decision_function(row.reshape(1, -1))[0])


def _finite(value):
    number = float(value)
    return number if math.isfinite(number) else None


def _fit(request, train):
    kind = _class_of(request["path"])
    params = dict(request["params"])
    _seed(request["seed"])
    try:
        names = inspect.signature(kind).parameters
        if "random_state" in names and "random_state" not in params:
            params["random_state"] = request["seed"]
        detector = kind(**params)
    except Exception as error:
        raise Refused("%s does not take these parameters: %s" % (request["path"], error)) from None
    detector.fit(train)
    return detector


def _class_of(path):
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name) and error.name != "pyod":
            raise Refused("PyOD has no module %s" % module) from None
        missing = (error.name or "pyod").split(".")[0]
        raise Refused(missing_package(missing, "%s raised" % path)) from None
    if not inspect.isclass(found) or not hasattr(found, "decision_function"):
        raise Refused("%s has no detector %s" % (module, name))
    return found


def _seed(seed):
    import numpy

    random.seed(seed)
    numpy.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def _versions(path):
    """What the numbers depend on beside the data."""
    _class_of(path)
    names = {"pyod": "pyod", "numpy": "numpy", "scipy": "scipy", "sklearn": "scikit-learn", "torch": "torch"}
    found = [
        "%s %s" % (shown, getattr(sys.modules[name], "__version__", "?"))
        for name, shown in names.items()
        if name in sys.modules
    ]
    return ", ".join(found)
