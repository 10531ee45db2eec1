# Everything a developer runs. `just` alone lists it.
set positional-arguments

python := env_var_or_default("PYTHON", "python3")

default:
    @just --list

# show the product working: a sample document, a host, and a second peer over real WebRTC
demo *args:
    chatter-tui demo "$@"

# the tests; arguments go to pytest. Many wait for processes: one more at a time than there are processors
test *args:
    pytest -n $(($(nproc) + 1)) --dist worksteal "$@"

# what CI runs: format, lint, types, import contracts, tests
check: lint test

# everything but the tests
lint:
    ruff format --check
    ruff check
    mypy
    lint-imports

# put code into shape
format:
    ruff check --fix
    ruff format

# the long run: a million attacks on the authority, a thousand sessions, hosts killed over and over
soak *args:
    CHATTER_HOSTILE=1000000 CHATTER_SESSIONS=1000 CHATTER_YJS_SESSIONS=200 CHATTER_SOAK=500 \
        CHATTER_RESTORED=2000 pytest -n auto --timeout=0 --hypothesis-profile=soak tests/authority \
        tests/session/test_divergence.py tests/e2e/test_durability.py "$@"

# the benchmarks; their figures are kept in docs/benchmarks.md
bench *args:
    {{ python }} -m tests.benchmarks "$@"

# rewrite the snapshots after looking at what changed
snapshots:
    pytest tests --snapshot-update
    git status --short snapshots

# docs/keys.md and docs/plain.md anew, from the commands there are
keys:
    {{ python }} -m scripts.keys

# the pictures of README and guide anew, from the real screen
pictures:
    {{ python }} -m scripts.pictures
