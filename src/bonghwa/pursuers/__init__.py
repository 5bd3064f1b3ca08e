"""The pursuers: processes that reckon pursuits, so that nothing of it waits in the hub's loop, and what speaks to them."""
