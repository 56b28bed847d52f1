# `make run` starts the site, `make test` tests it; both install what is missing first.
# Settings come from the environment or as in `make run PORT=8001`; see docs/configuration.md.

PYTHON = .venv/bin/python
# `make evaluate` and `make weights`: where the folders of MIDI lie, or the .npz that `python -m ml
# prepare` made of them.
DATA = data
DATA_concert = $(DATA)/maestro-v3
DATA_open = $(DATA)/piano-midi-de
SET_concert = maestro
SET_open = piano-midi-de
# Trainings, each of which goes on from the one before.
STAGES_concert = 1 2 3 4 5
TRAIN_concert_1 = --units 384 --steps 2970
TRAIN_concert_2 = --lanes 96 --window 40 --rate 1.5e-3 --steps 3950
VARIED = --transpose 5 --stretch 0.05 --processes 2
TRAIN_concert_3 = --lanes 96 --window 40 --rate 1.5e-3 $(VARIED) --steps 6500
LONG = --lanes 64 --window 120 --decay 0.15
TRAIN_concert_4 = $(LONG) --rate 1.5e-3 $(VARIED) --steps 3100
TRAIN_concert_5 = $(LONG) --rate 1.2e-3 $(VARIED) --steps 2850
STAGES_open = 1
TRAIN_open_1 = --units 192 --lanes 32 --window 64 --transpose 3 --steps 1284
SAMPLES = 20
MODELS = $(basename $(notdir $(wildcard ml/weights/*.keras)))
REPORTS = $(MODELS:%=var/figures/%.json)

.PHONY: run test admin setup setup-dev check format evaluate weights screenshots clean help FORCE

run: setup ## start the site: Redis, web server, composer, reconciler
	@$(PYTHON) deploy/run.py

test: setup-dev ## run all checks and tests; one of them by ARGS="tests/test_journey.py"
	@$(MAKE) --no-print-directory check
	$(PYTHON) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

admin: setup ## create a staff account
	@$(PYTHON) deploy/prepare.py
	@deploy/admin

setup: ## install system packages, virtual environment, soundfont, secret key
	@python3 deploy/setup.py

setup-dev:
	@python3 deploy/setup.py --dev

check: ## what needs no tests to be seen wrong
	$(PYTHON) manage.py check
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

format: ## lay the code out as the house does
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

evaluate: $(REPORTS) ## measure the shipped models by DATA=DIR, remake tables of docs/music.md
	$(PYTHON) bench/tables.py docs/music.md $(REPORTS)

var/figures/%.json: setup FORCE
	@mkdir -p var/figures
	$(PYTHON) -m ml evaluate $(DATA_$*) --model ml/weights/$*.keras --split --baselines \
		--samples $(SAMPLES) --json > $@.part
	@mv $@.part $@

weights: weights-concert weights-open ## train the shipped models anew from DATA=DIR (hours), and make their cards

define train_stage
	$(PYTHON) -m ml train var/runs/$(1).npz --output var/runs/$(1)-$(2) --minutes 10000 $(TRAIN_$(1)_$(2)) \
		$(if $(filter-out 1,$(2)),--from var/runs/$(1)-$$(($(2) - 1))/best.keras)

endef

weights-%: setup
	@mkdir -p var/runs
	$(PYTHON) -m ml prepare $(DATA_$*) --output var/runs/$*.npz
	$(foreach stage,$(STAGES_$*),$(call train_stage,$*,$(stage)))
	cp var/runs/$*-$(lastword $(STAGES_$*))/best.keras ml/weights/$*.keras
	@$(MAKE) --no-print-directory var/figures/$*.json
	$(PYTHON) -m ml card ml/weights/$*.keras --data $(SET_$*) --corpus var/runs/$*.npz \
		--run-folder var/runs/$*-$(lastword $(STAGES_$*)) \
		$(foreach stage,$(filter-out $(lastword $(STAGES_$*)),$(STAGES_$*)),--after var/runs/$*-$(stage)) \
		--figures var/figures/$*.json --output ml/weights/$*.json
	$(PYTHON) bench/curves.py

screenshots: setup-dev ## picture every page into var/screenshots; some of them by ARGS="piece compose"
	$(PYTHON) bench/screenshots.py $(ARGS)

clean: ## remove what tools leave behind; never var/, where the pieces are
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /	/' | expand -t 13
