"""What can be chosen about benchmark instances: plain words, so that --help loads nothing heavy."""

from enum import Enum


class Format(Enum):
    """The families of files. Values are the words of the command line."""

    CVRPLIB = "cvrplib"
    SOLOMON = "solomon"
    EVRPTW = "evrptw"


class Objective(Enum):
    """What counts: the distance alone, or the number of vehicles and then the distance."""

    DISTANCE = "distance"
    VEHICLES = "vehicles"


class Solver(Enum):
    """Who solves: our own search, or VROOM."""

    KERNEL = "kernel"
    VROOM = "vroom"
