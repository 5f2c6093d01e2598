"""Readers: the logs of each tool, in the form in which the tool writes them, give the right table."""

import json
import os
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

import bayescale as bs

LLAMA = {
    "model_type": "llama", "hidden_size": 16, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 50, "tie_word_embeddings": False, "max_position_embeddings": 128,
}  # fmt: skip


def read(path, **options) -> pd.DataFrame:
    """The table, if nothing had to be warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return bs.read(path, **options)


def said(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["found"])


def state(folder: Path, step: int, **more) -> None:
    """A trainer_state.json of `step` steps."""
    folder.mkdir(parents=True)
    history = [{"step": s, "loss": 4.0 - s / 100, "learning_rate": 1e-3} for s in range(5, step + 1, 5)]
    history += [{"step": s, "eval_loss": 4.1 - s / 100} for s in range(10, step + 1, 10)]
    history += [{"step": step, "train_loss": 3.95, "train_runtime": 1.0, "total_flos": more.get("total_flos", 0)}]
    content = {"global_step": step, "log_history": history, "train_batch_size": 4, **more}
    (folder / "trainer_state.json").write_text(json.dumps(content))


def test_hugging_face_counts_tokens_by_its_flop(tmp_path):
    # 7,024 parameters outside of the embedding table, as transformers counts this model; 5,120 tokens
    state(tmp_path / "small", 20, total_flos=6.0 * 7024 * 5120)
    state(tmp_path / "small" / "checkpoint-10", 10, total_flos=3.0 * 7024 * 5120)
    (tmp_path / "small" / "checkpoint-10" / "config.json").write_text(json.dumps(LLAMA))
    runs = read(tmp_path)
    assert runs["run"].tolist() == ["small"] and runs["step"].tolist() == [20]
    assert runs["loss"].tolist() == [pytest.approx(3.9)]  # eval_loss, not the mean train_loss
    assert runs["N"].tolist() == [7824] and runs["N_no_embed"].tolist() == [6224]  # 50 x 16 twice: not tied
    assert runs["D"].tolist() == [pytest.approx(5120)]
    assert runs["hidden_size"].tolist() == [16] and "total_flos / (6 × 7,024" in said(runs)
    assert bs.read(tmp_path, loss="every")["D"].tolist() == pytest.approx([2560, 5120])


def test_hugging_face_prefers_tokens_it_has_counted(tmp_path):
    state(tmp_path / "a", 20, num_input_tokens_seen=4000)
    runs = read(tmp_path, given={"N": 1e6}, columns={"loss": "loss"})
    assert runs["D"].tolist() == [4000] and runs["loss"].tolist() == [pytest.approx(3.8)]
    assert runs["C"].tolist() == [6 * 1e6 * 4000] and "C: 6ND" in said(runs)


@pytest.fixture
def tensorboard(tmp_path):
    """Writes event files: (run, suffix, {tag: {step: value}})."""
    pytest.importorskip("tensorboard", reason="event files need the extra logs")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    def write(run, suffix, tags):
        writer = EventFileWriter(str(tmp_path / run), filename_suffix=suffix)
        for tag, values in tags.items():
            for step, value in values.items():
                summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
                writer.add_event(Event(step=step, wall_time=1.0, summary=summary))
        writer.close()

    return write


def test_tensorboard_resumed_run(tensorboard, tmp_path):
    tensorboard("d12", ".1", {"val/loss": {500: 4.0, 1000: 3.0}, "train/loss": {990: 2.9}})
    tensorboard("d12", ".2", {"val/loss": {900: 3.5, 1400: 3.25}})
    tensorboard("d16", ".1", {"val/loss": {500: 3.75}})
    runs = read(tmp_path, given={"N": {"d12": 1e6, "d16": 2e6}, "batch_tokens": 100})
    assert runs["run"].tolist() == ["d12", "d16"] and runs["loss"].tolist() == [3.25, 3.75]
    assert runs["D"].tolist() == [140_000, 50_000] and runs["N"].tolist() == [1e6, 2e6]
    assert "logged again after a restart" in said(runs)
    every = read(tmp_path, given={"N": 1e6, "batch_tokens": 100}, loss="every")
    assert every.loc[every["run"] == "d12", "step"].tolist() == [500, 900, 1400]


def test_tensorboard_damaged_file(tensorboard, tmp_path):
    tensorboard("a", ".1", {"val/loss": {s: 4.0 - s / 100 for s in range(10, 60, 10)}})
    file = next((tmp_path / "a").iterdir())
    file.write_bytes(file.read_bytes()[:-9])
    runs = read(tmp_path, given={"N": 1e6, "batch_tokens": 100})
    assert runs["step"].tolist() == [40]
    file.write_bytes(b"not an event file at all")
    with pytest.raises(ValueError, match="no scalar"):
        bs.read(file)


def test_lightning(tmp_path):
    folder = tmp_path / "lightning_logs" / "version_0"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(
        "epoch,step,train_loss,val_loss\n0,49,2.62,\n0,99,2.48,\n0,99,,2.39\n1,149,2.3,\n1,199,,2.1\n"
    )
    (folder / "hparams.yaml").write_text("n_embd: 64\nn_layer: 2\nvocab_size: 100\nbatch_size: 4\nblock_size: 8\n")
    pytest.importorskip("yaml", reason="hparams.yaml needs the extra logs")
    runs = read(tmp_path, given={"devices": 2})
    assert runs["loss"].tolist() == [2.1] and runs["D"].tolist() == [200 * 4 * 8 * 2]  # step 199 is the 200th
    assert runs["N_no_embed"].tolist() == [12 * 2 * 64**2] and runs["N"].tolist() == [12 * 2 * 64**2 + 100 * 64]
    assert "(step + 1) × batch_size 4 × block_size 8 × devices 2 (no accumulation was found: taken as 1)" in said(runs)
    with pytest.warns(UserWarning, match="given={'devices'"):
        assert "D" not in bs.read(tmp_path)


def test_mlflow_file_store(tmp_path):
    for name, batch in (("one", 4), ("two", 8)):
        folder = tmp_path / "mlruns" / "0" / f"id_{name}"
        for part in ("metrics/val", "params", "tags"):
            (folder / part).mkdir(parents=True)
        (folder / "meta.yaml").write_text(f"run_id: id_{name}\nstatus: 3\n")
        (folder / "metrics" / "val" / "loss").write_text("1700000000000 4.0 50\n1700000000001 3.5 100\n")
        for key, value in {"n_params": "124M", "batch_size": batch, "seq_len": 16, "world_size": 2}.items():
            (folder / "params" / key).write_text(str(value))
        (folder / "tags" / "mlflow.runName").write_text(name)
    runs = read(tmp_path)
    assert runs["run"].tolist() == ["one", "two"] and runs["N"].tolist() == [124e6, 124e6]
    assert runs["D"].tolist() == [100 * 4 * 16 * 2, 100 * 8 * 16 * 2] and runs["loss"].tolist() == [3.5, 3.5]
    (tmp_path / "mlruns" / "0" / "id_one" / "metrics" / "val" / "loss").write_text("1700000000000 x\n")
    with pytest.raises(ValueError, match="wanted 'time value step'"):
        bs.read(tmp_path)


def test_mlflow_database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as base, base:
        base.execute("CREATE TABLE runs (run_uuid, name, status, lifecycle_stage)")
        base.execute("CREATE TABLE params (key, value, run_uuid)")
        base.execute("CREATE TABLE metrics (key, value, timestamp, run_uuid, step, is_nan)")
        for run, stage in (("a", "active"), ("b", "active"), ("gone", "deleted")):
            base.execute("INSERT INTO runs VALUES (?, ?, 'FINISHED', ?)", (run, f"run-{run}", stage))
            for key, value in (("n_params", "1e6"), ("tokens_per_step", "1000")):
                base.execute("INSERT INTO params VALUES (?, ?, ?)", (key, value, run))
            for step in (10, 20):
                nan = run == "b" and step == 20
                base.execute(
                    "INSERT INTO metrics VALUES ('val/loss', ?, ?, ?, ?, ?)", (4 - step / 10, step, run, step, nan)
                )
    with pytest.warns(UserWarning, match=r"left out 1 run \(run-b\).*diverged"):
        runs = bs.read(tmp_path)
    assert runs[["run", "N", "D", "loss"]].values.tolist() == [["run-a", 1e6, 20_000, 2.0]]
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 100)
    with pytest.raises(ValueError, match="no database of MLflow"):
        bs.read(tmp_path / "mlflow.db")


def test_mlflow_export(tmp_path):
    table = pd.DataFrame({
        "run_id": ["x", "y", "z"], "status": ["FINISHED", "FINISHED", "FAILED"], "metrics.val_loss": [3.5, 3.0, None],
        "params.n_params": [1e6, 2e6, 3e6], "params.n_tokens": [1e8, 1e8, 1e8], "params.lr": [1e-3, 1e-3, 1e-3],
    })  # fmt: skip
    table.to_csv(tmp_path / "runs.csv")
    with pytest.warns(UserWarning, match=r"left out 1 run \(z\)"):
        runs = bs.read(tmp_path / "runs.csv")
    assert runs["D"].tolist() == [1e8, 1e8] and runs["lr"].tolist() == [1e-3, 1e-3]
    with pytest.warns(UserWarning):
        named = bs.read(tmp_path / "runs.csv", columns={"N": "params.n_tokens", "loss": "metrics.val_loss"})
    assert named["N"].tolist() == [1e8, 1e8] and named["loss"].tolist() == [3.5, 3.0]


def test_wandb_runs_table_and_chart(tmp_path):
    pd.DataFrame({
        "Name": ["d12", "d16"], "State": ["finished", "crashed"], "Created": ["today", "today"], "depth": [12, 16],
        "num_params": [1e8, 2e8], "tokens_per_step": [1000, 1000], "_step": [5, 6], "iter": [4000, 3000],
        "val/loss": [3.4, 3.2],
    }).to_csv(tmp_path / "runs.csv", index=False)  # fmt: skip
    runs = read(tmp_path / "runs.csv")
    assert runs["N"].tolist() == [1e8, 2e8] and runs["D"].tolist() == [4e6, 3e6] and runs["depth"].tolist() == [12, 16]
    assert "state crashed" in said(runs)
    (tmp_path / "chart.csv").write_text(
        '"Step","d12 - val/loss","d12 - val/loss__MIN","d12 - val/loss__MAX","a - b - val/loss"\n'
        '"250","4.81","4.81","4.81","5"\n"500","4.12","4.12","4.12",""\n'
    )
    chart = read(tmp_path / "chart.csv", given={"N": {"d12": 1e8, "a - b": 2e8}, "batch_tokens": 1000})
    assert chart[["run", "loss", "D"]].values.tolist() == [["d12", 4.12, 5e5], ["a - b", 5.0, 2.5e5]]


def test_wandb_runs_table_with_the_tokens_that_a_run_has_seen(tmp_path):
    """A count of tokens seen is D, also of a run that did not end; "tokens" alone may be a plan."""
    rows = [
        {
            "Name": "a",
            "State": "crashed",
            "Created": "today",
            "n_params": 1e7,
            "train/tokens_seen": 2e8,
            "val/loss": 4.0,
        },
        {
            "Name": "b",
            "State": "finished",
            "Created": "today",
            "n_params": 1e8,
            "train/tokens_seen": 3e9,
            "val/loss": 3.0,
        },
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "runs.csv", index=False)
    runs = read(tmp_path / "runs.csv")
    assert runs["D"].tolist() == [2e8, 3e9] and "D: train/tokens_seen" in said(runs)
    pd.DataFrame(rows).rename(columns={"train/tokens_seen": "tokens"}).to_csv(tmp_path / "plan.csv", index=False)
    assert "D: tokens" in said(read(tmp_path / "plan.csv"))


def test_wandb_runs_table_of_a_trainer(tmp_path):
    """W&B has a Trainer's settings, the model's and total_flos, but no number of devices."""
    row = {"Name": "a", "State": "finished", "Created": "today", "per_device_train_batch_size": 4, "_step": 3,
           "train/global_step": 20, "eval/loss": 3.9, "train/total_flos": 6.0 * 7024 * 5120, **LLAMA}  # fmt: skip
    pd.DataFrame([row]).to_csv(tmp_path / "runs.csv", index=False)
    runs = read(tmp_path / "runs.csv")
    assert runs[["N", "D", "loss", "step"]].values.tolist() == [[7824, pytest.approx(5120), 3.9, 20]]


def test_wandb_chart_with_runs_table(tmp_path):
    """A chart has the history, the runs table the settings: together they need nothing else."""
    (tmp_path / "chart.csv").write_text(
        '"Step","d12 - val/loss","d12 - val/loss__MIN","d16 - val/loss","d16 - val/loss__MIN"\n'
        '"250","4.81","4.81","4.5","4.5"\n"500","NaN","NaN","4.1","4.1"\n'
    )
    pd.DataFrame({
        "Name": ["d12", "d16"], "State": ["finished"] * 2, "Created": ["today"] * 2, "num_params": [1e8, 2e8],
        "tokens_per_step": [1000, 1000],
    }).to_csv(tmp_path / "runs.csv", index=False)  # fmt: skip
    for path in (tmp_path, [tmp_path / "chart.csv", tmp_path / "runs.csv"]):
        with pytest.warns(UserWarning, match=r"left out 1 run \(d12\).*diverged"):
            runs = bs.read(path)
        assert runs[["run", "N", "D", "loss"]].values.tolist() == [["d16", 2e8, 5e5, 4.1]]


def test_wandb_folder_of_a_run(tmp_path):
    files = tmp_path / "run-1" / "files"
    files.mkdir(parents=True)
    (files / "wandb-summary.json").write_text(json.dumps({"_step": 9, "iter": 900, "val/loss": 3.5, "_runtime": 1.0}))
    (files / "config.yaml").write_text("wandb_version: 1\nn_params:\n  value: 1000000\ntokens_per_step:\n  value: 10\n")
    pytest.importorskip("yaml", reason="config.yaml needs the extra logs")
    assert read(tmp_path)[["run", "N", "D", "loss"]].values.tolist() == [["run-1/files", 1e6, 9000, 3.5]]


def test_wandb_history(tmp_path):
    rows = [{"_step": i, "_timestamp": 1.0, "iter": 100 * i, "val/loss": 5 - i / 10} for i in range(5)]
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + '\n{"_step": 5, "val/lo')
    runs = read(file, given={"N": 1e6, "batch_tokens": 10})
    assert runs["step"].tolist() == [400] and runs["D"].tolist() == [4000] and "incomplete" in said(runs)
    file.write_text('{"_step": 1}\nbroken\n{"_step": 2}\n')
    with pytest.raises(ValueError, match="Line 2"):
        bs.read(file)


def test_json_lines_of_runs_are_a_table(tmp_path):
    rows = [{"N": 1e6, "D": 1e8, "loss": 3.5}, {"N": 2e6, "D": 1e8, "loss": 3.2}]
    (tmp_path / "sweep.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert read(tmp_path / "sweep.jsonl")["loss"].tolist() == [3.5, 3.2]


TEXTS = {
    "nanoGPT": (
        "tokens per iteration will be: 491,520\nnumber of parameters: 123.59M\n"
        "step 0: train loss 10.98, val loss 10.99\niter 0: loss 10.98, time 320.1ms, mfu -100.00%\n"
        "step 500: train loss 4.50, val loss 4.52\n",
        (123.59e6, 500 * 491_520, 4.52),
    ),
    "nanochat": (
        "Number of parameters: 560,988,160\nTotal batch size 524,288 => gradient accumulation steps: 32\n"
        "step 00001/21400 (0.00%) | loss: 10.5 | lrm: 1.00 | dt: 500.00ms | tok/sec: 1,000\n"
        "Step 00250 | Validation bpb: 1.2\nstep 00250/21400 (1.17%) | loss: 5.25 | lrm: 1.00 | dt: 500.00ms\n",
        (560_988_160, 250 * 524_288, 5.25),
    ),
    "llm.c": (
        "| num_parameters        | 124475904                                          |\n"
        "batch_size B=64 * seq_len T=1024 * num_processes=1 and total_batch_size=524288\nval loss 11.0\n"
        "step    1/18865 | loss 10.9 (+nanz)| norm 15.3 (+nanz)| lr 8.57e-07 | 3000.ms | 174000 tok/s\n"
        "step  250/18865 | loss 5.9 (+0.1z)| norm 1.3 (+0.1z)| lr 6.0e-04 | 3000.ms | 174000 tok/s\nval loss 6.25\n",
        (124_475_904, 250 * 524_288, 6.25),
    ),
    "Megatron": (
        "  num_layers ........................ 2\n  hidden_size ....................... 64\n"
        "  padded_vocab_size ................. 128\n  seq_length ........................ 32\n"
        "[2025-01-01 10:00:00] iteration      100/     500 | consumed samples:        25600 | learning rate: 1.5E-04 | "
        "global batch size:   256 | lm loss: 6.500000E+00 | loss scale: 1.0 |\n"
        "[2025-01-01 10:00:10] iteration      200/     500 | consumed samples:        51200 | learning rate: 1.5E-04 | "
        "global batch size:   256 | lm loss: 5.500000E+00 | loss scale: 1.0 |\n"
        " validation loss at iteration 200 | lm loss value: 5.600000E+00 | lm loss PPL: 2.7E+02 |\n",
        (12 * 2 * 64**2 + 128 * 64, 51_200 * 32, 5.6),
    ),
}


@pytest.mark.parametrize("tool", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_logs(tool, encoding, tmp_path):
    text, (N, D, loss) = TEXTS[tool]
    (tmp_path / "train.log").write_text("\x1b[32mstarting\x1b[0m …\r\n" + text, encoding=encoding)
    runs = read(tmp_path / "train.log")
    assert runs[["run", "N", "D", "loss"]].values.tolist() == [["train", N, D, loss]]


def test_text_log_by_own_pattern(tmp_path):
    (tmp_path / "a.txt").write_text("update=10 nats=4.5\nupdate=20 nats=4.0\n")
    runs = read(
        tmp_path / "a.txt", pattern=r"update=(?P<step>\d+) nats=(?P<loss>[\d.]+)", given={"N": 1e6, "batch_tokens": 8}
    )
    assert runs["D"].tolist() == [160] and runs["loss"].tolist() == [4.0]
    with pytest.raises(ValueError, match="wanted step and a metric"):
        bs.read(tmp_path / "a.txt", pattern="nats")
    with pytest.raises(ValueError, match="no regular expression"):
        bs.read(tmp_path / "a.txt", pattern="(?P<step>")


@pytest.fixture(scope="module")
def cases():
    folder = Path(os.environ.get("BAYESCALE_CASES") or "absent") / "logs"
    if not folder.is_dir():
        pytest.skip("BAYESCALE_CASES names no folder with the cases of public reports")
    return folder


@pytest.mark.parametrize("name, given, loss, D", [
    ("trainer_state.json", {"N": 1e8}, 0.427, 1145333644001280 * 40 / 45 / 6e8),
    ("lightning_metrics.csv", {"N": 1e6, "batch_size": 2, "sequence_length": 8, "devices": 1}, 1.9022, 400 * 16),
    ("tb", {"N": 1e6, "batch_tokens": 1000}, 3.5, 2_000_000),
    ("wandb_chart.csv", {"N": 1e6, "batch_tokens": 1000}, 3.45, 2_000_000),
    ("nanogpt.log", {"N": 1e6, "batch_tokens": 1000}, 4.523, 500_000),
])  # fmt: skip
def test_logs_of_public_reports(cases, name, given, loss, D):
    if name == "tb":
        pytest.importorskip("tensorboard", reason="event files need the extra logs")
    runs = read(cases / name, given=given)
    assert runs["loss"].iloc[0] == pytest.approx(loss, abs=1e-3) and runs["D"].iloc[0] == pytest.approx(D)
    with pytest.warns(UserWarning, match="is missing"):
        assert "N" not in bs.read(cases / name)


def test_export_of_a_public_report(cases):
    with pytest.warns(UserWarning, match="left out 1 run"):
        runs = bs.read(cases.parent / "20-mlflow-export.csv")
    assert len(runs) == 7 and runs["N"].iloc[0] == 29442048 and runs["loss"].min() == 2.702
