"""The two classifiers over frozen question vectors: softmax and kernel ridge regression, as fitted and as they ship."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import log_softmax

from assistant import scoring
from assistant.classifiers import Head, Kernel

HEAD_PENALTY = 15.0  # L2 on standardised inputs; of 15, 30 and 60 the best on dev
SEVERAL_PENALTY = 300.0
ITERATIONS = 120  # of L-BFGS; three hundred gave the same choices
KERNEL_WIDTH, KERNEL_RIDGE = 0.08, 0.1  # in cosine; of six pairs tried the best on dev


def fit_softmax(inputs: np.ndarray, targets: np.ndarray, penalty: float) -> np.ndarray:
    """Softmax regression with soft targets (rows sum to 1) by L-BFGS → (d + 1, classes), last row biases."""
    # Single precision halves the time, and what is fitted ships in half precision; the search itself stays in double.
    rows = np.hstack([inputs, np.ones((len(inputs), 1))]).astype(np.float32)
    wanted = targets.astype(np.float32)
    shape = (rows.shape[1], targets.shape[1])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        logs = log_softmax(rows @ weights.astype(np.float32), axis=1)
        gradient = (rows.T @ (np.exp(logs) - wanted)).astype(np.float64)
        gradient[:-1] += penalty * weights[:-1]
        fit = -float((wanted * logs).sum(dtype=np.float64))
        return fit + 0.5 * penalty * float((weights[:-1] ** 2).sum()), gradient.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    weights: np.ndarray = found.x.reshape(shape)
    return weights


def fit_head(
    vectors: np.ndarray, needed: np.ndarray, reasons: Sequence[str], addresses: Sequence[str], bank: str
) -> Head:
    """The classifiers for bank questions (n, d), unit rows, ``bank`` being their digest.

    ``needed`` is (n, addresses), a reason is empty where a question is answered.
    """
    names = sorted({reason for reason in reasons if reason})
    mean, scale = vectors.mean(axis=0), float(vectors.std(axis=0).mean())
    standard = (vectors - mean) / scale
    absent = np.array([[reason == name for name in names] for reason in reasons], dtype=float)
    targets = np.hstack([needed.astype(float), absent])
    targets /= targets.sum(axis=1, keepdims=True)
    weights = fit_softmax(standard, targets, HEAD_PENALTY)
    several = needed.sum(axis=1) > 1
    pair = fit_softmax(standard, np.stack([several, ~several], axis=1).astype(float), SEVERAL_PENALTY)
    wishes = np.stack([[reason == "opinion" for reason in reasons], needed.any(axis=1)], axis=1)
    kernel = fit_kernel(vectors, np.hstack([needed.astype(float), np.where(wishes, 1.0, -1.0)]), bank)
    return Head((*addresses, *names), mean, scale, weights, pair[:, :1] - pair[:, 1:], kernel)


def fit_kernel(vectors: np.ndarray, targets: np.ndarray, bank: str) -> Kernel:
    """Kernel ridge regression of the outputs' targets (n, outputs) over all bank questions (n, d), unit rows."""
    base = targets.mean(axis=0)
    gram = np.exp((vectors @ vectors.T - 1) / KERNEL_WIDTH)
    gram[np.diag_indices(len(gram))] += KERNEL_RIDGE
    wanted = (targets - base).astype(np.float32)
    weights = cho_solve(cho_factor(gram, overwrite_a=True, check_finite=False), wanted, check_finite=False)
    return Kernel(weights.astype(np.float64), base, KERNEL_WIDTH, bank)


def as_shipped(head: Head) -> Head:
    """The classifiers with the precision they are shipped in, so that what was judged is what ships."""
    return replace(
        head,
        kernel=replace(head.kernel, weights=head.kernel.weights.astype(np.float16).astype(np.float64)),
        mean=head.mean.astype(np.float16).astype(np.float32),
        weights=head.weights.astype(np.float16).astype(np.float32),
        several=head.several.astype(np.float16).astype(np.float32),
    )


def save(head: Head) -> None:
    """Write ``head.npz`` and ``kernel.npz`` of ``assistant/models/`` in half precision."""
    with scoring.HEAD.open("wb") as file:
        np.savez(
            file,
            classes=np.array(head.classes),
            mean=head.mean.astype(np.float16),
            scale=np.float64(head.scale),
            weights=head.weights.astype(np.float16),
            several=head.several.astype(np.float16),
        )
    with scoring.KERNEL.open("wb") as file:
        np.savez(
            file,
            weights=head.kernel.weights.astype(np.float16),
            base=head.kernel.base,
            width=np.float64(head.kernel.width),
            bank=np.array(head.kernel.bank),
        )
