"""The rules: pure, standard library only. No I/O, clock, randomness or environment; pass `now`."""
