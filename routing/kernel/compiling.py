"""The words in which the kernels of this folder are written, from ``maps.compiling``.

Decides that their records are tables, one address each: a kernel is made of many functions, all of
which take the whole problem and the whole plan.
"""

from maps.compiling.kernels import (
    FLOAT,
    I1_2,
    I4_2,
    I4_3,
    I8,
    I8_2,
    I8_3,
    I8_4,
    INT,
    U8,
    kernel,
    part,
    routine,
)
from maps.compiling.tables import tables_of as record

__all__ = (
    "FLOAT",
    "I1_2",
    "I4_2",
    "I4_3",
    "I8",
    "I8_2",
    "I8_3",
    "I8_4",
    "INT",
    "U8",
    "kernel",
    "part",
    "record",
    "routine",
)
