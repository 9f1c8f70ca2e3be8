#!/bin/sh
# cargo, for cargo-auditable. It would have cargo call it by its path, and cargo makes that path a part of each crate's hash: two
# checkouts would give two programs.
RUSTC_WORKSPACE_WRAPPER=cargo-auditable exec cargo "$@"
