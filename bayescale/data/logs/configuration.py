"""Configuration: what settings are called by training tools, and their values as numbers."""

from collections.abc import Mapping
from typing import Any

from bayescale.data.as_numbers import as_numbers
from bayescale.data.logs.log import normal

#: Name used here -> what configurations call it, normalised (`normal`), the most telling first.
NAMES: dict[str, tuple[str, ...]] = {
    # sizes of a run
    "N": ("n_params", "num_params", "num_parameters", "n_parameters", "number_of_parameters", "total_params",
          "total_parameters", "parameter_count", "param_count", "params_count", "model_params", "model_parameters",
          "parameters", "params", "model_size"),
    "N_no_embed": ("n_non_embedding", "non_embedding_params", "non_embedding_parameters",
                   "num_params_non_embedding", "params_non_embedding", "nonembedding_params", "n_nonemb"),
    "D": ("n_tokens", "num_tokens", "train_tokens", "training_tokens", "total_tokens", "total_train_tokens",
          "tokens", "total_training_tokens", "max_tokens", "token_budget"),
    "C": ("total_flops", "total_flos", "train_flops", "training_flops", "flops"),
    # tokens of a step
    "batch_tokens": ("batch_tokens", "tokens_per_step", "tokens_per_iter", "tokens_per_iteration", "tokens_per_batch",
                     "tokens_per_update", "batch_size_tokens", "batch_size_in_tokens", "global_batch_tokens",
                     "global_batch_size_tokens", "total_batch_size_tokens", "tokens_per_optimizer_step"),
    "global_batch": ("global_batch", "global_batch_size", "effective_batch_size", "global_train_batch_size"),
    "batch_size": ("per_device_train_batch_size", "per_device_batch_size", "device_batch_size",
                   "train_micro_batch_size_per_gpu", "micro_batch_size", "batch_size", "train_batch_size", "bs",
                   "batch"),
    "accumulation": ("accumulation", "gradient_accumulation_steps", "accumulate_grad_batches", "grad_accum_steps",
                     "grad_accumulation_steps", "gradient_accumulation", "grad_accum", "accumulation_steps"),
    "devices": ("devices", "num_devices", "world_size", "ddp_world_size", "data_parallel_size", "num_gpus", "n_gpus",
                "num_processes"),
    "sequence_length": ("sequence_length", "seq_length", "seq_len", "sequence_len", "max_seq_length", "max_seq_len",
                        "block_size", "context_length", "context_len", "context_size", "ctx_len"),
    "steps": ("steps", "max_steps", "num_steps", "total_steps", "train_steps", "max_iters", "num_iterations",
              "train_iters", "total_iterations", "num_training_steps"),
    # shape of a model
    "layers": ("n_layer", "n_layers", "num_layers", "num_hidden_layers", "depth", "layers", "num_decoder_layers"),
    "width": ("n_embd", "d_model", "hidden_size", "n_embed", "model_dim", "dim", "emb_dim", "embed_dim",
              "embedding_dim", "width"),
    "heads": ("n_head", "n_heads", "num_attention_heads", "num_heads", "nhead"),
    "kv_heads": ("n_kv_head", "n_kv_heads", "num_key_value_heads", "num_kv_heads", "num_query_groups"),
    "head_dim": ("head_dim", "d_head", "kv_channels"),
    "inner": ("intermediate_size", "n_inner", "ffn_hidden_size", "d_ff", "ffn_dim", "mlp_dim", "dim_feedforward"),
    "vocabulary": ("vocab_size", "padded_vocab_size", "n_vocab", "vocabulary_size", "d_vocab"),
    "positions": ("n_positions", "max_position_embeddings"),
    "experts": ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"),
}  # fmt: skip
#: Names that `given` may have: a user states these where a log lacks them.
GIVEN = ("N", "N_no_embed", "D", "C", "steps", "batch_tokens", "batch_size", "global_batch", "sequence_length",
         "devices", "accumulation", "layers", "width", "heads", "kv_heads", "head_dim", "inner", "vocabulary",
         "tie_word_embeddings")  # fmt: skip


def setting(config: Mapping[str, Any], name: str) -> tuple[str, float] | None:
    """The key and the value of a number in a configuration, by our name; None if it is absent.

    A key counts by its whole name, or by the part after the last dot or slash, if all keys with that part agree.
    """
    if name in config and (value := number(config[name])) is not None:  # what the user has given
        return name, value
    whole: dict[str, list[str]] = {}
    last: dict[str, list[str]] = {}
    for key in config:
        whole.setdefault(normal(key), []).append(key)
        last.setdefault(normal(key.replace("/", ".").rpartition(".")[2]), []).append(key)
    for known in NAMES[name]:
        for table in (whole, last):
            values = {key: value for key in table.get(known, ()) if (value := number(config[key])) is not None}
            if values and len(set(values.values())) == 1:
                return next(iter(values.items()))
    return None


def number(value: Any) -> float | None:
    """A positive number, also as text such as ``124M``; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(as_numbers([value]).iloc[0])
    except (ValueError, TypeError):
        return None
    return found if 0 < found < float("inf") else None


def text(config: Mapping[str, Any], *names: str) -> Any:
    """The value of the first of several normalised names, whatever its type; None if all are absent."""
    by_name = {normal(key.replace("/", ".").rpartition(".")[2]): value for key, value in config.items()}
    return next((by_name[name] for name in names if by_name.get(name) is not None), None)


def truth(value: Any) -> bool | None:
    """True or False, also as text; None for anything else."""
    words = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    return words.get(str(value).strip().lower())
