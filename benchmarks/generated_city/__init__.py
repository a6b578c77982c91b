"""A city that no map shows, of any size: written as an OpenStreetMap extract, read like any other.

Real extracts of a large city are not to be had everywhere; this one is the same on every machine.
"""
