"""Coverage-guided fuzzing of what strangers can send. One module a subject: its `SEEDS`, and `fuzz(data)` that may raise nothing.

`scripts/fuzz SECONDS [NAME...]` runs them; tests/media/test_fuzz_seeds.py keeps them working.
"""
