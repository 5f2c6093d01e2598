"""Parameters: N of a decoder-only transformer from its configuration, with and without embeddings.

With L layers of width d, h query heads and k key-value heads of size s, an inner width f and a vocabulary of V:

    N_no_embed = L [2 d h s + 2 d k s + m d f] + biases and norms,  N = N_no_embed + V d (twice if untied) + positions,

where m is 3 for a gated feed-forward part and 2 otherwise. For the families in FAMILIES the counts are exact; for other
models they leave out biases and norms, which are below 1 % of a model of width 256 or more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bayescale.data.logs.configuration import setting, text, truth


@dataclass(frozen=True)
class Family:
    """How a family of models differs from the plain transformer.

    Attributes
    ----------
    gated : bool, whether the feed-forward part has three matrices.
    qkv, out, mlp : bool, biases of the query, key and value maps, of the output map, of the feed-forward part.
    norm : int, vectors of length d of each normalisation: 2 with a bias, 1 without, 0 without any.
    norms : int, normalisations of a layer.
    head_norms : bool, whether queries and keys of a head are normalised.
    positions : int or None, rows of the table of positions beyond those of the configuration; None without a table.
    """

    gated: bool = True
    qkv: bool = False
    out: bool = False
    mlp: bool = False
    norm: int = 1
    norms: int = 2
    head_norms: bool = False
    positions: int | None = None


#: ``model_type`` of Hugging Face -> its family.
FAMILIES = {
    "gpt2": Family(gated=False, qkv=True, out=True, mlp=True, norm=2, positions=0),
    "gpt_neo": Family(gated=False, out=True, mlp=True, norm=2, positions=0),
    "gpt_neox": Family(gated=False, qkv=True, out=True, mlp=True, norm=2),
    "opt": Family(gated=False, qkv=True, out=True, mlp=True, norm=2, positions=2),
    "llama": Family(),
    "mistral": Family(),
    "qwen2": Family(qkv=True),
    "qwen3": Family(head_norms=True),
    "gemma": Family(),
    "gemma2": Family(norms=4),
    "olmo": Family(norm=0),
}
#: Families that share the token embedding with the output unless their configuration says otherwise.
TIED = ("gpt2", "gpt_neo", "opt", "gemma", "gemma2")
#: Numbers that the formula cannot do without -> what to call them.
NEEDED = {"layers": "number of layers", "width": "width", "vocabulary": "size of the vocabulary"}


@dataclass(frozen=True)
class Size:
    """Parameters of a model.

    Attributes
    ----------
    total : float, all parameters.
    no_embed : float, without the embeddings of tokens and positions and without an output matrix.
    counted : float, what Hugging Face counts in ``total_flos``: an output matrix of its own is included.
    words : str, how they were counted.
    """

    total: float
    no_embed: float
    counted: float
    words: str


def parameters(config: Mapping[str, Any]) -> Size | str:
    """Parameters of a decoder-only transformer, or what is missing to count them, as a phrase.

    Parameters
    ----------
    config : mapping of settings, such as ``config.json`` of a Hugging Face model.
    """
    found = {name: setting(config, name) for name in (*NEEDED, "heads", "kv_heads", "head_dim", "inner", "experts")}
    values = {name: pair[1] for name, pair in found.items() if pair is not None}
    absent = [words for name, words in NEEDED.items() if name not in values]
    if absent:
        return "no number of parameters was found" + (
            f", and no {', '.join(absent)} to count them" if len(absent) < len(NEEDED) else ""
        )
    if values.get("experts", 1) > 1:
        return "the model has experts, of which a token uses a part: state which parameters count"
    kind = str(text(config, "model_type") or "")
    return _exact(config, values, kind) if kind in FAMILIES else _plain(config, values)


def _matrices(values: Mapping[str, float], gated: bool) -> tuple[float, float, float, float]:
    """Weights of a layer; widths of its queries and of its keys; its inner width."""
    d = values["width"]
    heads = values.get("heads", 1.0)
    head = values.get("head_dim", d / heads)
    queries, keys = heads * head, values.get("kv_heads", heads) * head
    inner = values.get("inner", 4 * d)
    return 2 * d * queries + 2 * d * keys + (3 if gated else 2) * d * inner, queries, keys, inner


def _exact(config: Mapping[str, Any], values: Mapping[str, float], kind: str) -> Size:
    """Parameters of a family whose biases and norms are known."""
    family, d, L = FAMILIES[kind], values["width"], values["layers"]
    layer, queries, keys, inner = _matrices(values, family.gated)
    bias = truth(text(config, "attention_bias")) if kind in ("llama", "qwen3", "gemma", "gemma2", "gpt_neox") else None
    qkv, out = (family.qkv, family.out) if bias is None else (bias, bias)
    mlp = family.mlp or bool(kind == "llama" and truth(text(config, "mlp_bias")))
    layer += qkv * (queries + 2 * keys) + out * d + mlp * (inner * (2 if family.gated else 1) + d)
    layer += family.norms * family.norm * d + family.head_norms * 2 * values.get("head_dim", d / values["heads"])
    no_embed = L * layer + family.norm * d
    tied = truth(text(config, "tie_word_embeddings"))
    tied = kind in TIED if tied is None else tied
    place = setting(config, "positions") if family.positions is not None else None
    places = d * (place[1] + (family.positions or 0)) if place else 0.0
    table = values["vocabulary"] * d
    words = f"of the {kind} family, {int(L)} layers of width {int(d)}, embeddings {'tied' if tied else 'not tied'}"
    return Size(no_embed + table * (1 if tied else 2) + places, no_embed, no_embed + (0 if tied else table), words)


def _plain(config: Mapping[str, Any], values: Mapping[str, float]) -> Size:
    """Parameters of another model: its matrices, without biases and norms."""
    gated = "inner" in values and bool(truth(text(config, "gated")) or _is_gated(config))
    layer, *_ = _matrices(values, gated)
    no_embed, table = values["layers"] * layer, values["vocabulary"] * values["width"]
    tied = truth(text(config, "tie_word_embeddings", "tied", "tie_embeddings", "weight_tying"))
    if (untied := truth(text(config, "untie_embeddings_and_output_weights"))) is not None:
        tied = not untied
    share = "tied" if tied is None or tied else "not tied"
    said = "" if tied is not None else " (no setting says so; otherwise give tie_word_embeddings=False)"
    inner = "" if "inner" in values else ", inner width 4 times that"
    words = (
        f"matrices of {int(values['layers'])} layers of width {int(values['width'])}{inner}, "
        f"{'gated' if gated else 'two matrices in the feed-forward part'}, embeddings {share}{said}"
    )
    tied = tied is None or tied
    return Size(no_embed + table * (1 if tied else 2), no_embed, no_embed + (0 if tied else table), words)


def _is_gated(config: Mapping[str, Any]) -> bool:
    """Whether the activation is one of gated feed-forward parts."""
    words = " ".join(str(text(config, name) or "") for name in ("hidden_act", "activation", "act_fn", "swiglu"))
    return any(mark in words.lower() for mark in ("silu", "swiglu", "geglu", "true"))
