# shellcheck shell=sh
# files.sh - sourced by the lint scripts, which run in the project's folder.

# project_files PATTERN...: the project's own files whose name matches, one per line.
project_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@"
    else
        for pattern in "$@"; do
            find . -name .git -prune -o -path ./build -prune -o -type f -path "./$pattern" -print
        done | sed 's|^\./||'
    fi | sort -u | while IFS= read -r file; do
        if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done
}

# c_files: every C source and header.
c_files() {
    project_files '*.c' '*.h'
}

# lint_base: what the work here began from: LINT_BASE; else where it left its upstream branch; else, for
# what is pushed already, the commit before the last one.
lint_base() {
    [ -n "${LINT_BASE:-}" ] && { echo "$LINT_BASE"; return; }
    for branch in '@{upstream}' origin/HEAD origin/main; do
        begin=$(git merge-base HEAD "$branch" 2>/dev/null) || continue
        if [ "$begin" != "$(git rev-parse HEAD)" ]; then echo "$begin"; return; fi
    done
    echo HEAD~1
}

# changed_c_files: C files that differ from lint_base; all of them where that cannot be known, or with
# LINT_ALL=1.
changed_c_files() {
    base=$(lint_base)
    if [ "${LINT_ALL:-0}" = 1 ] || ! git rev-parse --verify --quiet "$base^{commit}" >/dev/null; then
        c_files
        return
    fi
    {
        git diff --name-only --diff-filter=d "$base" -- '*.c' '*.h'
        git ls-files --others --exclude-standard -- '*.c' '*.h'
    } | sort -u
}

# need TOOL: ends the test as skipped where the tool is not installed.
need() {
    command -v "$1" >/dev/null || { echo "skipped: $1 is not installed"; exit 77; }
}

# report TITLE: prints the title and standard input, and fails, if there is any input.
report() {
    found=$(cat)
    [ -z "$found" ] && return 0
    printf '%s:\n%s\n\n' "$1" "$found"
    return 1
}
