#!/usr/bin/env python3
"""AUROC, average precision and the false-positive rate at a true-positive rate of 95% by scikit-learn, for
tests/eval/statistics/ranking_test.cpp; and quantiles of Student's t distribution by SciPy, for statistics_test.cpp.

    python3 tests/reference/ranking.py > tests/reference/ranking.json

Needs numpy, scipy and scikit-learn.
"""
import json

import numpy as np
from scipy.stats import t
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve


def metrics(positive, negative):
    y = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    scores = np.concatenate([positive, negative])
    fpr, tpr, _ = roc_curve(y, scores, drop_intermediate=False)
    return {"auroc": roc_auc_score(y, scores), "aupr": average_precision_score(y, scores),
            "fpr95": fpr[tpr >= 0.95].min()}


def cases():
    random = np.random.default_rng(1)
    yield "continuous", random.normal(1.0, 1.0, 300), random.normal(0.0, 1.0, 200)
    yield "ties", random.integers(1, 7, 150), random.integers(0, 5, 250)
    yield "one value", np.zeros(40), np.zeros(30)
    yield "perfect", np.arange(20) + 100, np.arange(30)
    yield "inverted", np.arange(20), np.arange(30) + 100
    yield "tie at the end", np.array([3.0, 2.0, 1.0]), np.array([1.0, 0.0])
    yield "a single positive", np.array([0.5]), random.random(25)
    yield "a single negative", random.random(25), np.array([0.5])
    yield "large offsets", -1e6 - random.normal(0.0, 1e-3, 60), -1e6 - random.normal(1e-3, 1e-3, 70)
    yield "exactly 95%", np.arange(20.0), np.array([0.5, 0.25, 1.5, 12.0])


def main():
    all_cases = []
    for name, positive, negative in cases():
        positive, negative = np.asarray(positive, float), np.asarray(negative, float)
        all_cases.append({"name": name, "positive": positive.tolist(), "negative": negative.tolist(),
                          **{key: float(value) for key, value in metrics(positive, negative).items()}})
    quantiles = [[p, freedom, float(t.ppf(p, freedom))]
                 for p in [0.9, 0.975, 0.999] for freedom in [1, 2, 3, 4, 9, 10, 99, 100, 999]]
    print(json.dumps({"cases": all_cases, "t": quantiles}))


if __name__ == "__main__":
    main()
