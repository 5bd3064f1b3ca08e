"""The simulated city: cameras, callers, sensors and walking subjects for the demo, drills and tests.

It stands apart from the system and speaks to it through outside faces only: RTSP, the HTTP API and MQTT. Never in production.
"""
