"""Makes the golden vectors of the thresholds that are PyThresh's; see golden.py.

    venv/bin/pip install pythresh==1.1.1

DSN and WIND compare with normal numbers that PyThresh draws. Here it is given the quantiles of the middles of equal shares instead.
"""

import warnings

import numpy as np
from golden import write
from pythresh.thresholds.aucp import AUCP
from pythresh.thresholds.chau import CHAU
from pythresh.thresholds.dsn import DSN
from pythresh.thresholds.fgd import FGD
from pythresh.thresholds.fwfm import FWFM
from pythresh.thresholds.gesd import GESD
from pythresh.thresholds.hist import HIST
from pythresh.thresholds.iqr import IQR
from pythresh.thresholds.karch import KARCH
from pythresh.thresholds.mad import MAD
from pythresh.thresholds.mtt import MTT
from pythresh.thresholds.qmcd import QMCD
from pythresh.thresholds.wind import WIND
from pythresh.thresholds.zscore import ZSCORE
from scipy import stats

THRESHOLDERS = [IQR, MAD, ZSCORE, GESD, MTT, CHAU, HIST, QMCD, KARCH, AUCP, FGD, FWFM, DSN, WIND]
draw = stats.norm.rvs


def quantiles(size, loc, scale, random_state):
    return stats.norm.ppf((np.arange(size) + 0.5) / size)


def score_sets():
    random = np.random.default_rng(21)
    return {
        "skewed": np.r_[random.gamma(2, 1, 285), random.uniform(8, 15, 15)],
        "normal": np.r_[random.normal(5, 1, 120), 11.5, 12, 14],
        "two groups": np.r_[random.normal(-2, 0.5, 150), random.normal(3, 0.3, 12)],
        "few": random.exponential(1, 25),
        "ties": np.r_[random.integers(0, 6, 150), 9, 9, 14].astype(float),
    }


def thresholds():
    cases = []
    stats.norm.rvs = quantiles
    for name, scores in score_sets().items():
        scores = random_order(scores.round(6))
        low, range_ = scores.min(), scores.max() - scores.min()
        found = {}
        for make in THRESHOLDERS:
            metric = {"metric": "KS"} if make is DSN else {}
            model = make(**metric).fit(scores)
            limit = float(model.thresh_)
            found[make.__name__] = {
                # None where there is none within the scores.
                "threshold": float(low + limit * range_) if 0 <= limit <= 1 else None,
                "outliers": int(model.labels_.sum()) if 0 <= limit <= 1 else 0,
            }
        cases.append({"name": name, "scores": scores.tolist(), "found": found})
    stats.norm.rvs = draw
    return cases


def random_order(scores):
    return np.random.default_rng(1).permutation(scores)


def tails():
    """Generalised Pareto fits of SciPy, and their quantiles."""
    random = np.random.default_rng(22)
    cases = []
    for shape in (0.4, 0.0, -0.3):
        excesses = stats.genpareto.rvs(shape, scale=2, size=400, random_state=random)
        found, _, scale = stats.genpareto.fit(excesses, floc=0)
        cases.append({"excesses": excesses.tolist(), "shape": float(found), "scale": float(scale)})
    return cases


def upper_quantiles():
    return {
        "normal": [[p, float(stats.norm.isf(p))] for p in (0.4, 0.1, 1e-3, 1e-6, 1e-10)],
        "student": [
            [p, df, float(stats.t.isf(p, df))]
            for p in (0.4, 0.05, 1e-3, 1e-6)
            for df in (1, 2, 3, 5, 20, 298, 5000)
        ],
    }


warnings.simplefilter("ignore")
write(
    "detectors/thresholds",
    "thresholds",
    {"pythresh": "1.1.1", "cases": thresholds(), "tails": tails(), "quantiles": upper_quantiles()},
)
