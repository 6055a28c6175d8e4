# Two commands on a fresh machine: `make demo` and `make test`. Both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := demo
JOBS   ?= 2

.PHONY: setup demo test lint check clean help

help:            ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(VENV)/.installed   ## virtual environment with everything in it

$(VENV)/.installed: pyproject.toml scripts/setup.sh
	bash scripts/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $@

demo: setup      ## simulate three interviews, screen them, say where the reports are
	$(BIN)/clinic simulate --out $(DEMO)/interviews --participants 3 --seed 47 --workers $(JOBS) \
	  interview.n_topics=24 media.frame_rate_hz=10
	$(BIN)/clinic screen $(DEMO)/interviews --out $(DEMO)/results --workers $(JOBS)
	@echo "Open $(DEMO)/results/<recording>/report.pdf; tables: $(DEMO)/results/results.csv"

lint: setup      ## style, types and layer contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup lint ## every test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: test

clean:           ## remove environment, caches and demonstration output
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
