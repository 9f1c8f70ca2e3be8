# What can be done here. `make` alone lists it.
# Whatever needs a tool that is missing installs it first, from the distribution's packages; nothing else needs root.

.DEFAULT_GOAL := help
.PHONY: help needs picture ansible ansible-lint needs-demo needs-check check lint circles demo packages native-packages repository older-packages test test-store vm vm-images vm-self-test vagrant \
	aarch64-needs test-aarch64 vagrant-needs vagrant-seed vagrant-validate policy-sweep report-page browser-needs torture torture-self-test fuzz fuzz-needs bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

needs:
	@tests/setup/install-build-needs.sh

needs-demo needs-check: needs-%:
	@tests/setup/install-build-needs.sh --for $*

demo: needs-demo ## build, then the main job in a scratch root on real input: check, repair, check, status
	tests/demo/run.sh

picture: needs-demo ## the demo as docs/images/demo.svg, which README.md shows
	tests/demo/run.sh >target/demo.txt
	tests/demo/picture.py docs/images/demo.svg <target/demo.txt

# What a change must pass before the long suites are worth their time: also the programs that hold documents against the code, and
# three suites that take seconds. The suites need Debian, and a policy store that they make at first, without root.
DEBIAN := $(shell command -v apt-get)
DOCUMENTS := --test documentation --example documents
QUICK_SUITES := $(if $(DEBIAN),--test waivers --test formats --test other_profile)
check: needs-check lint circles ## formatting, lints, unit tests, documents, three suites: no root, some minutes at first, then under three
	cargo test --workspace --lib $(DOCUMENTS) $(QUICK_SUITES) --locked

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	find . -name target -prune -o -name '*.sh' -print0 | xargs -0 shellcheck .ci/run
	shellcheck --shell sh --exclude SC2154 tests/vm/scenarios/*/prepare tests/vm/scenarios/*/act \
		tests/vm/scenarios/*/verify tests/vm/scenarios/*/restore
	for bug in tests/torture/broken/*/bug.patch; do patch --quiet --force --dry-run --strip 1 <$$bug || exit 1; done
	codespell # .codespellrc; words of ours are in tests/setup/words.txt

circles:
	tests/setup/import-circles.py $(wildcard */src */*/src) tests/harness

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# What compiles for the other architecture is Debian's: packaging/portable/cross.sh.
BOTH := $(if $(DEBIAN),--all-architectures)
# Exported, so that a command may hold every quote; the shell reads them there.
export SIGN_WITH CLEARSIGN_WITH PUBLIC_KEY NEXT_KEY URL OUT PACKAGES VALID_DAYS KEYRING
packages: needs ## dist/*.rpm and dist/*.deb for x86_64 and aarch64; ARCHITECTURE=x86_64 for that one, SIGN_WITH='COMMAND' signs: packaging/README.md
	$(if $(PUBLIC_KEY),$(if $(SIGN_WITH),,$(error PUBLIC_KEY is the key of SIGN_WITH='COMMAND', which is not given)))
	packaging/packages.sh $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE),$(BOTH)) \
		$(if $(SIGN_WITH),--sign-with "$$SIGN_WITH" $(if $(PUBLIC_KEY),--public-key "$$PUBLIC_KEY"))
	@# Those of another version are the past.
	find dist -maxdepth 1 -name 'hostprep[-_][0-9]*' ! -name 'hostprep[-_]$(VERSION)-*' -delete
	$(if $(ARCHITECTURE)$(BOTH),,@echo 'packages: built for '$$(uname -m)' alone; on Debian, `make packages` builds them for x86_64 and aarch64')

# For what runs on this machine; a signed dist/ stays as it is.
NATIVE := target/packages/native
native-packages: needs
	rm -rf $(NATIVE)
	packaging/packages.sh --out $(NATIVE)

.PHONY: audit verify
audit: ## cargo deny: advisories, licences, doubled versions, sources; DATABASE=DIR of a clone of RustSec's: docs/supply-chain.md
	packaging/audit.sh $(if $(DATABASE),--database '$(DATABASE)')

# KEY=FILE is the public key.
verify: ## dist/ or DIST=DIR against this tree: signatures, statement, contents, and a second build: docs/supply-chain.md
	packaging/verify.sh $(if $(KEY),--key '$(KEY)') $(if $(DIST),'$(DIST)')

repository: needs ## dist/ as signed repositories for apt, dnf, zypper in target/repository; SIGN_WITH=, PUBLIC_KEY=: docs/repositories.md
	packaging/repository.sh

# Tests of one program at once. More than processors, because many wait, as for an account tool that tries for 15 seconds to lock a file.
SUITE_THREADS := $(shell echo $$((2 * $$(nproc))))
TESTED := target/packages/test
# What the suites build too is built before them: cargo puts each program in one place, whichever test needs it.
test: needs lint circles test-store ## formatting, lints, shellcheck, every test; ends with a table of times
	mkdir -p target
	cargo test --workspace --no-run --locked --message-format=json-render-diagnostics >target/test-programs.json
	cargo build --package hostprep --bin hostprep --locked
	rm -rf $(TESTED)
	packaging/packages.sh --out $(TESTED)
	packaging/lint.sh $(TESTED)
	packaging/lint.sh target/packages/example packaging/example/rpmlintrc
	HOSTPREP_PACKAGES=$(CURDIR)/$(TESTED) RUST_TEST_THREADS=$(SUITE_THREADS) tests/setup/run-programs.py <target/test-programs.json
	cargo test --workspace --doc --locked

test-store: needs ## the real policy store that demo and tests copy, made once
	tests/setup/policy-store.sh

ansible-lint: needs-check ## the Ansible collection by ansible-lint, ansible-test sanity and antsibull; fetches them into target/ansible
	packaging/ansible/lint.sh

ansible: needs test-store ansible-lint ## ansible-lint, and the collection played on twenty scratch hosts, about five minutes
	cargo test --package hostprep-tests --test ansible --locked

OLDER := target/packages/older
VM := cargo run --quiet --locked --package hostprep-tests --bin vm -- $(NATIVE) $(OLDER)
BROKEN_ON_PURPOSE := $(notdir $(wildcard tests/vm/broken/*))
HOME_MADE = $(shell sed -n 's/^ *"\(home-[^"]*\)".*/\1/p' vagrant/boxes.json)

