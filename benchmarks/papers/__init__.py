"""Published results, reproduced: one module for each paper, with its SOURCE and ``claims(store)``."""

#: In the order of the report.
PAPERS = (
    "kaplan2020",
    "brown2020",
    "henighan2020",
    "hoffmann2022",
    "besiroglu2024",
    "pearce2024",
    "clark2022",
    "alabdulmohsin2022",
    "muennighoff2023",
    "dey2023",
    "gadre2024",
    "porian2024",
    "llama2024",
    "gemstones2025",
    "delphi2026",
)
