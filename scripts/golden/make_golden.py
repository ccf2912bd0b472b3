"""Makes the golden vectors of the tests with the real PyOD and pandas.

    python -m venv venv && venv/bin/pip install pyod==3.6.7 scikit-learn==1.9.1 numpy==2.4.6 pandas
    venv/bin/python scripts/golden/make_golden.py

Run it from the root of the repository, after `npm ci`: two series come from the npm package vega-datasets.
"""

import json
import pathlib
import platform

import numpy as np
import pandas as pd
import pyod
import scipy
import sklearn
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.mad import MAD
from pyod.models.pca import PCA
from scipy.stats import binom
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


KNN_CASES = [
    {},
    {"n_neighbors": 1},
    {"n_neighbors": 12, "method": "mean"},
    {"n_neighbors": 4, "method": "median"},
    {"p": 1},
    {"p": 3, "method": "mean"},
    {"metric": "chebyshev"},
]
PCA_CASES = [
    {},
    {"standardization": False},
    {"weighted": False},
    {"n_components": 3},
    {"n_components": 0.8},
    {"n_selected_components": 2},
    {"whiten": True, "n_components": 4, "n_selected_components": 3},
]


def judge(model, train, test):
    model.fit(train)
    return {
        "train": model.decision_scores_.tolist(),
        "test": model.decision_function(test).tolist(),
        "threshold": float(model.threshold_),
    }


def detectors():
    gaussian, _ = gaussian_with_outliers(7, 285, 15, 6)
    gaussian_test, _ = gaussian_with_outliers(8, 25, 5, 6)
    cancer = load_breast_cancer().data
    temperature = features(weather()).to_numpy()
    price = features(sp500()).to_numpy()
    sets = {
        "gaussian": (gaussian, gaussian_test, KNN_CASES, PCA_CASES),
        "breast cancer": (cancer[:330, :], cancer[330:360], [{}], [{}, {"n_components": 10}]),
        "weather lags": (temperature[-360:-30], temperature[-30:], [{}, {"method": "mean"}], [{}, {"weighted": False}]),
        "sp500 lags": (price[:100], price[100:], [{}, {"p": 1}], [{}, {"standardization": False}]),
    }
    result = []
    for name, (train, test, knn_cases, pca_cases) in sets.items():
        cases = [{"detector": "KNN", "options": o, **judge(KNN(**o), train, test)} for o in knn_cases]
        cases += [{"detector": "PCA", "options": o, **judge(PCA(**o), train, test)} for o in pca_cases]
        result.append(
            {
                "name": name,
                "columns": train.shape[1],
                "train": train.ravel().tolist(),
                "test": test.ravel().tolist(),
                "cases": cases,
            }
        )
    column, column_test = weather().to_numpy()[-200:].reshape(-1, 1), np.array([[-40.0], [12.2], [60.0]])
    result.append(
        {
            "name": "temperature",
            "columns": 1,
            "train": column.ravel().tolist(),
            "test": column_test.ravel().tolist(),
            "cases": [
                {"detector": "MAD", "options": o, **judge(MAD(**o), column, column_test)}
                for o in ({}, {"threshold": 2.5})
            ],
        }
    )
    write("detectors", "deterministic", {"sets": result})


