"""Teacher-student networks: the target is a wide random network of d inputs, and the students are small networks.

Theory says that the error falls as N^-(4/d) or faster, and in D likewise (Sharma and Kaplan 2020, arXiv:2004.10802).

The design and the rules below were written before any error was read. Only the numbers of steps were cut, to save time,
from 40,000 to 16,000 and from 4,000 to 2,000, also before:

- Dimensions 2, 3, 4, 6, 8; three teachers for each. N-limited: six widths, two seeds, 180 networks; none of their data
  repeat. D-limited: six sizes of data, one seed, 90 networks, each wider than its data need, stopped at the step with
  the smallest error on 2,000 further points.
- Convergence: the widest students, and those with most data, are trained again with half of the steps. A dimension
  has converged if the median over its networks of error(half) / error(all) is below 1.05.
- The main fit has all dimensions and all networks, whatever that check says. A second fit has the dimensions that have
  converged. log(median ratio) / log(range of N) says how much one more halving could change the exponent.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.geometry.kept import Kept
from benchmarks.geometry.students import Students, parameters, train

DIMENSIONS, TEACHERS, SEEDS = (2, 3, 4, 6, 8), 3, 2
#: Width of both hidden layers of a teacher, and of the students whose N is limited and whose D is limited.
TEACHER, WIDTHS, WIDE = 96, (4, 6, 9, 14, 20, 30), 64
#: Data of the D-limited students.
SIZES = (64, 128, 256, 512, 1024, 2048)
#: N-limited: steps, half of them with each size of batch, and the largest learning rate.
STEPS, BATCHES, RATE = 16_000, (256, 1024), 8e-3
#: D-limited: steps, largest batch, largest learning rate, and steps between two looks at the further points.
LIMITED_STEPS, LIMITED_BATCH, LIMITED_RATE, LOOK = 2000, 256, 3e-3, 50
#: Points at which errors are measured, and at which the D-limited decide when to stop.
TEST, FURTHER = 8000, 2000
#: Training is converged if half of the steps gives an error below this multiple.
CONVERGED = 1.05


def inputs(d: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform in the cube from -1 to 1; shape (d, count)."""
    return 2 * rng.random((d, count), dtype=np.float32) - 1


class Teacher:
    """A network [d, 96, 96, 1] with tanh and random weights, scaled to mean 0 and variance 1 on the cube."""

    def __init__(self, d: int, number: int):
        rng = np.random.default_rng([2020, d, number])
        self.first = (rng.standard_normal((TEACHER, d)) * 1.5 * np.sqrt(6 / d)).astype(np.float32)
        self.bias = rng.uniform(-1, 1, (TEACHER, 1)).astype(np.float32)
        self.second = (rng.standard_normal((TEACHER, TEACHER)) * np.sqrt(2 / TEACHER)).astype(np.float32)
        self.last = (rng.standard_normal(TEACHER) * np.sqrt(2 / TEACHER)).astype(np.float32)
        raw = self._raw(inputs(d, 50_000, rng))
        self.mean, self.sd = raw.mean(), raw.std()

    def _raw(self, x: np.ndarray) -> np.ndarray:
        return self.last @ np.tanh(self.second @ np.tanh(self.first @ x + self.bias))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Target at inputs of shape (d, data)."""
        return (self._raw(x) - self.mean) / self.sd


class Stream:
    """Data of one dimension that never repeat. Targets of all teachers are kept, inputs are drawn again from seeds."""

    def __init__(self, d: int):
        self.d = d
        teachers = [Teacher(d, number) for number in range(TEACHERS)]
        self.test = inputs(d, TEST, np.random.default_rng([2021, d, STEPS]))
        self.wanted = [teacher(self.test) for teacher in teachers]
        self.targets = []
        for step in range(STEPS):
            x = self.inputs(step)
            self.targets.append(np.array([teacher(x) for teacher in teachers]))

    def inputs(self, step: int) -> np.ndarray:
        """Inputs of one step, shape (d, batch)."""
        size = BATCHES[int(step >= STEPS // 2)]
        return inputs(self.d, size, np.random.default_rng([2021, self.d, step]))

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs (d, batch), and targets (TEACHERS * SEEDS, batch) with the seeds of a teacher together."""
        return self.inputs(step), np.repeat(self.targets[step], SEEDS, axis=0)


