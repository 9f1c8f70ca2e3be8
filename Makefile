# What can be done here. `make` alone lists it.
# Whatever needs a tool that is missing installs it first, from the distribution's packages; nothing else needs root.

.DEFAULT_GOAL := help
.PHONY: help needs demo packages test test-store bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

needs:
	@tests/setup/install-build-needs.sh

demo: needs ## build, then the main job in a scratch root on real input: check, repair, check, status
	tests/demo/run.sh

packages: needs ## dist/*.rpm and dist/*.deb, and their checksums; SIGN_KEY=FILE signs them
	packaging/packages.sh $(if $(SIGN_KEY),--sign-key '$(SIGN_KEY)')

test: needs test-store packages ## formatting, lints, shellcheck, every test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package hostprep-packaging --all-targets --features sign --locked -- -D warnings
	find . -name target -prune -o -name '*.sh' -print0 | xargs -0 shellcheck .ci/run
	packaging/lint.sh dist
	packaging/lint.sh target/packages/example packaging/example/rpmlintrc
	cargo test --workspace --locked
	cargo test --package hostprep-packaging --features sign --test sign --locked

test-store: needs ## the real policy store that demo and tests copy, made once
	tests/setup/policy-store.sh

bench: needs test-store packages ## what it costs: CPU time of a check, of the fault store, of building packages
	cargo run --release --locked --package hostprep-tests --example check_cost
	cargo run --release --locked --package hostprep-faults --example figures
	packaging/bench.sh target/portable/hostprep 5 target/packages/payload

clean: ## remove everything that was built or fetched
	cargo clean
	rm -rf target dist
