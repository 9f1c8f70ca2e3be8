# What can be done here. `make` alone lists it.
# Whatever needs a tool that is missing installs it first, from the distribution's packages; nothing else needs root.

.DEFAULT_GOAL := help
.PHONY: help needs demo test test-store bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

needs:
	@tests/setup/install-build-needs.sh

demo: needs ## build, then the main job in a scratch root on real input: check, repair, check, status
	tests/demo/run.sh

test: needs test-store ## formatting, lints, shellcheck, every test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	find . -name target -prune -o -name '*.sh' -print0 | xargs -0 shellcheck .ci/run
	cargo test --workspace --locked

test-store: needs ## the real policy store that demo and tests copy, made once
	tests/setup/policy-store.sh

bench: needs test-store ## what it costs: CPU time of a check, of the fault store
	cargo run --release --locked --package hostprep-tests --example check_cost
	cargo run --release --locked --package hostprep-faults --example figures

clean: ## remove everything that was built or fetched
	cargo clean
	rm -rf target
