"""Makes the golden vectors of detectors by density, affinity, discrepancy and deviation; see golden.py.

Some of PyOD's judge a batch as a whole. The classes here that are named after them judge each row by itself against the training rows, as
the project defines it, and take all that they can from PyOD.
"""

from itertools import combinations

import numpy as np
from golden import deterministic, randomised, write_detector
from pyod.models.cd import CD
from pyod.models.kde import KDE
from pyod.models.lmdd import LMDD
from pyod.models.qmcd import QMCD
from pyod.models.rod import ROD, rod_3D
from pyod.models.sampling import Sampling
from pyod.models.sod import SOD, _snn_imp
from pyod.models.sos import SOS
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors


def kde():
    # One leaf for all rows: between leaves scikit-learn subtracts bounds, and small densities lose all their digits.
    exact = {"leaf_size": 1000}
    many = [{}, {"bandwidth": 0.5}, {"bandwidth": "scott"}, {"bandwidth": "silverman"}, {"metric": "l1"}]
    plan = [
        ("gaussian", [{**options, **exact} for options in many]),
        ("breast cancer", [exact, {"bandwidth": 40.0}]),
        ("weather lags", [{}, {"metric": "chebyshev"}]),
        ("temperature", [exact]),
    ]
    write_detector("KDE", deterministic=deterministic(KDE, plan))


class TrainedSOS(SOS):
    """Judges each row by itself, with the affinities that the training rows have among each other."""

    def fit(self, X, y=None):
        self.rows = X
        return super().fit(X, y)

    def decision_function(self, X):
        distances = self._x2d(self.rows)
        affinities = self._d2a(distances)
        # The precision that PyOD found is not kept: it is that of the least affinity that lost no digits.
        least = np.where(affinities > 1e-200, affinities, np.inf).argmin(axis=1)
        row = np.arange(len(self.rows))
        precision = -np.log(affinities[row, least]) / distances[row, least]
        new = np.exp(-precision[:, None] * cdist(self.rows, X, self.metric))
        return np.prod(1 - new / (affinities.sum(axis=1)[:, None] + new), axis=0)


def sos():
    plan = [
        ("gaussian", [{}, {"perplexity": 12.0}, {"metric": "cityblock"}, {"eps": 1e-2}]),
        ("labelled", [{}]),
        ("weather lags", [{}]),
        ("sp500 lags", [{}]),
        ("breast cancer", [{}]),
    ]
    write_detector("SOS", deterministic=deterministic(TrainedSOS, plan))


class TrainedCD(CD):
    """Judges each row as one more beside the training rows, whose regressions and extremes are kept."""

    def fit(self, X, y=None):
        self.rows = X
        return super().fit(X, y)

    def distance(self, others, rows, added, column):
        leverage = (others * np.linalg.pinv(others).T).sum(axis=1)
        residuals = added - self._models[column].predict(rows)
        return residuals**2 * leverage[-len(rows) :] / (1 - leverage[-len(rows) :]) ** 2

    def decision_function(self, X):
        scores = []
        for column in range(X.shape[1]):
            others = np.delete(self.rows, column, axis=1)
            known = self.distance(others, others, self.rows[:, column], column)
            new = [
                self.distance(np.vstack([others, row]), row[None], value, column)[0]
                for row, value in zip(np.delete(X, column, axis=1), X[:, column])
            ]
            scores.append((np.array(new) - known.min()) / (known.max() - known.min()))
        return np.mean(scores, axis=0)


def cd():
    names = ["gaussian", "labelled", "breast cancer", "weather lags", "sp500 lags"]
    write_detector("CD", deterministic=deterministic(TrainedCD, [(name, [{}]) for name in names]))


class RangedQMCD(QMCD):
    """Judges rows beyond the range of the training rows by the nearest place within, and by how far they are off."""

    def fit(self, X, y=None):
        self.low, self.high = X.min(axis=0), X.max(axis=0)
        return super().fit(X, y)

    def decision_function(self, X):
        inside = np.clip(X, self.low, self.high)
        beyond = (np.abs(X - inside) / (self.high - self.low)).sum(axis=1)
        assert self._is_flipped
        return super().decision_function(inside) + beyond * np.ptp(self.decision_scores_)


def qmcd():
    names = ["gaussian", "labelled", "breast cancer", "weather lags", "sp500 lags", "temperature"]
    write_detector("QMCD", deterministic=deterministic(RangedQMCD, [(name, [{}]) for name in names]))


