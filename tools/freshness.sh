# shellcheck shell=sh disable=SC2154,SC3013
# Sourced by ./savevm and tools/build-cli, with $root set: which executable there is, and whether it is newer than its sources. Shell
# builtins only and no pattern, since each start of savevm pays for this. dash, busybox and bash know -nt, and POSIX since 2024.

# Written before the build first looks at the sources, so that a file changed during the build is newer. It is a shell command that makes
# every folder and file of the sources the positional parameters.
stamp=$root/artifacts/savevm.sources

# Sets $executable to the Native AOT executable, or to the one that needs the .NET runtime.
find_executable() {
    executable=$root/artifacts/savevm
    [ -x "$executable" ] || executable=$root/artifacts/framework-dependent/Savevm.Cli
    [ -x "$executable" ]
}

# A file that came or went has changed its folder.
is_fresh() {
    find_executable && [ -r "$stamp" ] || return 1
    # shellcheck source=/dev/null
    . "$stamp"
    for source; do
        if [ "$source" -nt "$stamp" ]; then return 1; fi
    done
}
