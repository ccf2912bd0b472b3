"""Makes the golden vectors of the detectors that judge by tails, histograms and ensembles; see golden.py.

FeatureBagging of PyOD needs the package combo (0.1.3) besides.
"""

import sys

import numpy as np
from golden import deterministic, randomised, sets, write_detector
from pyod.models.cblof import CBLOF
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.feature_bagging import FeatureBagging
from pyod.models.hbos import HBOS
from pyod.models.inne import INNE
from pyod.models.knn import KNN
from pyod.models.loda import LODA
from pyod.models.lof import LOF
from pyod.models.lscp import LSCP
from scipy.stats import skew


def tail_scores(name, train, rows):
    """Scores of rows by the tails of the training rows alone, which PyOD has no way to ask for."""
    n = len(train)
    ascending = np.sort(train, axis=0)
    columns = range(train.shape[1])
    up_to = np.stack([np.searchsorted(ascending[:, j], rows[:, j], side="right") for j in columns], axis=1)
    below = np.stack([np.searchsorted(ascending[:, j], rows[:, j], side="left") for j in columns], axis=1)
    outside = 1 / (n + 1)
    left = -np.log(np.where(up_to == 0, outside, up_to / n))
    right = -np.log(np.where(below == n, outside, (n - below) / n))
    sign = np.sign(skew(train, axis=0))
    long_side = np.where(sign < 0, left, np.where(sign > 0, right, left + right))
    other = np.maximum(left, right) if name == "ECOD" else (left + right) / 2
    return np.maximum(long_side, other).sum(axis=1)


def tails(make):
    name = make.__name__
    cases = []
    for set_name in ("gaussian", "breast cancer", "weather lags", "sp500 lags", "temperature"):
        train, test, _ = sets()[set_name]
        model = make().fit(train)
        np.testing.assert_allclose(tail_scores(name, train, train), model.decision_scores_, rtol=1e-9)
        for reference in ("train", "pyod"):
            if reference == "train":
                scores = tail_scores(name, train, test)
            else:
                # Asked about one row, PyOD compares it with the training rows and itself.
                scores = np.concatenate([model.decision_function(row.reshape(1, -1)) for row in test])
            cases.append(
                {
                    "set": set_name,
                    "options": {"reference": reference},
                    "train": model.decision_scores_.tolist(),
                    "test": scores.tolist(),
                    "threshold": float(model.threshold_),
                }
            )
    write_detector(name, deterministic=cases)


def histograms():
    options = [{}, {"n_bins": "auto"}, {"n_bins": 25, "alpha": 0.3, "tol": 0.1}]
    plan = [(name, options) for name in ("gaussian", "breast cancer", "weather lags", "temperature")]
    write_detector("HBOS", deterministic=deterministic(HBOS, plan))


def projections():
    def make(seed, **options):
        return LODA(random_state=seed, **options)

    # With few bins PyOD ranks outliers last, since it looks rows up one bin too high: nothing to compare with.
    plan = [("labelled", [{}]), ("gaussian", [{}, {"n_random_cuts": 300}])]
    write_detector("LODA", randomised=randomised(make, plan))


def spheres():
    def make(seed, **options):
        return INNE(random_state=seed, **options)

    # With 200 sets two runs on breast cancer differ too much for three of them to stand for PyOD.
    plan = [("labelled", [{}, {"max_samples": 32, "n_estimators": 100}]), ("breast cancer", [{"n_estimators": 800}])]
    write_detector("INNE", randomised=randomised(make, plan))


def clusters():
    def make(seed, **options):
        return CBLOF(random_state=seed, **options)

    # Options with which most runs of k-means end alike: otherwise two runs of PyOD agree so little that three cannot stand
    # for it. With others PyOD finds no large clusters for some seeds, and gives up.
    cancer = [{"n_clusters": 2, "beta": 2, "use_weights": True}, {"n_clusters": 3, "alpha": 0.6}]
    plan = [("gaussian", [{"n_clusters": 12}]), ("breast cancer", cancer)]
    write_detector("CBLOF", randomised=randomised(make, plan))


BASES = {"KNN": KNN, "LOF": LOF}


def bags():
    def make(seed, base_estimator="LOF", **options):
        return FeatureBagging(BASES[base_estimator](), random_state=seed, **options)

    options = [{}, {"base_estimator": "KNN", "combination": "max", "n_estimators": 20}]
    # With ten members two runs on breast cancer differ too much for three of them to stand for PyOD.
    plan = [("labelled", options), ("breast cancer", [{"n_estimators": 60}])]
    write_detector("FeatureBagging", randomised=randomised(make, plan))


def local_selection():
    # PyOD has no default list: this is ours.
    ours = [{"model_name": "LOF", "model_params": {"n_neighbors": k}} for k in (10, 20, 30, 40)]
    mixed = [{"model_name": "KNN", "model_params": {"n_neighbors": k}} for k in (5, 10, 20)]

    def make(seed, detector_list=ours, **options):
        bases = [BASES[each["model_name"]](**each["model_params"]) for each in detector_list]
        return LSCP(bases, random_state=seed, **options)

    options = [{}, {"detector_list": mixed, "local_region_size": 40, "n_bins": 2}]
    write_detector("LSCP", randomised=randomised(make, [("labelled", options), ("gaussian", [{}])]))


MAKERS = {
    "ECOD": lambda: tails(ECOD),
    "COPOD": lambda: tails(COPOD),
    "HBOS": histograms,
    "LODA": projections,
    "INNE": spheres,
    "CBLOF": clusters,
    "FeatureBagging": bags,
    "LSCP": local_selection,
}

for wanted in sys.argv[1:] or MAKERS:
    MAKERS[wanted]()
