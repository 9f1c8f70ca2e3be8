#!/bin/sh
# Makes signed repositories for apt, dnf, yum and zypper of the packages in dist/. `make repository` runs it.
# usage: [SIGN_WITH=COMMAND] [CLEARSIGN_WITH=COMMAND] [PUBLIC_KEY=FILE] [NEXT_KEY=FILE] [URL=URL] [OUT=DIR]
#        [PACKAGES='DIR…'] [VALID_DAYS=DAYS] [KEYRING=FILE] repository.sh [ARGUMENT…]
# The variables stand for options of `package repository`; further arguments are passed on, --help among them. With gpg:
#   SIGN_WITH='gpg --batch --local-user KEY --detach-sign' CLEARSIGN_WITH='gpg --batch --local-user KEY --clearsign' \
#       PUBLIC_KEY=key.asc packaging/repository.sh
set -eu

cd "$(dirname "$0")/.."
if [ "${1-}" != --help ] && { [ -z "${SIGN_WITH-}" ] || [ -z "${PUBLIC_KEY-}" ]; } && [ $# -eq 0 ]; then
    cat >&2 <<'END'
repository: SIGN_WITH and PUBLIC_KEY say how to sign. With gpg:
  gpg --armor --export KEY >key.asc
  make repository PUBLIC_KEY=key.asc SIGN_WITH='gpg --batch --local-user KEY --detach-sign' \
      CLEARSIGN_WITH='gpg --batch --local-user KEY --clearsign'
docs/repositories.md explains both, and how hosts use the repository.
END
    exit 2
fi

# A list of words. A directory with a space in its name is for --packages.
for directory in ${PACKAGES-}; do
    set -- --packages "$directory" "$@"
done
[ -z "${VALID_DAYS-}" ] || set -- --valid-days "$VALID_DAYS" "$@"
[ -z "${KEYRING-}" ] || set -- --keyring "$KEYRING" "$@"
[ -z "${NEXT_KEY-}" ] || set -- --next-key "$NEXT_KEY" "$@"
[ -z "${URL-}" ] || set -- --url "$URL" "$@"
[ -z "${OUT-}" ] || set -- --out "$OUT" "$@"
[ -z "${CLEARSIGN_WITH-}" ] || set -- --clearsign-with "$CLEARSIGN_WITH" "$@"
[ -z "${SIGN_WITH-}" ] || set -- --sign-with "$SIGN_WITH" "$@"
[ -z "${PUBLIC_KEY-}" ] || set -- --public-key "$PUBLIC_KEY" "$@"
exec cargo run --quiet --locked --package hostprep-packaging --bin package -- repository "$@"
