.PHONY: check test format docs pins

check:  ## lint, types, layers, docstrings: what CI does besides the tests
	uv run ruff check .
	uv run ruff format --check .
	uv run mypy
	uv run lint-imports --no-logo
	uv run numpydoc lint $$(find maps routing vehicles dispatcher simulations -name '*.py')
	uv run python .ci/docs.py --check

test:  ## every test
	uv run pytest

format:  ## put the sources into shape
	uv run ruff check --fix .
	uv run ruff format .

docs:  ## write the pages of docs/ that repeat what the sources say
	uv run python .ci/docs.py

pins:  ## write the versions of uv.lock into pyproject.toml; `make pins UPGRADE=1` for newer ones
	uv run python .ci/pins.py $(if $(UPGRADE),--upgrade)