def probabilities():
    train, _ = gaussian_with_outliers(9, 95, 5, 3)
    test, _ = gaussian_with_outliers(10, 20, 5, 3)
    cases = []
    for contamination in (0.1, 0.01, 0.37):
        model = KNN(contamination=contamination).fit(train)
        cases.append(
            {
                "contamination": contamination,
                "threshold": float(model.threshold_),
                "labels": model.predict(test).tolist(),
                "linear": model.predict_proba(test)[:, 1].tolist(),
                "unify": model.predict_proba(test, method="unify")[:, 1].tolist(),
                "confidence": model.predict_confidence(test).tolist(),
            }
        )
    cdf = [
        [k, n, p, float(binom.cdf(k, n, p))]
        for n in (1, 10, 333, 2500)
        for k in sorted({0, n // 10, n // 2, n - n // 10, n - 1})
        for p in (0.001, 0.1, 0.5, 0.93, 0.999)
    ]
    write(
        "detectors",
        "probability",
        {
            "train": model.decision_scores_.tolist(),
            "test": model.decision_function(test).tolist(),
            "cases": cases,
            "binomialCdf": cdf,
        },
    )


def forests():
    train, labels = gaussian_with_outliers(11, 360, 40, 4)
    cases = []
    for options in ({}, {"max_features": 0.5, "max_samples": 64}, {"bootstrap": True}):
        runs = [IForest(random_state=seed, **options).fit(train).decision_scores_ for seed in range(10)]
        cases.append(
            {
                "options": options,
                "auc": [float(roc_auc_score(labels, run)) for run in runs],
                "scores": [[round(float(score), 5) for score in run] for run in runs[:3]],
            }
        )
    write(
        "detectors/tabular",
        "iforest",
        {"columns": 4, "train": train.ravel().tolist(), "labels": labels.tolist(), "cases": cases},
    )


def preprocessing():
    random = np.random.default_rng(12)
    start = pd.Timestamp("2024-01-30 22:07")
    offsets = np.cumsum(random.integers(1, 9, 240)) * 60 + random.integers(0, 59, 240)
    walk = pd.Series(
        (100 + np.cumsum(random.standard_normal(240))).round(3), index=start + pd.to_timedelta(offsets, unit="s")
    )
    gap = (walk.index > walk.index[90]) & (walk.index < walk.index[90] + pd.Timedelta(hours=2))
    walk = walk[~gap]
    temperature = weather().iloc[:400]
    temperature = temperature.drop(temperature.index[[50, 51, 52, 200]])
    days = {"freq": "1D", "freq_agg": "mean"}
    cases = [
        ("walk", walk, [{}, {"diff_n": 0}, {"smooth_n": 0}, {"lags_n": 0}, {"diff_n": 4, "smooth_n": 40, "lags_n": 2}]),
        ("walk", walk, [{"freq": f, "freq_agg": a} for f in ("10min", "1h", "7min") for a in ("mean", "sum")]),
        ("walk", walk, [{"freq": "90s", "freq_agg": "sum"}, {"freq": "90s", "smooth_n": 0, "lags_n": 1}]),
        ("temperature", temperature, [{}, days, {"freq": "D", "freq_agg": "sum"}, {"freq": "5D", "lags_n": 2}]),
        ("temperature", temperature, [{"freq": "MS", "lags_n": 1}, {"freq": "MS", "freq_agg": "sum", "lags_n": 1}]),
        ("temperature", temperature, [{"freq": "W", "lags_n": 2}, {"freq": "W-WED", "freq_agg": "sum", "lags_n": 2}]),
        ("temperature", temperature, [{"freq": "ME", "lags_n": 1}, {"freq": "QS", "lags_n": 0, "smooth_n": 0}]),
    ]
    result = []
    for name, series, many in cases:
        for params in many:
            rows = features(series, **params)
            # Pandas names these bins by their last day, the project by their first.
            times = rows.index
            if params.get("freq", "").startswith("W"):
                times = times - pd.Timedelta(days=6)
            if params.get("freq") == "ME":
                times = times.to_period("M").to_timestamp()
            result.append(
                {
                    "series": name,
                    "params": params,
                    "timestamps": epoch_ms(times),
                    # Only the first column of each row: the lags are the same numbers again.
                    "first": rows["metric_value"].tolist(),
                    "last": rows.iloc[:, -1].tolist(),
                }
            )
    series = {
        name: {"timestamps": epoch_ms(s.index), "values": s.tolist()}
        for name, s in (("walk", walk), ("temperature", temperature))
    }
    write("timeseries", "preprocess", {"series": series, "cases": result})


detectors()
probabilities()
forests()
preprocessing()
