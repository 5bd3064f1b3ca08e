"""The demo: a data folder made ready, and hub, gateways and simulated city brought up on one machine."""
