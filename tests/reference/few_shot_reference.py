#!/usr/bin/env python3
"""Few-label accuracy with scikit-learn: one-vs-rest logistic regression by liblinear, the authors' classifier.

    python3 tests/reference/few_shot_reference.py write

writes what tests/eval/statistics/logistic_regression_test.cpp compares with: few_shot.json and few_shot_*.npy beside this
file.

    cebm-eval few-shot --run RUN --set write_draws=true
    cebm-eval scores --run RUN --split train --set columns=label,latent,untrained_latent --out TRAIN
    cebm-eval scores --run RUN --split test --set columns=label,latent,untrained_latent --out TEST
    python3 tests/reference/few_shot_reference.py compare RUN/eval/few-shot TRAIN TEST

fits the same images of a real run and prints both accuracies; it fails where they differ by more than 0.2 points.

Needs numpy and scikit-learn.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

HERE = pathlib.Path(__file__).parent
ALLOWED = 0.002


def fit(x, y, rows, cost=1.0):
    classifier = OneVsRestClassifier(LogisticRegression(C=cost, solver="liblinear", max_iter=10000))
    return classifier.fit(x[rows].astype(np.float64), y[rows])


def accuracy(train, test, rows, cost):
    return float(fit(*train, rows, cost).score(test[0].astype(np.float64), test[1]))


def overlapping_classes(random, count):
    """Five features of which the last is constant and one is mostly 0; four classes of unequal size that overlap."""
    y = random.choice(4, size=count, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int64)
    centres = np.array([[0.0, 0.0, 1.0], [1.5, 0.0, -1.0], [0.0, 2.0, 0.0], [-1.0, -1.0, 0.5]])
    x = np.concatenate([centres[y] + random.normal(size=(count, 3)),
                        np.where(random.random((count, 1)) < 0.7, 0.0, y[:, None] * 1.0),
                        np.full((count, 1), 0.25)], axis=1)
    return x.astype(np.float32), y


def write():
    random = np.random.default_rng(1)
    train, test = overlapping_classes(random, 400), overlapping_classes(random, 500)
    for name, (x, y) in {"train": train, "test": test}.items():
        np.save(HERE / f"few_shot_{name}.npy", x)
        np.save(HERE / f"few_shot_{name}_labels.npy", y)
    subsets = []
    for shots in [1, 10, None]:
        rows = [np.flatnonzero(train[1] == c)[:shots] for c in range(4)]
        rows = np.concatenate(rows)
        model = fit(*train, rows)
        weights = [np.append(one.coef_[0], one.intercept_[0]).tolist() for one in model.estimators_]
        subsets.append({"rows": rows.tolist(), "weights": weights, "predicted": model.predict(test[0]).tolist()})
    (HERE / "few_shot.json").write_text(json.dumps(subsets) + "\n")


def load(folder, space):
    return np.load(folder / f"{space}.npy"), np.load(folder / "label.npy")


def compare(result, train, test):
    whole = json.loads((result / "result.json").read_text())["result"]
    spaces, cost = whole["spaces"], whole.get("C", 1.0)
    draws = np.load(result / "draws.npy")
    worst = 0.0
    for space in [name for name in spaces if name != "pixels"]:
        train_set, test_set = load(train, space), load(test, space)
        for shots, ours in spaces[space].items():
            if shots == "full":
                found = [ours["accuracy"]]
                expected = [accuracy(train_set, test_set, np.arange(len(train_set[1])), cost)]
            else:
                found = ours["accuracies"]
                expected = [accuracy(train_set, test_set, draw[:, :int(shots)].ravel(), cost) for draw in draws]
            difference = float(np.max(np.abs(np.subtract(found, expected))))
            worst = max(worst, difference)
            print(f"{space:18} {shots:>5}: cebm {100 * np.mean(found):7.3f} %, scikit-learn "
                  f"{100 * np.mean(expected):7.3f} %, largest difference {100 * difference:.3f} points", flush=True)
    return 0 if worst <= ALLOWED else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="write the reference files of the tests")
    against = commands.add_parser("compare", help="compare with a result of cebm-eval few-shot")
    for name, help_text in [("result", "its folder"), ("train", "folder of the training set's scores"),
                            ("test", "folder of the test set's scores")]:
        against.add_argument(name, type=pathlib.Path, help=help_text)
    arguments = parser.parse_args()
    if arguments.command == "write":
        return write()
    return compare(arguments.result, arguments.train, arguments.test)


if __name__ == "__main__":
    sys.exit(main())
