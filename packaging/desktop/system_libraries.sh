#!/bin/sh
# Checks the system libraries that Qt loads and its wheel does not carry.
#
#   system_libraries.sh note       say what is missing and go on (nothing here needs Qt)
#   system_libraries.sh offscreen  stop without what Qt needs even where there is no display
#   system_libraries.sh window     stop also without what a window on X11 needs
#
# As root on Debian or Ubuntu the missing packages are installed; otherwise they are
# named in one line. The two tables are held against the wheel's own libraries by
# tests/architecture/test_system_libraries.py.
set -eu

need=${1:-note}

# soname package
offscreen_table='
libEGL.so.1 libegl1
libGL.so.1 libgl1
libX11.so.6 libx11-6
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libgthread-2.0.so.0 libglib2.0-0
libxcb.so.1 libxcb1
libxkbcommon.so.0 libxkbcommon0
libz.so.1 zlib1g
libzstd.so.1 libzstd1
'
window_table='
libX11-xcb.so.1 libx11-xcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
'

# ldconfig is in /sbin, which a user's PATH may leave out.
known_libraries() {
    PATH="$PATH:/usr/sbin:/sbin" ldconfig -p
}

has_a_font() {
    for folder in /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.local/share/fonts" \
        "${HOME:-/}/.fonts"; do
        if [ -d "$folder" ] &&
            [ -n "$(find "$folder" -name '*.[ot]t[fc]' 2>/dev/null | head -n 1)" ]; then
            return 0
        fi
    done
    return 1
}

# Prints the packages of a table's libraries that the loader does not know.
missing_of() {
    printf '%s' "$1" | while read -r soname package; do
        [ -n "$soname" ] || continue
        printf '%s\n' "$libraries" | grep -qF "	$soname (" || printf '%s\n' "$package"
    done
}

find_missing() {
    libraries=$(known_libraries)
    missing_offscreen=$(missing_of "$offscreen_table" | sort -u)
    has_a_font || missing_offscreen="$missing_offscreen fonts-dejavu-core"
    missing_window=$(missing_of "$window_table" | sort -u)
    # On one line, without the newlines.
    missing=$(echo $missing_offscreen $missing_window)
}

[ "$(uname -s)" = Linux ] || exit 0
# Without glibc's ldconfig (musl) there is nothing to ask; Qt's wheel needs glibc.
PATH="$PATH:/usr/sbin:/sbin" command -v ldconfig >/dev/null 2>&1 || exit 0

find_missing
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the system libraries that Qt needs: $missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends $missing; } \
        </dev/null >/dev/null 2>&1 || true
    find_missing
    [ -n "$missing" ] || exit 0
fi

echo "Qt needs system libraries that are missing; run: sudo apt-get install -y $missing" >&2
case $need in
offscreen) [ -z "$missing_offscreen" ] ;;
window) exit 1 ;;
*) exit 0 ;;
esac
