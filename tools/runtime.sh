# shellcheck shell=sh
# Sourced before an executable that needs the .NET runtime: names the folder of the dotnet on PATH, wherever it was unpacked.

if [ -z "${DOTNET_ROOT:-}" ] && command -v dotnet >/dev/null 2>&1; then
    DOTNET_ROOT=$(readlink -f -- "$(command -v dotnet)")
    export DOTNET_ROOT="${DOTNET_ROOT%/*}"
fi
