# shellcheck shell=sh
# Sourced by the scripts that build, with the current folder at the repository's root.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# No build process outlives its build.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
# The SDK and NuGet keep things at home; who has none gets one here.
if [ ! -w "${HOME:-/nonexistent}" ]; then
    mkdir -p .cache/home
    export HOME="$PWD/.cache/home"
fi

require_sdk() {
    if ! command -v dotnet >/dev/null 2>&1; then
        echo 'savevm: it cannot be built: the .NET 10 SDK is not there (no dotnet on PATH)' >&2
    elif ! dotnet --version >/dev/null 2>&1; then
        echo "savevm: it cannot be built: the .NET SDK here is not a .NET 10 one: $(dotnet --list-sdks | tail -n 1)" >&2
    else
        return 0
    fi
    echo 'hint: install it from https://dotnet.microsoft.com/download/dotnet/10.0, without root:' >&2
    # shellcheck disable=SC2016 # words for the reader's own shell
    echo 'hint:   curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0 && PATH=$HOME/.dotnet:$PATH' >&2
    exit 1
}

# The lock of the caller (descriptor 9) is not the compiler's to keep.
run_dotnet() { dotnet "$@" -nologo -p:UseSharedCompilation=false 9>&-; }

first_error() { grep -m 1 -E 'error( [A-Z]+[0-9]+)?:|error :' "$1" | sed 's/ \[.*//' || tail -n 1 "$1"; }

# explain_failure LOG: the errors of a build, each once, and what to do where it is known.
explain_failure() {
    [ -s "$1" ] || return 0
    grep -E '(error|warning) ?[A-Z]*[0-9]*:|error :' "$1" | sort -u | head -n 40 >&2 || tail -n 20 "$1" >&2
    if grep -q -E 'NU1301|NU1101|NU1102' "$1"; then
        echo 'hint: the first build brings NuGet packages: a network (or a filled NuGet cache) is needed' >&2
    fi
}
