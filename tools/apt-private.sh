# shellcheck shell=sh disable=SC2034,SC2154 # variables of the scripts that read this, and theirs
# Packages of the system's own distribution without installing them: resolved, checked against the system's archive keys and downloaded by
# apt with private state, cache and sources folders. Root is not needed. Read by the fetch scripts, which set before:
#
#   program   what messages begin with
#   cache     the folder that is filled
#   variable  the environment variable that names another one
#   manual    the hint for who cannot fetch
#
# open_apt sets $work (a folder for this run, removed at its end), $codename and $mirror, and holds the lock of the cache.

fail() {
    printf '%s: %s\nhint: %s\n' "$program" "$1" "$2" >&2
    exit 1
}

# open_apt COMMAND...: the commands that are needed besides apt's own.
open_apt() {
    for command in apt-get apt-cache apt-config dpkg-deb flock "$@"; do
        command -v "$command" >/dev/null 2>&1 ||
            fail "$command is not there; packages can be fetched on Debian 12 or 13 (packages apt, dpkg, util-linux)" "$manual"
    done
    [ "$(uname -m)" = x86_64 ] || fail "this machine is not x86-64" "$manual"
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || fail "/etc/os-release names no release (VERSION_CODENAME)" "$manual"

    mkdir -p "$cache" 2>/dev/null || fail "$cache cannot be made" "name a folder you may write to in $variable"
    [ -w "$cache" ] || fail "$cache is not writable" "name a folder you may write to in $variable"

    # One fetch at a time; who waited finds the work done.
    exec 9>"$cache/.lock"
    flock 9

    # What a killed run left behind is ours to remove while we hold the lock.
    rm -rf "$cache"/.fetch.*
    work=$(mktemp -d "$cache/.fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "$work/lists/partial" "$work/archives/partial"
    # An empty status file: apt resolves every package, whatever this machine has installed.
    : >"$work/status"

    # The system's apt configuration as far as it says how to reach the archive (proxies, certificates, retries); its hooks and preferences
    # are not ours. The folder is private, since a proxy's address may hold a password.
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets::' >"$work/apt.conf" || :
    cat >>"$work/apt.conf" <<END
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
END
    export APT_CONFIG="$work/apt.conf"
    export LC_ALL=C

    # The mirror is the one this machine's own sources name for its release.
    mirror=$(apt-get update --print-uris 2>/dev/null | sed -n "s#^'\([^']*\)/dists/\([^']*\)/InRelease' .*#\2 \1#p" |
        while read -r suite address; do
            case $suite in "$codename" | stable | oldstable | testing) echo "$address"; break ;; esac
        done)
    [ -n "$mirror" ] || fail "apt's sources name no mirror of $codename" "$manual"

    signed=
    for keyring in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
        [ -r "$keyring" ] && signed=" signed-by=$keyring" && break
    done
    return 0
}

# Points apt at the given suites and reads their indexes. apt checks the signatures; an unsigned archive is an error.
read_indexes() {
    for suite; do
        printf 'deb [arch=amd64%s] %s %s main\n' "$signed" "$mirror" "$suite"
    done >"$work/sources"
    cat >"$work/sources.conf" <<END
Dir::Etc::sourcelist "$work/sources";
Dir::Etc::sourceparts "/dev/null";
END
    apt-get -qq -c "$work/sources.conf" update >"$work/log" 2>&1
}

# The same, where it must not fail.
require_indexes() {
    read_indexes "$@" || fail "the package lists of $1 cannot be read: $(last_error)" "a network is needed; $manual"
}

last_error() { grep '^E: ' "$work/log" | tail -n 1 | sed 's/^E: //' | grep . || tail -n 1 "$work/log"; }

# candidate SUITE PACKAGE: its version there.
candidate() { apt-cache -c "$work/sources.conf" -o "APT::Default-Release=$1" policy "$2" | sed -n 's/^ *Candidate: //p'; }

# empty_archives: an empty folder for what comes next.
empty_archives() {
    rm -rf "$work/archives"
    mkdir -p "$work/archives/partial"
}

# download_closure SUITE PACKAGE...: these and all that they need, into $work/archives.
download_closure() (
    suite=$1
    shift
    apt-get -qq -y -c "$work/sources.conf" -t "$suite" --no-install-recommends --download-only install "$@" >"$work/log" 2>&1
)

# download_alone SUITE PACKAGE...: these without what they need.
download_alone() (
    suite=$1
    shift
    cd "$work/archives" && apt-get -qq -c "$work/sources.conf" -t "$suite" download "$@" >"$work/log" 2>&1
)
