# Shared by `run`, `test` and `.ci/run`: what the machine must have, and where the build goes.
# Sourced, not run. Sets `root` and CARGO_TARGET_DIR.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/flowarm/target}"

say() { printf '%s\n' "$*" >&2; }

# A first build takes minutes, and silence looks like a fault.
say_first_build() {
    [ -e "$CARGO_TARGET_DIR/release/flowarm" ] ||
        say "Building flowarm: about ten minutes on two cores the first time, seconds after that."
}

# The Rust toolchain is the one thing that is not installed here: it belongs to the user.
need_rust() {
    if [ -f "$HOME/.cargo/env" ] && ! command -v cargo >/dev/null 2>&1; then
        # shellcheck source=/dev/null
        . "$HOME/.cargo/env"
    fi
    local version
    version="$(cd "$root" && rustc --version 2>/dev/null | cut -d' ' -f2 || true)"
    case "$version" in
        1.95.*) ;;
        *)
            say "flowarm needs rustc 1.95 (found: ${version:-none}); install it with" \
                "'curl https://sh.rustup.rs -sSf | sh -s -- -y --default-toolchain 1.95.0' and start again."
            exit 3
            ;;
    esac
}

# need_packages PACKAGE...: installs those that are missing, quietly; says so in one line when it
# cannot.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null 2>&1 || { say "Not a Debian system: make sure that these are installed: $*"; return 0; }
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || { say "Missing system packages: ${missing[*]}; install them as root: apt-get install ${missing[*]}"; return 1; }
        as_root=(sudo)
    fi
    say "Installing system packages: ${missing[*]}"
    local log
    log="$(mktemp)"
    if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        say "apt-get could not install: ${missing[*]}"
        return 1
    fi
    rm -f "$log"
}

# What the build itself needs: a C and a C++ compiler for the bundled codecs, nasm for their fast
# paths, certificates to fetch crates.
build_packages=(gcc g++ libc6-dev pkg-config nasm ca-certificates libudev-dev)
