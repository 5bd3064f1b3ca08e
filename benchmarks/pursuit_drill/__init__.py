"""Drills of a subject on the run: how often a scripted operator finds him again, with the pursuit and with the nearest cameras.

The subject, the cameras' true poses and the walls are the simulated city's; what the policies know is what the registry of the demo knows.
"""