older-packages: native-packages
	rm -rf $(OLDER)
	packaging/packages.sh --out $(OLDER) --version 0.1.0

# SCENARIO=NAME plays only that one, BROKEN=NAME breaks hostprep first, KEEP=1 boots the guest for looking around, POLICY=DIR
# gives it the policy store of another host. DISTRIBUTION=debian11, debian13 or debian-testing boots that in place of Debian 12.
vm: needs older-packages ## the packages in a guest with SELinux enforcing; SCENARIO=, DISTRIBUTION=, BROKEN=, POLICY=, KEEP=1: tests/vm/README.md
	$(VM) $(if $(DISTRIBUTION),--distribution $(DISTRIBUTION)) $(if $(POLICY),--policy '$(POLICY)') $(if $(KEEP),--keep) $(if $(BROKEN),--broken $(BROKEN)) $(SCENARIO)

# A builder's image each: tests/vm/build-image.sh.
BUILT_IMAGES := mmdebstrap selinux-off two-kernels mkosi
vm-images: needs older-packages ## images built with hostprep in them, booted enforcing; IMAGE=: tests/vm/README.md
	for kind in $(or $(IMAGE),$(BUILT_IMAGES)); do $(VM) --built $$kind || exit 1; done

vm-self-test: needs older-packages ## that a broken hostprep turns exactly the right scenarios red; BROKEN=, SCENARIO=
	for broken in $(or $(BROKEN),$(BROKEN_ON_PURPOSE)); do $(VM) --self-test $$broken $(SCENARIO) || exit 1; done

vagrant-needs:
	@tests/setup/install-build-needs.sh --vagrant

vagrant-seed: needs older-packages
	rm -rf target/vagrant/seed
	$(VM) --lay target/vagrant/seed
	tar -C target/vagrant/seed -cf target/vagrant/seed.tar .

