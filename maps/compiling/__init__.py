"""Compile kernels with numba: the only package that imports it, and what it adds to it."""
