# Makefile - names for what people do; the work is in scripts/ and CMakePresets.json.

.PHONY: help run dev local-dev setup prod logs health create-key list-keys stats demo-savings build install deb test test-long \
        test-room lint bench bench-curves bench-instructions features format clean packages

help: ## list these targets
	@sed -nE 's/^([a-z -]+):[^#]*## (.*)/\1|\2/p' Makefile | awk -F'|' '{ printf "%-24s %s\n", "  make " $$1, $$2 }'

run: ## install, build, start simulator and server with a demo key, stay until Ctrl-C
	@exec scripts/run.sh

dev: ## the same with everything logged, and shown (also: local-dev)
	@exec scripts/run.sh dev

local-dev: dev

setup: ## install, build, begin a .env file for the first settings
	@exec scripts/manage.sh setup

prod: ## run with production settings: containers where docker is, else here until Ctrl-C
	@exec scripts/manage.sh prod

logs: ## follow what the running server logs
health: ## ask the running server how it is; fails where it is not well
list-keys: ## the clients' keys, with limits and usage
stats: ## requests, hits, money spent and saved
logs health list-keys stats:
	@exec scripts/manage.sh $@

create-key: ## make a client's key: NAME=my_app; KEY=... where clients bring their key of the paid API
	@exec scripts/manage.sh create-key

demo-savings: ## replay one made-up day and say what it cost, and what it would have cost: REQUESTS=20000 SEED=1
	@exec scripts/demo-savings.sh

build: packages ## build the programs into build/bin/
	@exec scripts/build.sh release

install: build ## install programs, systemd unit, examples and pages: PREFIX=/usr/local DESTDIR=
	@DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(or $(PREFIX),/usr/local)'

deb: build ## make a Debian package of it in build/package/
	@scripts/install-packages.sh deb
	@cpack --config build/release/CPackConfig.cmake -B build/package

test: ## all tests but the long ones; at most 15 minutes on two cores
	@exec scripts/test.sh quick

test-long: ## sanitizers over everything, fuzzing, kill tests, whole-tree lint; at most 45 minutes
	@exec scripts/test.sh long

test-room: ## the tests of one room or file: ROOM=gateway.near, ROOM=scenario.cache.purge
	@[ -n "$(ROOM)" ] || { echo 'which room? make test-room ROOM=gateway.near' >&2; exit 2; }
	@scripts/build.sh dev && ctest --preset dev --parallel 2 --tests-regex '$(ROOM)'

lint: ## what the compiler cannot check: rooms, comments, names, layout, clang-tidy, cppcheck
	@scripts/install-packages.sh run test lint
	@scripts/build.sh dev && ctest --preset dev --label-regex lint

bench: build ## compare with nginx, nginx and Lua, Varnish, FastAPI and a bare responder; then the curves
	@scripts/install-packages.sh bench
	@failed=0; tests/bench/run.sh || failed=1; tests/bench/curves.sh || failed=1; exit $$failed

bench-curves: build ## what a miss adds, and what hits cost as entries, keys and routes grow
	@scripts/install-packages.sh bench
	@exec tests/bench/curves.sh

bench-instructions: build ## count the instructions of a hit, repeatably
	@scripts/install-packages.sh bench
	@exec tests/bench/callgrind.sh rentcache

features: ## make docs/feature-rows.md from docs/features.tsv and the tests
	@exec scripts/features.sh

format: ## lay out every C file as .clang-format says
	@git ls-files --cached --others --exclude-standard '*.c' '*.h' | xargs -r clang-format -i

clean: ## remove everything that was built, and the data of make run
	@rm -rf build

packages:
	@exec scripts/install-packages.sh run
