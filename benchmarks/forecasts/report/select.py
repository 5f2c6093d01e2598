"""Which records are compared: cuts at which no method failed, methods that only some data sets have."""

from collections.abc import Sequence

from benchmarks.forecasts.methods import BASE, BASE_COUNTED, DEFAULT, GIVEN, PEER, UNNAMED

#: Methods that can forecast only some of the cuts -> the heading of their section.
APART = {
    UNNAMED: "Checkpoints taken for separate runs",
    BASE_COUNTED: "Parameters counted without embeddings",
    PEER: "Beside a package",
}


def cut_of(record: dict) -> tuple:
    """Data set, group and cut of a record."""
    return record["data"], record["group"], record["cut"]


def common(records: Sequence[dict]) -> list[dict]:
    """Records of the cuts at which no method failed."""
    lost = {cut_of(record) for record in records if record["failed"]}
    return [record for record in records if cut_of(record) not in lost]


def beside(records: Sequence[dict], peer: str) -> list[dict]:
    """Records of a peer, the baseline and the default, at the cuts where the peer gives a forecast."""
    cuts = {cut_of(record) for record in records if record["method"] == peer and not record["failed"]}
    compared = (BASE, peer, GIVEN, DEFAULT)
    return common([record for record in records if record["method"] in compared and cut_of(record) in cuts])


def filled(records: Sequence[dict]) -> list[dict]:
    """The records, with the default's also as those of `GIVEN` where a table has one count of N only."""
    known, every = {cut_of(record) for record in records if record["method"] == GIVEN}, []
    for record in records:
        if record["method"] == DEFAULT and known and cut_of(record) not in known:
            every.append({**record, "method": GIVEN})
        every.append(record)
    return every


def partly(records: Sequence[dict]) -> list[str]:
    """Methods, those of `APART` aside, that were scored on some of the data sets only."""
    sets: dict[str, set[str]] = {}
    for record in records:
        sets.setdefault(record["method"], set()).add(record["data"])
    return [method for method, some in sets.items() if method not in APART and some < set.union(*sets.values())]


def on_one_count(records: Sequence[dict]) -> list[dict]:
    """The records, with those of `BASE_COUNTED` in place of the baseline's where they exist."""
    counted = {cut_of(record) for record in records if record["method"] == BASE_COUNTED}
    kept = [record for record in records if record["method"] != BASE or cut_of(record) not in counted]
    return [{**record, "method": BASE} if record["method"] == BASE_COUNTED else record for record in kept]
