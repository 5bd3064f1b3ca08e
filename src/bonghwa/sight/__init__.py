"""Which cameras can see a place, and which of them to open. numpy and numba; kernels compile on first use and stay cached."""
