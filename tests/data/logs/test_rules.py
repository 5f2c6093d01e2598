"""Rules of logs: which loss, which sizes, what is asked for, and what is refused."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.data.logs.log import last_of_each_step, normal
from bayescale.data.logs.loss import points, rule_of
from bayescale.data.logs.parameters import parameters
from bayescale.data.logs.tokens import batch_tokens


def lines(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def steps(losses, name="val_loss", every=100):
    return [{"step": every * (i + 1), name: loss} for i, loss in enumerate(losses)]


SIZES = {"N": 1e6, "batch_tokens": 10}


@pytest.mark.parametrize(
    "rule, loss, step", [("last", 3.2, 400), ("min", 3.0, 300), ("mean of last 2", 3.1, 400), ("every", 4.0, 100)]
)
def test_rules(rule, loss, step, tmp_path):
    runs = bs.read(lines(tmp_path / "a.jsonl", steps([4.0, 3.5, 3.0, 3.2])), given=SIZES, loss=rule)
    assert runs["loss"].iloc[0] == pytest.approx(loss) and runs["step"].iloc[0] == step
    assert runs["D"].iloc[0] == step * 10 and len(runs) == (4 if rule == "every" else 1)


def test_unknown_rules():
    for rule in ("first", "mean of last 0", "mean", 3):
        with pytest.raises(ValueError, match="mean of last k"):
            rule_of(rule)  # pyright: ignore


def test_diverged_runs_are_left_out(tmp_path):
    lines(tmp_path / "good.jsonl", steps([4.0, float("nan"), 3.0]))
    lines(tmp_path / "bad.jsonl", steps([4.0, 3.0, float("nan")]))
    with pytest.warns(UserWarning, match=r"left out 1 run \(bad\).*diverged"):
        runs = bs.read(tmp_path, given=SIZES)
    assert runs["run"].tolist() == ["good"] and "1 values that are NaN or infinite" in "".join(runs.attrs["found"])
    with pytest.raises(ValueError, match="No run of 1 has a finite loss"), pytest.warns(UserWarning):
        bs.read(tmp_path / "bad.jsonl", given=SIZES)


def test_restart():
    values = pd.Series([4.0, 3.5, 3.0, 3.6, 3.1, 2.9], index=[100, 200, 300, 150, 250, 350.0])
    kept, dropped = last_of_each_step(values)
    assert kept.index.tolist() == [100, 150, 250, 350] and dropped == 2
    assert points(values, "min")[0][0].loss == 2.9


def test_training_and_validation_at_different_steps(tmp_path):
    rows = [{"step": s, "loss": 5 - s / 1000, "lr": 0.1} for s in range(10, 1041, 10)]
    rows += [{"step": s, "eval_loss": 5.1 - s / 1000} for s in (500, 1000)]
    runs = bs.read(lines(tmp_path / "a.jsonl", rows), given=SIZES)
    assert runs["loss"].tolist() == [pytest.approx(4.1)] and runs["step"].tolist() == [1000]
    assert runs["lr"].tolist() == [0.1] and runs["D"].tolist() == [10_000]
    train = bs.read(tmp_path / "a.jsonl", given=SIZES, columns={"loss": "loss"})
    assert train["step"].tolist() == [1040]


def test_several_losses_are_asked_for(tmp_path):
    rows = [{"step": 10, "eval/c4/loss": 3.0, "eval/pile/loss": 2.0}]
    with pytest.raises(ValueError, match="several validation losses.*c4.*pile.*Choose one: columns="):
        bs.read(lines(tmp_path / "a.jsonl", rows))
    assert bs.read(tmp_path / "a.jsonl", given=SIZES, columns={"loss": "eval/pile/loss"})["loss"].tolist() == [2.0]
    with pytest.raises(ValueError, match="No loss was found.*accuracy"):
        bs.read(lines(tmp_path / "b.jsonl", [{"step": 10, "accuracy": 0.5}]))


def test_given_is_checked(tmp_path):
    file = lines(tmp_path / "a.jsonl", steps([4.0]))
    with pytest.raises(ValueError, match="given has .*batchtokens.*wanted names among"):
        bs.read(file, given={"batchtokens": 1})
    with pytest.raises(ValueError, match=r"names the runs \['b'\]; the runs are \['a'\]"):
        bs.read(file, given={"N": {"b": 1e6}})
    (tmp_path / "t.csv").write_text("N,D,loss\n1e6,1e8,3\n")
    with pytest.raises(ValueError, match="are for logs"):
        bs.read(tmp_path / "t.csv", given={"N": 1e6})


@pytest.mark.parametrize("config, tokens, words", [
    ({"batch_tokens": 500}, 500, "batch_tokens 500"),
    ({"global_batch_size": 8, "seq_length": 16}, 128, "global_batch_size 8 × seq_length 16"),
    ({"per_device_train_batch_size": 2, "gradient_accumulation_steps": 3, "world_size": 4, "max_seq_length": 16}, 384,
     "× gradient_accumulation_steps 3 × world_size 4"),
    ({"total_batch_size": 524288, "device_batch_size": 32, "max_seq_len": 2048}, 524288, "counted in tokens"),
    ({"batch_size": 12, "block_size": 1024, "gradient_accumulation_steps": 40, "init_from": "scratch",
      "always_save_checkpoint": True}, 491_520, "covers all devices"),
    ({"train.batch_size": 4, "model.block_size": 8, "devices": 1}, 32, "no accumulation was found: taken as 1"),
])  # fmt: skip
def test_tokens_of_a_step(config, tokens, words):
    found = batch_tokens(config)
    assert not isinstance(found, str), found
    assert found.tokens == tokens and words in found.words


@pytest.mark.parametrize("config, cure", [
    ({}, "given={'batch_tokens'"),
    ({"seq_len": 8}, "given={'global_batch'"),
    ({"batch_size": 4}, "given={'sequence_length'"),
    ({"batch_size": 4, "max_position_embeddings": 1024}, "given={'sequence_length'"),  # the model's limit
    ({"batch_size": 4, "seq_len": 8}, "given={'devices'"),
    ({"total_batch_size": 64, "seq_len": 8}, "no batch size was found"),  # sequences or tokens?
])  # fmt: skip
def test_what_is_missing_is_asked_for(config, cure):
    found = batch_tokens(config)
    assert isinstance(found, str) and cure in found


# Counts that transformers 5.24 gives for models of these configurations: all, and outside of embedding tables.
COUNTED = json.loads((__import__("pathlib").Path(__file__).parent / "counted.json").read_text())


@pytest.mark.parametrize("kind", COUNTED)
def test_parameters_as_transformers_counts_them(kind):
    size = parameters(COUNTED[kind]["config"])
    assert not isinstance(size, str), size
    assert (size.total, size.counted) == (COUNTED[kind]["total"], COUNTED[kind]["outside"])


def test_parameters_of_other_models():
    size = parameters({"n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50304})
    assert not isinstance(size, str)
    assert size.no_embed == 12 * 12 * 768**2 and size.total == size.no_embed + 50304 * 768
    assert size.total == pytest.approx(123.69e6, rel=0.002)  # nanoGPT prints 123.69M with its biases and norms
    assert "give tie_word_embeddings=False" in size.words
    for config, missing in (
        ({"n_layer": 2, "n_embd": 8}, "size of the vocabulary"),
        ({"n_layer": 2, "n_embd": 8, "vocab_size": 9, "num_experts": 8}, "experts"),
    ):
        found = parameters(config)
        assert isinstance(found, str) and missing in found


def test_a_setting_that_is_ambiguous_is_not_taken():
    assert isinstance(batch_tokens({"a.batch_size": 4, "b.batch_size": 8, "seq_len": 2, "devices": 1}), str)


def test_names():
    assert {normal(name) for name in ("valLoss", "val/loss", "Val loss", "val-loss")} == {"val_loss"}


def test_folders_and_files_that_are_no_logs(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="is empty, and no log; wanted trainer_state.json"):
        bs.read(tmp_path / "empty")
    (tmp_path / "notes.md").write_text("hello")
    with pytest.raises(ValueError, match=r"files that end in \['.md'\]"):
        bs.read(tmp_path)
    (tmp_path / "trainer_state.json").write_text('{"log_history": [')
    with pytest.raises(ValueError, match="is no JSON .*earlier checkpoint"):
        bs.read(tmp_path)
    (tmp_path / "trainer_state.json").write_text("{}")
    with pytest.raises(ValueError, match="no list log_history"):
        bs.read(tmp_path / "trainer_state.json")
    (tmp_path / "a.log").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(ValueError, match="no log|no kind of table|matches"):
        bs.read(tmp_path / "a.log")


def test_mixed_folders(tmp_path):
    """A run that two tools have logged counts once; runs of several tools form one table."""
    a = tmp_path / "a"
    a.mkdir()
    history = [{"step": 10, "eval_loss": 3.0}]
    (a / "trainer_state.json").write_text(json.dumps({"global_step": 10, "log_history": history}))
    (a / "runs").mkdir()
    (a / "runs" / "metrics.csv").write_text("epoch,step,val_loss\n0,9,3.1\n")
    lines(tmp_path / "b.jsonl", steps([4.0]))
    (tmp_path / "unrelated.csv").write_text("x,y\n1,2\n")
    runs = bs.read(tmp_path, given=SIZES)
    assert runs["run"].tolist() == ["a", "b"] and runs["loss"].tolist() == [3.0, 4.0]


def test_a_large_log_is_read_line_by_line(tmp_path):
    with (tmp_path / "a.log").open("w") as file:
        for step in range(20_000):
            file.write(f"iter {step}: loss {5 - step / 1e5:.4f}, time 1.0ms, mfu 1.0%\n")
    runs = bs.read(tmp_path / "a.log", given=SIZES)
    assert runs["step"].tolist() == [19_999] and runs["loss"].tolist() == [pytest.approx(4.8)]


def test_several_paths(tmp_path):
    paths = [lines(tmp_path / f"{name}.jsonl", steps([4.0])) for name in "ab"]
    assert bs.read(paths, given=SIZES)["run"].tolist() == ["a", "b"]


def test_where_and_other_columns(tmp_path):
    rows = [{"config": {"family": "x", "lr": 0.1}}, *steps([4.0])]
    lines(tmp_path / "a.jsonl", rows)
    lines(tmp_path / "b.jsonl", [{"config": {"family": "y", "lr": 0.2}}, *steps([4.0])])
    runs = bs.read(tmp_path, given=SIZES, columns={"kind": "family"}, where="lr < 0.15")
    assert runs["kind"].tolist() == ["x"] and runs.attrs["found"]


def test_logs_can_be_fitted(tmp_path):
    rng = np.random.default_rng(1)
    for i, (N, D) in enumerate((N, D) for N in (1e7, 3e7, 1e8, 3e8) for D in (1e9, 4e9, 16e9)):
        loss = (1.7 + 400 * N**-0.34 + 410 * D**-0.28) * np.exp(0.003 * rng.standard_normal())
        lines(tmp_path / f"{i}.jsonl", [{"config": {"n_params": N, "tokens_per_step": D / 1000}},
                                       {"step": 1000, "val_loss": loss}])  # fmt: skip
    from bayescale.laws import chinchilla

    runs = bs.read(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    assert 0.2 < float(post["posterior"]["alpha_N"].median()) < 0.5 and post.attrs["runs"] == 12
