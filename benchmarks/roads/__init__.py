"""Measures the road network side by side with what a user would pick instead."""
