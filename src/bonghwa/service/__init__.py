"""The use cases: plain functions over ports. Each takes a transaction and the city's standing facts."""
