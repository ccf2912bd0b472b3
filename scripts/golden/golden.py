"""What the scripts that make golden vectors share: data sets, the format of the files, the versions that made them.

    python -m venv venv && venv/bin/pip install pyod==3.6.7 scikit-learn==1.9.1 numpy==2.4.6 pandas
    venv/bin/python scripts/golden/NAME.py

Run them from the root of the repository, after `npm ci`: two series come from the npm package vega-datasets.
"""

import json
import pathlib
import platform

import numpy as np
import pandas as pd
import pyod
import scipy
import sklearn
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "node_modules" / "vega-datasets" / "data"
VERSIONS = {
    "python": platform.python_version(),
    "pyod": pyod.version.__version__,
    "scikit-learn": sklearn.__version__,
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "pandas": pd.__version__,
}
SEEDS = 10


def write(folder, name, content):
    path = ROOT / "test" / folder / f"{name}.golden.json"
    text = json.dumps({"versions": VERSIONS, **content}, separators=(",", ":"), allow_nan=False)
    path.write_text(text + "\n")
    print(f"{path.relative_to(ROOT)}: {len(text) / 1024:.0f} KiB")


def features(series, diff_n=1, smooth_n=3, lags_n=5, freq=None, freq_agg="mean"):
    """The original's preprocessing, without its shuffle."""
    x = series
    if freq is not None:
        bins = x.resample(freq, origin="epoch")
        x = bins.sum() if freq_agg == "sum" else bins.mean()
    if diff_n > 0:
        x = x.diff(diff_n)
    if smooth_n > 0:
        x = x.rolling(smooth_n).mean()
    columns = {"metric_value": x}
    for lag in range(1, lags_n + 1):
        columns[f"lag_{lag}"] = x.shift(lag)
    return pd.DataFrame(columns).dropna()


def gaussian_with_outliers(seed, inliers, outliers, columns):
    random = np.random.default_rng(seed)
    x = np.vstack(
        [random.standard_normal((inliers, columns)), random.uniform(-6, 6, (outliers, columns))]
    )
    y = np.r_[np.zeros(inliers), np.ones(outliers)].astype(int)
    order = random.permutation(len(y))
    return x[order].round(6), y[order]


def weather():
    frame = pd.read_csv(DATA / "seattle-weather.csv", parse_dates=["date"], index_col="date")
    return frame["temp_max"]


def sp500():
    frame = pd.read_csv(DATA / "sp500.csv")
    return pd.Series(frame["price"].values, index=pd.to_datetime(frame["date"], format="%b %d %Y"))


def epoch_ms(index):
    return [int(t) for t in (index - pd.Timestamp(0)) // pd.Timedelta(milliseconds=1)]


def sets():
    """Rows to train on, rows to score, and which training rows are outliers (where that is known), by name."""
    gaussian, outliers = gaussian_with_outliers(7, 285, 15, 6)
    gaussian_test, _ = gaussian_with_outliers(8, 25, 5, 6)
    labelled, labels = gaussian_with_outliers(11, 360, 40, 4)
    labelled_test, _ = gaussian_with_outliers(12, 25, 5, 4)
    cancer = load_breast_cancer()
    malignant = np.flatnonzero(cancer.target == 0)[:24]
    benign = np.flatnonzero(cancer.target == 1)
    mixed = np.sort(np.r_[benign[:276], malignant])
    temperature = features(weather()).to_numpy()
    price = features(sp500()).to_numpy()
    return {
        "gaussian": (gaussian, gaussian_test, outliers),
        "labelled": (labelled, labelled_test, labels),
        "breast cancer": (cancer.data[mixed], cancer.data[benign[276:306]], 1 - cancer.target[mixed]),
        "weather lags": (temperature[-360:-30], temperature[-30:], None),
        "sp500 lags": (price[:100], price[100:], None),
        "temperature": (
            weather().to_numpy()[-200:].reshape(-1, 1),
            np.array([[-40.0], [12.2], [60.0]]),
            None,
        ),
    }


def deterministic(make, plan):
    """Scores of `make(**options)` for each set named in `plan`, a list of (set, list of options)."""
    known = sets()
    cases = []
    for name, many in plan:
        train, test, _ = known[name]
        for options in many:
            model = make(**options).fit(train)
            cases.append(
                {
                    "set": name,
                    "options": options,
                    "train": model.decision_scores_.tolist(),
                    "test": model.decision_function(test).tolist(),
                    "threshold": float(model.threshold_),
                }
            )
    return cases


def randomised(make, plan):
    """Of `make(seed, **options)` over ten seeds: areas under the ROC curve, three runs, and how well runs agree with each other."""
    known = sets()
    cases = []
    for name, many in plan:
        train, test, labels = known[name]
        for options in many:
            models = [make(seed, **options).fit(train) for seed in range(SEEDS)]
            runs = [model.decision_scores_ for model in models]
            pairs = [spearmanr(a, b).statistic for i, a in enumerate(runs) for b in runs[:i]]
            cases.append(
                {
                    "set": name,
                    "options": options,
                    "auc": [float(roc_auc_score(labels, run)) for run in runs],
                    "agreement": float(np.mean(pairs)),
                    "train": [[float(f"{score:.6g}") for score in run] for run in runs[:3]],
                    "test": [
                        [float(f"{score:.6g}") for score in model.decision_function(test)] for model in models[:3]
                    ],
                }
            )
    return cases


def write_detector(name, **cases):
    """`deterministic=`, `randomised=`: what `test/detectors/parity.test.ts` holds the detector against."""
    write("detectors/golden", name, {"detector": name, **cases})
