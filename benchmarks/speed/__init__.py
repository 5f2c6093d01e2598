"""Speed: bayescale and its peers, each a process of its own, on the same tables of runs."""
