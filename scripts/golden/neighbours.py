"""Makes the golden vectors of the detectors that compare rows with their neighbours; see golden.py. Arguments: names of detectors, all without any."""

import sys

import numpy as np
from golden import deterministic, sets, write_detector
from pyod.models.abod import ABOD
from pyod.models.cof import COF
from pyod.models.lof import LOF


def factors():
    options = [{}, {"n_neighbors": 5}, {"n_neighbors": 500, "p": 1}, {"metric": "chebyshev"}]
    plan = [("gaussian", options), ("breast cancer", [{}]), ("weather lags", [{}]), ("sp500 lags", [{}, {"p": 3}])]
    return deterministic(LOF, plan)


def angles():
    plan = [
        ("gaussian", [{}, {"n_neighbors": 12}, {"metric": "manhattan"}]),
        ("breast cancer", [{}]),
        ("weather lags", [{}]),
        ("sp500 lags", [{}, {"method": "default"}]),
    ]
    return deterministic(ABOD, plan)


def chain_scores(train, rows, k):
    """Scores of rows by training rows alone, which PyOD has no way to ask for."""

    def average_chaining(row, others):
        distances = np.linalg.norm(others - row, axis=1)
        nearest = np.argsort(distances, kind="stable")[:k]
        path = np.vstack([row, others[nearest]])
        costs = [np.linalg.norm(path[: i + 1] - path[i + 1], axis=1).min() for i in range(k)]
        weights = 2 * (k - np.arange(k)) / ((k + 1) * k)
        return weights @ costs, nearest

    n = len(train)
    known = [average_chaining(train[i], np.delete(train, i, axis=0)) for i in range(n)]
    chains = np.array([chain for chain, _ in known])
    neighbours = [nearest + (nearest >= i) for i, (_, nearest) in enumerate(known)]
    own = np.array([chains[i] * k / chains[neighbours[i]].sum() for i in range(n)])
    asked = [average_chaining(row, train) for row in rows]
    return own, np.array([chain * k / chains[nearest].sum() for chain, nearest in asked])


def chains():
    plan = [
        ("gaussian", [{}, {"n_neighbors": 5}, {"method": "memory"}]),
        ("labelled", [{}]),
        ("breast cancer", [{}]),
        ("sp500 lags", [{}, {"n_neighbors": 500}]),
    ]
    cases = []
    for name, many in plan:
        train, test, _ = sets()[name]
        for options in many:
            model = COF(**options).fit(train)
            own, asked = chain_scores(train, test, model.n_neighbors_)
            np.testing.assert_allclose(own, model.decision_scores_, rtol=1e-9)
            cases.append(
                {
                    "set": name,
                    "options": options,
                    "train": model.decision_scores_.tolist(),
                    "test": asked.tolist(),
                    "threshold": float(model.threshold_),
                }
            )
    return cases


MAKERS = {"LOF": factors, "COF": chains, "ABOD": angles}

for wanted in sys.argv[1:] or MAKERS:
    write_detector(wanted, deterministic=MAKERS[wanted]())
