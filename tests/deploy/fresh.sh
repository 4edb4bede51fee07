#!/bin/bash
# fresh.sh FOLDER [run | CTEST_OPTION...] - both commands of README.md on a machine that has Debian 12, make, and this repository alone.
#
# Makes such a machine below FOLDER with debootstrap (a minimal bookworm; it must be installed here, and this must be root),
# clones what is committed here into it, follows `make run` to its end, and runs tests: by default those of the quickstart
# (-R documents), else what the options say; with `run`, `make run` alone. Looks for what either leaves behind. FOLDER is
# removed; KEEP=1 keeps it. CCACHE=1 lends it this machine's compiler cache, to save time. Packages come from where this
# machine's own do, or from MIRROR. Exit status 77: this machine cannot do it.
set -euo pipefail

folder=$(realpath -m "$1")
shift
source=$(realpath "$(dirname "$0")/../..")
root=$folder/root
checkout=/srv/rentcache
only_run=0
if [ "${1:-}" = run ]; then only_run=1; fi
[ $# -gt 0 ] || set -- -R 'documents|run_script'

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip 'only root can make the other machine'
command -v debootstrap > /dev/null || skip 'debootstrap is not installed'
unshare --mount --pid --fork true 2> /dev/null || skip 'namespaces are not allowed here'

# inside COMMAND: in namespaces that end with it, so that nothing it starts outlives it, nor a mount.
inside() {
    root=$root lent=${CCACHE:+$HOME/.cache/ccache} unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        if [ -n "$lent" ]; then
            mkdir -p "$root/root/.cache/ccache"
            mount --bind "$lent" "$root/root/.cache/ccache"
        fi
        exec env -i HOME=/root CCACHE_BASEDIR=/srv CCACHE_NOHASHDIR=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb chroot "$root" bash -euc "$1"' _ "$1"
}

# What is left, said and counted: processes but this one, and files of nobody's package.
left='
    for process in /proc/[0-9]*; do
        [ "${process#/proc/}" != $$ ] && [ -e "$process" ] || continue
        echo "left running: $(tr "\0" " " < "$process/cmdline")"
        exit 1
    done
    files=$(find / -xdev -newer /stamp -type f \
        -not -regex "/\(proc\|dev\|run\|usr\|etc\|var/www\|var/lib\|var/cache\|var/log\|root/.cache/ccache\|srv/rentcache/build\)/.*")
    [ -z "$files" ] || { echo "left behind: $files" && exit 1; }'

[ "${KEEP:-}" = 1 ] || trap 'rm -rf --one-file-system "$folder"' EXIT
mkdir -p "$folder"
if [ ! -e "$root/etc/debian_version" ]; then
    # Without one, debootstrap knows its own.
    mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' |
        head -n 1)}
    debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} > "$folder/debootstrap.log"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
rm -rf "$root${checkout:?}"
# Hard links would show what happens to the objects in the source.
git clone -q --no-hardlinks "$source" "$root$checkout"
inside 'apt-get -qq update && apt-get -qq install -y --no-install-recommends make > /dev/null && sleep 1 && touch /stamp'

echo "make run, make setup" # row("RB-005")
began=$SECONDS
# A shell ignores Ctrl-C for what it starts behind itself; env gives it back.
inside "cd $checkout
    PORT=0 ADMIN_PORT=0 SIMULATOR_PORT=0 SIMULATOR_CONTROL_PORT=0 \
        setsid env --default-signal=INT make run > build.log 2>&1 & make=\$!
    until grep -q '^  statistics:' build.log; do kill -0 \$make || { tail -n 20 build.log; exit 1; }; sleep 1; done
    for label in 'a miss' 'a hit' statistics; do sed -n \"s/^  \$label: *//p\" build.log > ask && sh ./ask | cut -c 1-160 && echo; done
    kill -INT -- -\$make
    wait \$make || true
    make setup >> build.log
    [ \"\$(stat -c %a .env)\" = 600 ]
    rm build.log ask .env
    $left"
echo "make run: $((SECONDS - began)) s, nothing left"
[ $only_run = 0 ] || exit 0

# row("RB-003")
began=$SECONDS
inside "cd $checkout && scripts/test.sh quick $(printf ' %q' "$@") > build/test.out 2>&1 || { tail -n 50 build/test.out; exit 1; }
    tail -n 1 build/test.out
    $left"
echo "tests: $((SECONDS - began)) s, nothing left"
