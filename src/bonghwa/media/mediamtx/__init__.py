"""MediaMTX as the engine: it moves the pictures, the gateway says who may see them and makes sure that they end."""
