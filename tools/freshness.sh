# shellcheck shell=sh disable=SC2154,SC3013
# $root is the caller's; dash, busybox and bash know -nt, and POSIX since 2024.
# Sourced by ./savevm and tools/build-cli, with $root set: which executable there is, and whether it is newer than its sources.
# Shell builtins only.

stamp=$root/artifacts/savevm.sources

# Sets $executable to the Native AOT executable, or to the one that needs the .NET runtime.
find_executable() {
    executable=$root/artifacts/savevm
    [ -x "$executable" ] || executable=$root/artifacts/framework-dependent/Savevm.Cli
    [ -x "$executable" ]
}

# Sets $sources to every file that the executable is made from. Folders named bin and obj are the compiler's.
list_sources() {
    set -- "$root"/global.json "$root"/Directory.*.props "$root"/guest/*.* "$root"/src/*.props \
        "$root"/src/*/*.* "$root"/src/*/[!bo]*/*.* "$root"/src/*/[!bo]*/*/*.*
    sources=$*
}

# The stamp is older than the build's first look at the sources: a file changed during the build is newer. It also holds their names, so
# that a file which came or went counts.
is_fresh() {
    find_executable && [ -r "$stamp" ] || return 1
    built_from=
    list_sources
    # shellcheck source=/dev/null
    . "$stamp"
    [ "$sources" = "$built_from" ] || return 1
    for source in "$root"/global.json "$root"/Directory.*.props "$root"/guest/*.* "$root"/src/*.props \
        "$root"/src/*/*.* "$root"/src/*/[!bo]*/*.* "$root"/src/*/[!bo]*/*/*.*; do
        if [ "$source" -nt "$stamp" ]; then return 1; fi
    done
}
