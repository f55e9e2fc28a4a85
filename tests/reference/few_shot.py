#!/usr/bin/env python3
"""Few-label accuracy of latent codes with scikit-learn, the protocol of the authors' code: one-vs-rest logistic
regression (liblinear, C = 1) on n labels per class, several draws, scored on the test set.

    cebm-eval scores --run RUN --split train --out TRAIN
    cebm-eval scores --run RUN --split test --out TEST
    python3 tests/reference/few_shot.py TRAIN TEST

Needs numpy and scikit-learn.
"""
import argparse
import pathlib
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

warnings.filterwarnings("ignore")


def load(folder):
    folder = pathlib.Path(folder)
    return np.load(folder / "latent.npy"), np.load(folder / "label.npy")


def accuracy(train, test, chosen):
    x, y = train
    classifier = OneVsRestClassifier(LogisticRegression(solver="liblinear", max_iter=10000, random_state=0))
    return classifier.fit(x[chosen], y[chosen]).score(*test)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", help="folder with latent.npy and label.npy of the training set")
    parser.add_argument("test", help="the same of the test set")
    parser.add_argument("--shots", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--draws", type=int, default=10)
    arguments = parser.parse_args()
    train, test = load(arguments.train), load(arguments.test)
    for shots in arguments.shots:
        scores = []
        for draw in range(arguments.draws):
            random = np.random.default_rng(draw)
            chosen = [random.permutation(np.flatnonzero(train[1] == c))[:shots] for c in np.unique(train[1])]
            scores.append(accuracy(train, test, np.concatenate(chosen)))
        print(f"{shots:4d} labels per class: {100 * np.mean(scores):5.1f} % +- {100 * np.std(scores):.1f} "
              f"over {arguments.draws} draws")


if __name__ == "__main__":
    main()
