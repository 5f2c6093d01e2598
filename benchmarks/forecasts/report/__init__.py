"""The page of the scoreboard, from the records that `benchmarks.forecasts.run` keeps."""

from benchmarks.forecasts.report.averages import HEAD, aggregate, by_data
from benchmarks.forecasts.report.halves import HALF_A, HALF_C
from benchmarks.forecasts.report.page import compared, report
from benchmarks.forecasts.report.select import APART, beside, common, filled, partly

__all__ = [
    "APART",
    "HALF_A",
    "HALF_C",
    "HEAD",
    "aggregate",
    "beside",
    "by_data",
    "common",
    "compared",
    "filled",
    "partly",
    "report",
]