vagrant-validate: vagrant-needs vagrant-seed ## that Vagrant understands vagrant/Vagrantfile
	cd vagrant && VAGRANT_HOME=../target/vagrant/home VAGRANT_DOTFILE_PATH=../target/vagrant/none vagrant validate

# NAME=… boots only that box, SCENARIO=… plays only those.
vagrant: vagrant-validate ## build boxes, boot them with Vagrant and run the scenarios; NAME=, SCENARIO=
	HOSTPREP_SCENARIOS='$(SCENARIO)' vagrant/home-made.sh $(or $(NAME),$(HOME_MADE))

aarch64-needs:
	@tests/setup/install-build-needs.sh --emulate

test-aarch64: aarch64-needs ## the packages of both architectures, installed, repaired and removed, those for aarch64 under QEMU: tests/aarch64/README.md
	packaging/packages.sh --all-architectures --out target/packages/all
	packaging/lint.sh target/packages/all
	tests/aarch64/run.sh target/packages/all

TORTURE := $(CURDIR)/target/release/hostprep
torture: needs ## hostprep killed, failed, interrupted and raced at each system call, most of an hour; WHAT="kill --scenario repair"
	cargo build --release --locked --package hostprep
	HOSTPREP_BINARY=$(TORTURE) cargo run --release --quiet --locked --package hostprep-tests --bin torture -- $(WHAT)
	$(if $(WHAT),,HOSTPREP_BINARY=$(TORTURE) cargo run --release --quiet --locked --package hostprep-tests --bin signals)

.PHONY: ocsf
ocsf: needs-check ## the output for SIEMs by the whole schema of OCSF; SCHEMA=DIR, a checkout of its release 1.4.0
	tests/ocsf/run.sh '$(SCHEMA)'

POLICY_PAIRS := 100000
policy-sweep: needs test-store ## policydb against libsepol: every class of two real policies, 100,000 pairs each, about four minutes; POLICY_PAIRS=
	HOSTPREP_POLICY_PAIRS=$(POLICY_PAIRS) cargo test --package hostprep-policydb --test oracle --locked -- --nocapture

browser-needs:
	@tests/setup/install-build-needs.sh --for demo --browser

report-page: browser-needs ## the page of `hostprep report` in a real browser; screenshots in target/report-page
	cargo build --locked --package hostprep
	/usr/bin/python3 tests/browser/report_page.py target/debug/hostprep target/report-page

.PHONY: reference
reference: ## docs/reference, the reasons in docs/faults and the man page of the packaging tool's manifest, from the code and installer/examples/documents
	cargo run --quiet --locked -p hostprep --example documents -- --reference .

.PHONY: book book-page
book: needs-demo ## docs/ as a book with search in target/book, and whether its links lead somewhere; installs mdBook into target/tools, once
	packaging/book/build.sh

book-page: book browser-needs ## the book in a real browser: search, narrow, dark; screenshots in target/book-screenshots
	/usr/bin/python3 tests/browser/book.py target/book target/book-screenshots

torture-self-test: needs ## that a hostprep with a planted bug does not survive it; BROKEN=
	tests/torture/self-test.sh $(BROKEN)

# UPDATE=1 keeps the figures of a whole run. ONLY=query measures that alone.
bench: needs test-store native-packages ## what it costs, beside usual hooks, about 15 minutes; RUNS=3 ROOTS=50 takes five: docs/performance.md
	cargo run --release --quiet --locked --package hostprep-tests --bin bench -- target/portable/hostprep target/packages/payload \
		$(if $(RUNS),--runs $(RUNS)) $(if $(ROOTS),--roots $(ROOTS)) $(if $(ONLY),--only $(ONLY)) $(if $(UPDATE),--update)

fuzz-needs:
	@tests/setup/install-build-needs.sh --fuzz

# INPUT=FILE, with TARGET, runs that one input again.
fuzz: fuzz-needs ## fuzz each reader and parser; SECONDS=600, TARGET=, INPUT=: tests/fuzz/README.md
	tests/fuzz/run.sh $(or $(SECONDS),600) '$(TARGET)' '$(INPUT)'

clean: ## remove everything that was built or fetched
	cargo clean
	rm -rf target dist
