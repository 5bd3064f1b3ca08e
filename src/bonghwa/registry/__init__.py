"""Camera files in: the national standard CSV and surveys, their dirt, their difference from what is known, and what the city can see."""
