"""Makes the golden vectors of what streaming detectors share with river and rrcf; see golden.py.

    venv/bin/pip install river==0.26.1 rrcf==0.4.4
"""

import numpy as np
import rrcf
from golden import gaussian_with_outliers, write
from river import anomaly


def half_spaces():
    """River's own trees, level by level, and what it says of each row before it learns it."""
    rows, _ = gaussian_with_outliers(3, 85, 5, 3)
    trees, height, window = 3, 4, 20
    names = ["a", "b", "c"]
    model = anomaly.HalfSpaceTrees(
        n_trees=trees, height=height, window_size=window, limits={name: (-3, 3) for name in names}, seed=5
    )
    scores = []
    for row in rows:
        x = dict(zip(names, row.tolist(), strict=True))
        scores.append(model.score_one(x))
        model.learn_one(x)
    columns, thresholds = [], []
    for root in model.trees:
        level = [root]
        for _ in range(height):
            columns += [names.index(node.feature) for node in level]
            thresholds += [node.threshold for node in level]
            level = [child for node in level for child in node.children]
    write(
        "detectors/online",
        "half-space-trees",
        {
            "river": "0.26.1",
            "trees": trees,
            "height": height,
            "window": window,
            "columns": columns,
            "thresholds": thresholds,
            "rows": rows.tolist(),
            "scores": scores,
        },
    )


def random_cuts():
    """CoDisp of each row in trees of it and the rows before, the mean of the trees; of three seeds.

    Each tree is made anew. Those that rrcf makes by insert_point and forget_point give 2 to 8 % less here than their own law.
    """
    rows, labels = gaussian_with_outliers(4, 285, 15, 4)
    trees, size = 40, 64
    runs = []
    for seed in range(3):
        random = np.random.RandomState(seed)
        scores = [0.0] * size
        for last in range(size, len(rows)):
            near = rows[last - size : last + 1]
            total = sum(rrcf.RCTree(near, random_state=random).codisp(size) for _ in range(trees))
            scores.append(float(f"{total / trees:.6g}"))
        runs.append(scores)
    write(
        "detectors/online",
        "robust-random-cut-forest",
        {
            "rrcf": "0.4.4",
            "trees": trees,
            "size": size,
            "rows": rows.tolist(),
            "labels": labels.tolist(),
            "scores": runs,
        },
    )


half_spaces()
random_cuts()
