"""Makes the golden vectors of joining the scores of several detectors; see golden.py. It needs combo 0.1.3 as well (pip install --no-deps)."""

import numpy as np
from golden import write
from pyod.models.combination import aom, average, majority_vote, maximization, median, moa
from sklearn.utils import shuffle

ROWS = 12
SEED = 3


def undrawn(scores):
    """Columns so placed that the draw of buckets puts neighbours of `scores` into one."""
    drawn = shuffle(list(range(scores.shape[1])), random_state=SEED)
    placed = np.empty_like(scores)
    placed[:, drawn] = scores
    return placed


random = np.random.default_rng(41)
cases = []
for detectors, buckets in ((2, (2,)), (6, (2, 3, 6)), (10, (2, 5))):
    scores = random.uniform(size=(ROWS, detectors)).round(6)
    labels = (scores > 0.55).astype(int)
    cases.append(
        {
            "scores": scores.T.tolist(),
            "labels": labels.T.tolist(),
            "mean": average(scores).tolist(),
            "max": maximization(scores).tolist(),
            "median": median(scores).tolist(),
            "majority_vote": majority_vote(labels).tolist(),
            "buckets": [
                {
                    "buckets": count,
                    "aom": aom(undrawn(scores), n_buckets=count, random_state=SEED).tolist(),
                    "moa": moa(undrawn(scores), n_buckets=count, random_state=SEED).tolist(),
                }
                for count in buckets
            ],
        }
    )
write("detectors", "combination", {"cases": cases})
