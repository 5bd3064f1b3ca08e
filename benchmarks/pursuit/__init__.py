"""How well a pursuit watches: simulated and real subjects, the same luck for every policy, the ceiling of watching everything.

`python -m benchmarks.pursuit [--quick] [--city NAME...] [--cell NAME...] [--policy NAME...] [--each N] [--json] [--plots FOLDER]`.

What moves and what is seen (`cities`, `views`, `truth`, `families`, `scenarios`, `play`) was written before the filter was tuned and
shares no code with it beyond the data types `Roads` and `Coverage`. `frozen` says the SHA-256 of those files and of the data in every
table. Nothing of the filter may be tuned on these scenarios. Cities: `junggu` is in the package, the others are read at
`../shared/data` (or BONGHWA_BENCH_DATA) and are skipped, and said to be, where that is missing.
"""
