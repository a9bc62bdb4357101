#!/bin/sh
# Gives the daemon at DOCKER_HOST the base of the tests' images: the smallest Debian with Python. It takes a minute, in
# which little else can happen, so .ci/run begins with it; a second call waits for the first one.
set -eu
repository=openedx-mit-test/base
image=$repository:$(sha256sum "$0" | cut -c-16)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
exec 9>"${TMPDIR:-/tmp}/openedx-mit-test-base.lock"
flock 9
if [ -z "$(docker image ls --quiet "$image")" ]; then
    cd "$folder"
    # In a mount namespace of its own no mount stays behind.
    unshare --mount sh -euc '
        debootstrap --variant=minbase --include=ca-certificates,mariadb-server-core,python3-venv bookworm root
        rm -rf root/var/cache/apt/archives/*.deb root/var/lib/apt/lists/*
        tar --create --one-file-system --file root.tar --directory root .' >&2
    docker import root.tar "$image"
fi
docker tag "$image" "$repository"
