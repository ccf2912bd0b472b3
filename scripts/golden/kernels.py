"""Makes the golden vectors of Gaussian, robust and kernel detectors; see golden.py."""

from golden import deterministic, randomised, sets, write, write_detector
from pyod.models.gmm import GMM
from pyod.models.kpca import KPCA
from pyod.models.mcd import MCD
from pyod.models.ocsvm import OCSVM

START = {
    "n_components": 2,
    "weights_init": [0.7, 0.3],
    "means_init": [[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 1.0, -1.0]],
}
GMM_STARTS = [
    {**START, "covariance_type": "full", "precisions_init": [[[2.0 if i == j else 0.5 for i in range(4)] for j in range(4)]] * 2},
    {**START, "covariance_type": "tied", "precisions_init": [[1.0 if i == j else 0.2 for i in range(4)] for j in range(4)]},
    {**START, "covariance_type": "diag", "precisions_init": [[1.0, 2.0, 1.0, 0.5], [0.1, 0.2, 0.1, 0.2]]},
    {**START, "covariance_type": "spherical", "precisions_init": [1.0, 0.1]},
]


def gaussians():
    types = [{"covariance_type": kind} for kind in ("tied", "diag", "spherical")]
    write_detector(
        "GMM",
        deterministic=deterministic(
            GMM,
            [
                ("gaussian", [{}, *types]),
                ("breast cancer", [{}, types[1]]),
                ("weather lags", [{}]),
                ("sp500 lags", [{}]),
                ("labelled", GMM_STARTS),
            ],
        ),
        randomised=randomised(
            lambda seed, **options: GMM(random_state=seed, **options),
            [("labelled", [{"n_components": 3}, {"n_components": 2, "covariance_type": "diag", "init_params": "random"}])],
        ),
    )


def robust():
    cases = [{}, {"support_fraction": 0.75}, {"assume_centered": True}]
    write_detector(
        "MCD",
        # Of one column there is nothing random.
        deterministic=deterministic(MCD, [("temperature", cases)]),
        randomised=randomised(lambda seed, **options: MCD(random_state=seed, **options), [("labelled", cases)]),
    )


def boundaries():
    # The path to the solution is reproduced too, so that the tolerance need not be tight.
    cases = [{}, {"nu": 0.1, "gamma": "scale"}, {"kernel": "linear"}, {"kernel": "poly", "degree": 2, "coef0": 1.0}]
    tight = {"tol": 1e-12}
    write_detector(
        "OCSVM",
        deterministic=deterministic(
            OCSVM,
            [
                ("gaussian", [*cases, {**tight}, {"kernel": "sigmoid", "nu": 0.3, "gamma": 0.05}]),
                ("labelled", [{}, {**tight}]),
                ("breast cancer", [{}, {"gamma": "scale"}]),
                ("weather lags", [{}, {"nu": 0.2}]),
                ("sp500 lags", [{}]),
            ],
        ),
    )


def components():
    few = {"n_components": 10}
    cases = [few, {"n_components": 20, "n_selected_components": 4}, {"kernel": "poly", "degree": 2, "n_components": 12}]
    others = [{"kernel": "cosine", "n_components": 3}, {"kernel": "sigmoid", "gamma": 0.001, "n_components": 3}]
    write_detector(
        "KPCA",
        deterministic=deterministic(
            KPCA,
            [
                ("gaussian", [*cases, *others]),
                ("labelled", [few, {"gamma": 0.02, "n_components": 40}]),
                ("weather lags", [few, {"kernel": "linear", "n_components": 3}]),
            ],
        ),
    )
    # All components explain all training rows: of those PyOD has rounding errors only.
    cases = []
    for name, options in [("gaussian", {}), ("weather lags", {}), ("breast cancer", {}), ("gaussian", {"gamma": 1.0})]:
        train, test, _ = sets()[name]
        scores = KPCA(**options).fit(train).decision_function(test)
        cases.append({"set": name, "options": options, "test": scores.tolist()})
    write("detectors/tabular", "kpca", {"cases": cases})


gaussians()
robust()
boundaries()
components()
