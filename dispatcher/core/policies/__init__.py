"""The rules that planners choose between by name: when waves close, when vans charge."""
