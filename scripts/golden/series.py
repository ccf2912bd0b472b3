"""Makes the golden vectors of the time-series detectors, which PyOD gives whole series and not rows; see golden.py."""

import numpy as np
from golden import sp500, weather, write
from pyod.models.knn import KNN
from pyod.models.pca import PCA
from pyod.models.ts_kshape import KShape
from pyod.models.ts_matrix_profile import MatrixProfile
from pyod.models.ts_od import TimeSeriesOD
from pyod.models.ts_sand import SAND
from pyod.models.ts_spectral_residual import SpectralResidual

WINDOW = 20


def synthetic():
    """A season of 24 with noise, a spike, a flat stretch that is not quite flat, and a change of shape."""
    random = np.random.default_rng(21)
    t = np.arange(300)
    x = 10 + 3 * np.sin(2 * np.pi * t / 24) + 0.3 * random.standard_normal(300)
    x[90] += 6
    x[150:160] = 10 + 0.05 * random.standard_normal(10)
    x[200:224] = 10 + 3 * np.sign(np.sin(2 * np.pi * t[:24] / 12)) + 0.3 * random.standard_normal(24)
    return x.round(6)


def series():
    """By name: a series to train on, and the values that follow it."""
    temperature = weather().to_numpy()[-260:]
    price = sp500().to_numpy()
    x = synthetic()
    return {
        "temperature": (temperature[:200], temperature[200:]),
        "price": (price[:90], price[90:]),
        "synthetic": (x[:240], x[240:]),
    }


def cases(make, plan, new=True):
    known = series()
    result = []
    for name, many in plan:
        train, test = known[name]
        for options in many:
            model = make(**options).fit(train)
            case = {
                "series": name,
                "options": options,
                "train": model.decision_scores_.tolist(),
                "threshold": float(model.threshold_),
            }
            result.append({**case, "test": model.decision_function(test).tolist()} if new else case)
    return result


def initial(name, window_size, clusters, count=None):
    """What PyOD draws to begin k-Shape with: the first centroids, and what takes the place of a cluster that got empty."""
    windows = len(series()[name][0]) - window_size + 1
    count = windows if count is None else min(count, windows)
    random = np.random.RandomState(42)
    first = random.choice(count, size=clusters, replace=False)
    return {"first": first.tolist(), "later": [int(random.randint(count)) for _ in range(20)]}


def drawn(make, plan, draws):
    result = cases(make, plan)
    for case in result:
        options = case["options"]
        case["draws"] = draws(case["series"], options)
    return result


def main():
    write(
        "detectors/series",
        "series",
        {"series": {name: {"train": a.tolist(), "test": b.tolist()} for name, (a, b) in series().items()}},
    )
    small = {"window_size": WINDOW}
    names = ["temperature", "price", "synthetic"]

    plan = [(name, [{}, {"score_window": 4}]) for name in names]
    write("detectors/series", "spectral-residual", {"cases": cases(SpectralResidual, plan)})

    plan = [("temperature", [{}, small]), ("price", [small]), ("synthetic", [{}, {**small, "channel_aggregation": "mean"}])]
    write("detectors/series", "matrix-profile", {"cases": cases(MatrixProfile, plan, new=False)})

    plan = [("temperature", [{}]), ("price", [small]), ("synthetic", [{}, {**small, "n_clusters": 5}])]
    write(
        "detectors/series",
        "kshape",
        {"cases": drawn(KShape, plan, lambda name, o: initial(name, o.get("window_size", 50), o.get("n_clusters", 3)))},
    )
    plan = [
        ("temperature", [{}]),
        ("price", [{**small, "n_clusters": 3, "batch_size": 25}]),
        ("synthetic", [{}, {**small, "batch_size": 60, "alpha": 0.2}]),
    ]
    write(
        "detectors/series",
        "sand",
        {
            "cases": drawn(
                SAND,
                plan,
                lambda name, o: initial(
                    name, o.get("window_size", 50), o.get("n_clusters", 5), o.get("batch_size", 100)
                ),
            )
        },
    )

    def windowed(detector):
        def make(inner=None, **options):
            return TimeSeriesOD(detector=detector(**(inner or {})), **options)

        return make

    plan = [
        ("temperature", [{}, {**small, "inner": {"n_neighbors": 3, "method": "mean"}}]),
        ("price", [small]),
        ("synthetic", [{**small, "score_aggregation": "mean"}, {**small, "inner": {"p": 1}}]),
    ]
    write("detectors/series", "sub-knn", {"cases": cases(windowed(KNN), plan)})
    plan = [
        ("temperature", [{}, {**small, "inner": {"n_components": 5}}]),
        ("price", [small]),
        ("synthetic", [{**small, "score_aggregation": "mean"}, {**small, "inner": {"standardization": False}}]),
    ]
    write("detectors/series", "sub-pca", {"cases": cases(windowed(PCA), plan)})


main()
