#!/bin/sh
# install-packages.sh GROUP... - installs, with apt-get, what of the groups the machine lacks.
#   run    to build and run        test   to run the tests, sanitizers and fuzzers
#   lint   to check the sources    bench  the peers that the benchmark compares with
#   deb    to make a Debian package
# Nothing is downloaded when nothing is missing. No service is started or enabled.
set -eu

# "a|b": either will do; the first that the machine's release has is installed.
packages_of() {
    case $1 in
    run) echo "gcc libc6-dev make cmake ninja-build ccache pkgconf curl ca-certificates util-linux" \
        "libcivetweb-dev libzmq3-dev libmsgpack-c-dev|libmsgpack-dev libyaml-dev libjansson-dev" \
        "zlib1g-dev libssl-dev libsqlite3-dev libcurl4-openssl-dev libhiredis-dev" ;;
    test) echo "git check libsubunit-dev clang libclang-rt-dev llvm mold nginx-light haproxy redis-server sqlite3" \
        "groff-base dpkg-dev" ;;
    deb) echo "dpkg-dev" ;;
    lint) echo "git clang-format clang-tidy cppcheck universal-ctags shellcheck" ;;
    bench) echo "nginx-light libnginx-mod-http-lua varnish wrk nghttp2-client sqlite3 valgrind" \
        "redis-server python3-fastapi python3-uvicorn python3-uvloop python3-httptools python3-redis python3-hiredis" ;;
    *) echo "install-packages.sh: unknown group $1" >&2 && exit 2 ;;
    esac
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]
}

# The words that no installed package answers.
missing_of() {
    for word in "$@"; do
        found=no
        for package in $(echo "$word" | tr '|' ' '); do
            if installed "$package"; then found=yes; fi
        done
        [ "$found" = yes ] || echo "$word"
    done
}

# The first alternative that apt-get could install.
available_of() {
    for package in $(echo "$1" | tr '|' ' '); do
        if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    echo "${1%%|*}"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

# Debian starts a service as it installs it, unless this file says no; one that is there is kept.
policy=/usr/sbin/policy-rc.d
forbid_services() {
    [ -e "$policy" ] && return
    trap 'as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

# Nor at the next boot: only services that came with this call are touched.
disable_services() {
    command -v systemctl >/dev/null || return 0
    for service in nginx haproxy varnish redis-server; do
        case " $* " in
        *" $service"[\ -]*) as_root systemctl disable --quiet "$service" 2>/dev/null || true ;;
        esac
    done
}

install_packages() {
    as_root apt-get -q update
    chosen=
    for word in "$@"; do chosen="$chosen $(available_of "$word")"; done
    echo "installing:$chosen"
    forbid_services
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 install $chosen
    disable_services "$chosen"
}

wanted=
for group in "$@"; do wanted="$wanted $(packages_of "$group")"; done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "install-packages.sh: no apt-get on this machine; going on with what is installed." \
        "Needed, by Debian's names:$wanted" >&2
    exit 0
fi

# shellcheck disable=SC2086
missing=$(missing_of $wanted | sort -u)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "install-packages.sh: not root and no sudo; as root, run: apt-get install" $missing >&2
    exit 1
fi
# shellcheck disable=SC2086
install_packages $missing
