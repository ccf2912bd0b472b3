"""Makes the golden vectors of the scorers of `npm run bench:quality`: the volume under the surface of the package vus, scikit-learn's average precision.

Needs neither PyOD nor golden.py: pip install numpy scikit-learn pandas tqdm && pip install --no-deps vus==0.0.6
"""

import importlib.metadata
import json
import pathlib

import numpy as np
from sklearn.metrics import average_precision_score
from vus.utils.metrics import metricor

rng = np.random.default_rng(7)


def case(scores, windows, buffer):
    # What the file will say: a sum may differ from it in its last bit, and equal scores would not be equal.
    scores = np.round(scores, 3)
    labels = np.zeros(len(scores), int)
    for first, last in windows:
        labels[first : last + 1] = 1
    volume = metricor().RangeAUC_volume_opt(labels_original=labels, score=scores, windowSize=buffer, thre=250)[-1]
    return {
        "windows": [{"first": first, "last": last} for first, last in windows],
        "buffer": buffer,
        "scores": scores.tolist(),
        "vusPr": float(volume),
        "averagePrecision": float(average_precision_score(labels, scores)),
    }


def raised(scores, first, last, by):
    scores[first : last + 1] += by
    return scores


alone = np.zeros(50)
alone[24] = 1
cases = [
    # One window, found in part.
    case(raised(np.round(rng.random(300), 2), 100, 109, 0.5), [(95, 115)], 20),
    # Many equal scores; two windows whose buffers meet, one that ends with the series.
    case(raised(np.round(rng.random(300), 1), 290, 299, 0.3), [(38, 45), (52, 55), (280, 299)], 30),
    # Windows at the start, and of one point.
    case(np.round(rng.random(300), 3), [(0, 3), (150, 150)], 11),
    # Fewer points than thresholds.
    case(np.round(rng.random(40), 2), [(10, 12), (20, 25)], 8),
    # No buffer.
    case(np.round(rng.random(280), 2), [(100, 120), (200, 260)], 0),
    # One point stands out.
    case(alone, [(20, 29)], 10),
]
versions = {name: importlib.metadata.version(name) for name in ("vus", "scikit-learn", "numpy")}
target = pathlib.Path(__file__).parents[2] / "test/benchmarks/quality/scorers.golden.json"
target.write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")
