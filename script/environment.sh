# shellcheck shell=bash
# Where the project's tools are. Sourced by the other scripts, which then find every tool that
# script/bootstrap has installed; it changes nothing on the machine.

FLOE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Tools that take minutes to build are kept outside the checkout, so that clones and work trees
# share them.
FLOE_CACHE="${FLOE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/floe}"
export FLOE_ROOT FLOE_CACHE

# The release of a crate that Cargo.lock names: wasm-bindgen's program must match its library exactly.
locked_version() {
    awk -v want="\"$1\"" '$1 == "name" { name = $3 } $1 == "version" && name == want { gsub(/"/, "", $3); print $3; exit }' \
        "$FLOE_ROOT/Cargo.lock"
}

# The toolchain that rust-toolchain.toml pins.
pinned_channel() {
    awk -F'"' '$1 ~ /^channel/ { print $2 }' "$FLOE_ROOT/rust-toolchain.toml"
}

WASM_BINDGEN_DIR="$FLOE_CACHE/wasm-bindgen-$(locked_version wasm-bindgen)"
CARGO_TOOLS_DIR="$FLOE_CACHE/cargo-tools"

checksum() {
    cksum <"$1" | cut -d' ' -f1
}

# The page's target, and the compiler for it where the pinned toolchain has no library for the target.
WASM_TARGET=wasm32-unknown-unknown
SYSTEM_RUSTC=/usr/bin/rustc
export WASM_TARGET SYSTEM_RUSTC

has_own_wasm_library() {
    compgen -G "$(rustc --print target-libdir --target "$WASM_TARGET")/libcore-*.rlib" >/dev/null
}

# Where a compiler's own release has the sources of its standard library, if it has them.
library_sources() {
    if [[ "$1" == "$SYSTEM_RUSTC" ]]; then
        printf '/usr/src/rustc-%s/library\n' "$("$1" --version | cut -d' ' -f2)"
    else
        printf '%s/lib/rustlib/src/rust/library\n' "$("$1" --print sysroot)"
    fi
}

# The page's standard library for a compiler: named after the compiler's release and after how it is built.
wasm_library() {
    printf '%s/wasm-library-%s-%s\n' "$FLOE_CACHE" "$("$1" --version | cut -d' ' -f2)" "$(checksum "$FLOE_ROOT/script/wasm-library")"
}

# The pinned toolchain's linker, which may be missing.
rust_lld() {
    printf '%s/lib/rustlib/%s/bin/rust-lld\n' "$(rustc --print sysroot)" "$(rustc -vV | sed -n 's/^host: //p')"
}

# Python lives in a virtual environment, Node's programs in node_modules; both are in the checkout
# as far as a script can see.
FLOE_PYTHON="$FLOE_ROOT/.venv/bin/python"
export FLOE_PYTHON

# Servers for the tests, if the part `services` of script/bootstrap is installed: their Python packages have a
# virtual environment of their own.
FLOE_SERVICES="$FLOE_CACHE/services-$(checksum "$FLOE_ROOT/requirements-services.txt")"
export FLOE_SERVICES

# The browser of the tests. FLOE_CHROMIUM overrides; Playwright's own download is the last resort
# of script/bootstrap on systems without a Chromium package.
find_chromium() {
    local name
    if [[ -n "${FLOE_CHROMIUM:-}" ]]; then
        printf '%s\n' "$FLOE_CHROMIUM"
        return
    fi
    for name in chromium google-chrome google-chrome-stable; do
        if command -v "$name"; then
            return
        fi
    done
    if [[ -f "$FLOE_CACHE/chromium-path" && -x "$(<"$FLOE_CACHE/chromium-path")" ]]; then
        cat "$FLOE_CACHE/chromium-path"
        return
    fi
    return 1
}
if FLOE_CHROMIUM="$(find_chromium)"; then
    export FLOE_CHROMIUM
else
    unset FLOE_CHROMIUM
fi

# Debian's, Ubuntu's (where it is no snap), or what script/bootstrap has downloaded.
find_firefox() {
    local name
    for name in "${FLOE_FIREFOX:-}" firefox-esr "$FLOE_CACHE"/firefox/*/firefox/firefox firefox; do
        if [[ -n "$name" ]] && command -v "$name"; then
            return
        fi
    done
    return 1
}
if FLOE_FIREFOX="$(find_firefox)"; then
    export FLOE_FIREFOX
else
    unset FLOE_FIREFOX
fi

# Rust may have been installed a moment ago, by a shell that is not a login shell.
# The virtual environment comes last: of its programs only those count that the machine lacks.
PATH="$FLOE_ROOT/node_modules/.bin:$WASM_BINDGEN_DIR/bin:$PATH:$CARGO_TOOLS_DIR/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$FLOE_ROOT/.venv/bin"
export PATH

# Progress is for people and goes to stderr; stdout is for data.
say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

die() {
    say "error: $*"
    exit 1
}
