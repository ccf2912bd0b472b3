"""Makes the golden vectors of what the first detectors and the preprocessing share with PyOD and pandas; see golden.py."""

import numpy as np
import pandas as pd
from golden import (
    deterministic,
    epoch_ms,
    features,
    gaussian_with_outliers,
    sets,
    weather,
    write,
    write_detector,
)
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.mad import MAD
from pyod.models.pca import PCA
from scipy.stats import binom
from sklearn.metrics import roc_auc_score

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


def detectors():
    write(
        "detectors/golden",
        "sets",
        {
            "sets": [
                {
                    "name": name,
                    "columns": train.shape[1],
                    "train": train.ravel().tolist(),
                    "test": test.ravel().tolist(),
                    "labels": None if labels is None else labels.tolist(),
                }
                for name, (train, test, labels) in sets().items()
            ]
        },
    )
    some = ["gaussian", "breast cancer", "weather lags", "sp500 lags"]
    others = [{}, {"method": "mean"}, {"p": 1}]
    write_detector("KNN", deterministic=deterministic(KNN, [("gaussian", KNN_CASES), *((n, others) for n in some[1:])]))
    others = [{}, {"weighted": False}, {"standardization": False}]
    write_detector("PCA", deterministic=deterministic(PCA, [("gaussian", PCA_CASES), *((n, others) for n in some[1:])]))
    write_detector("MAD", deterministic=deterministic(MAD, [("temperature", [{}, {"threshold": 2.5}])]))


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