def sampling():
    def make(seed, **options):
        return Sampling(random_state=seed, **options)

    # Only where the luck of ten draws does not outweigh all else; what follows once the rows are drawn is not random.
    plan = [("labelled", [{}, {"subset_size": 10, "metric": "l1"}]), ("breast cancer", [{}])]
    write_detector("Sampling", randomised=randomised(make, plan))


class TrainedSOD(SOD):
    """Judges each row as one more beside the training rows, whose neighbours are those that they have among each other."""

    def fit(self, X, y=None):
        self.rows = None
        super().fit(X, y)
        self.rows = X
        return self

    def decision_function(self, X):
        if self.rows is None:
            return super().decision_function(X)
        index = NearestNeighbors(n_neighbors=self.n_neighbors, metric=self.metric, p=self.p).fit(self.rows)
        lists = index.kneighbors(return_distance=False)
        scores = []
        for row in X:
            together = np.vstack([lists, index.kneighbors(row[None], return_distance=False)])
            references = self.rows[_snn_imp(together, self.ref_set)[-1]]
            means, spread = references.mean(axis=0), references.var(axis=0)
            used = spread < self.alpha * spread.sum() / X.shape[1]
            scores.append(np.sqrt(((row - means)[used] ** 2).mean()) if used.any() else 0.0)
        return np.array(scores)


def sod():
    many = [{}, {"n_neighbors": 12, "ref_set": 4}, {"alpha": 0.5}, {"metric": "chebyshev"}]
    plan = [("gaussian", many), ("labelled", [{}]), ("breast cancer", [{}]), ("sp500 lags", [{}])]
    write_detector("SOD", deterministic=deterministic(TrainedSOD, plan))


class TrainedLMDD(LMDD):
    """Judges each row as the last one in random orders of the training rows."""

    def fit(self, X, y=None):
        self.rows = None
        super().fit(X, y)
        self.rows = X
        return self

    def decision_function(self, X):
        if self.rows is None:
            return super().decision_function(X)
        random = np.random.RandomState(self.random_state)
        largest, scores = np.zeros(len(X)), np.zeros(len(X))
        for _ in range(self.n_iter):
            rows = random.permutation(self.rows)
            for i, row in enumerate(X):
                factors = self._LMDD__dis(np.vstack([rows, row]))
                if factors[-1] > largest[i]:
                    largest[i] = factors[-1]
                    scores[i] = factors[-1] * np.sum(factors <= 0)
        return scores


def lmdd():
    def make(seed, **options):
        return TrainedLMDD(random_state=seed, **options)

    # The other measures take PyOD minutes for as many orders as ten seeds need to agree; the detector's own test has them word for word.
    plan = [("labelled", [{}, {"n_iter": 200}])]
    write_detector("LMDD", randomised=randomised(make, plan))


class TrainedROD(ROD):
    """Judges each row by the median absolute deviation of the costs of the training rows."""

    def fit(self, X, y=None):
        self.rows = None
        super().fit(X, y)
        self.rows = X
        return self

    def decision_function(self, X):
        if self.rows is None:
            return super().decision_function(X)
        pad = [(0, 0), (0, max(0, 3 - X.shape[1]))]
        rows, X = np.pad(self.rows, pad), np.pad(X, pad)
        if X.shape[1] == 3:
            return self.judge(rows, X, self.gm_, self.median_, self.angles_scaler1_, self.angles_scaler2_)
        rows, X = self.data_scaler_.transform(rows), self.data_scaler_.transform(X)
        learnt = zip(self.gm_, self.median_, self.angles_scaler1_, self.angles_scaler2_)
        threes = combinations(range(X.shape[1]), 3)
        scores = [self.judge(rows[:, three], X[:, three], *one) for three, one in zip(threes, learnt)]
        return np.mean(1 / (1 + np.exp(-np.array(scores))), axis=0)

    def judge(self, rows, X, *learnt):
        known, *_ = rod_3D(rows, *learnt)
        both, *_ = rod_3D(np.vstack([rows, X]), *learnt)
        # Both differ by one factor, the deviation that they are divided by.
        most = known.argmax()
        return both[len(rows) :] * known[most] / both[most]


def rod():
    names = ["gaussian", "labelled", "weather lags", "sp500 lags", "temperature"]
    write_detector("ROD", deterministic=deterministic(TrainedROD, [(name, [{}]) for name in names]))


kde()
sos()
cd()
qmcd()
sampling()
sod()
lmdd()
rod()
