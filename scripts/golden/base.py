"""Makes the golden vectors of what PyOD's base class says of scores: rejection and ranks; see golden.py."""

from golden import sets, write
from pyod.models.knn import KNN

train, test, _ = sets()["gaussian"]
cases = []
for contamination in (0.1, 0.02, 0.4):
    model = KNN(contamination=contamination).fit(train)
    for tolerance in (2, 8, 32):
        labels, (rate, rate_bound, cost_bound) = model.predict_with_rejection(
            test, T=tolerance, return_stats=True, c_r=contamination
        )
        cases.append(
            {
                "contamination": contamination,
                "tolerance": tolerance,
                "labels": labels.tolist(),
                "expectedRate": float(rate),
                "rateBound": float(rate_bound),
                "costBound": float(cost_bound),
                "ranks": model._predict_rank(test).tolist(),
            }
        )
write("detectors", "base", {"cases": cases})