def limited_in_N(d: int, width: int, every: int, stream: Stream) -> np.ndarray:
    """Test errors, shape (TEACHERS, SEEDS), of students trained on each `every`-th batch."""
    rngs = [np.random.default_rng([2022, d, t, width, s]) for t in range(TEACHERS) for s in range(SEEDS)]
    students = Students.started(d, width, rngs)
    train(students, lambda step: stream.batch(every * step), STEPS // every, RATE)
    off = students.predict(stream.test) - np.repeat(stream.wanted, SEEDS, axis=0)
    errors = np.mean(off**2, axis=1, dtype=float)
    return errors.reshape(TEACHERS, SEEDS)


def limited_in_D(d: int, size: int, every: int) -> np.ndarray:
    """Test errors, shape (TEACHERS,), at the step with the smallest error on further points."""
    rng = np.random.default_rng([2023, d, size])
    teachers = [Teacher(d, number) for number in range(TEACHERS)]
    sets = [inputs(d, count, rng) for count in (size, FURTHER, TEST)]
    (x, y), further, test = ((part, np.array([teacher(part) for teacher in teachers])) for part in sets)
    students = Students.started(d, WIDE, [np.random.default_rng([2024, d, t, size]) for t in range(TEACHERS)])
    best, found = np.full(TEACHERS, np.inf), np.full(TEACHERS, np.inf)

    def batch(_):
        if size <= LIMITED_BATCH:
            return x, y
        chosen = rng.choice(size, LIMITED_BATCH, replace=False)
        return np.ascontiguousarray(x[:, chosen]), y[:, chosen]

    def look(step):
        if (step + 1) % LOOK:
            return
        here = np.mean((students.predict(further[0]) - further[1]) ** 2, axis=1)
        better = here < best
        if better.any():
            errors = np.mean((students.predict(test[0]) - test[1]) ** 2, axis=1, dtype=float)
            best[better], found[better] = here[better], errors[better]

    train(students, batch, LIMITED_STEPS // every, LIMITED_RATE, look)
    return found


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Every network that `path` lacks, added to it; `steps` is 1 for all of the steps and 2 for half of them."""
    kept = Kept(path, ("limited", "d", "teacher", "size", "seed", "halved"))
    for limited, sizes in (("N", WIDTHS), ("D", SIZES)):
        for d in DIMENSIONS:
            stream = None
            for size, every in [(size, 1) for size in sizes] + [(sizes[-1], 2)]:
                # The first network of a group is written last, so that a group is complete if it is there.
                first = {"limited": limited, "d": d, "teacher": 0, "size": size, "seed": 0, "halved": every - 1}
                if first in kept:
                    continue
                if limited == "N":
                    stream = stream or Stream(d)
                    errors = limited_in_N(d, size, every, stream)
                else:
                    errors = limited_in_D(d, size, every)[:, None]
                for teacher, seed in reversed(list(np.ndindex(errors.shape))):
                    row = first | {"teacher": teacher, "seed": seed}
                    if row not in kept:
                        kept.add(row | _counts(limited, d, size, every) | {"mse": float(errors[teacher, seed])})
                say(f"networks: {limited} limited, d {d}, size {size}, {'all' if every == 1 else 'half of the'} steps")


def _counts(limited: str, d: int, size: int, every: int) -> dict[str, int]:
    """Parameters N, and data D that were seen."""
    if limited == "D":
        return {"N": parameters(d, WIDE), "D": size}
    return {"N": parameters(d, size), "D": sum(BATCHES) * STEPS // 2 // every}
