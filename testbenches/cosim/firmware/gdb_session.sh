#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gdb_session.sh PIMVP BOARD ELF GDB: debugs firmware on a board with GDB, and judges what it says.
set -eu
pimvp="$1" board="$2" elf="$3" gdb="${4:-}"
case "$gdb" in
"" | *NOTFOUND)
    echo "skipped: needs gdb-multiarch (scripts/setup.sh cosim)"
    exit 77
    ;;
esac
here="$(mktemp -d)"
vp=""
trap '[ -z "$vp" ] || kill "$vp" 2>/dev/null || true; rm -rf "$here"' EXIT
: > "$here/err" # read below, perhaps before the program is there
timeout 100 "$pimvp" vp "$board" --elf "$elf" --network glyphs --images 2 --gdb 0 --quiet \
    > "$here/out" 2> "$here/err" &
vp=$!
port=""
for _ in $(seq 300); do
    port="$(sed -n 's/.*target remote :\([0-9]*\)$/\1/p' "$here/err")"
    [ -z "$port" ] || break
    sleep 0.1
done
cat > "$here/commands" <<GDB
set pagination off
set confirm off
target remote :$port
break pimvp_probe
continue
printf "first instruction of the driver: %d\n", \$pc >= (unsigned long)pimvp_probe && \$pc < (unsigned long)pimvp_start
printf "ID %#x\n", *(unsigned *)0x20000000
printf "mstatus.MPP %d\n", (\$mstatus >> 11) & 3
set \$before = \$minstret
stepi
stepi
printf "stepped %d\n", \$minstret - \$before
finish
printf "returned %d, family %#x\n", \$a0, *(unsigned *)0x2000000c
set *(unsigned *)0x80100000 = 0x12345678
printf "wrote %#x\n", *(unsigned *)0x80100000
break pimvp_run
continue
backtrace
delete
continue
GDB
timeout 90 "$gdb" -nx -batch -x "$here/commands" "$elf" > "$here/session" 2>&1 || {
    cat "$here/session" "$here/err"
    exit 1
}
code=0
wait "$vp" || code=$?
vp=""
failed=0
expect() {
    grep -q "$1" "$2" && return
    echo "missing: $1"
    failed=1
}
expect 'first instruction of the driver: 1' "$here/session"
expect 'ID 0x50564d50' "$here/session"
expect 'mstatus.MPP [03]' "$here/session"
expect 'stepped 2' "$here/session"
expect 'returned 0, family 0x43415349' "$here/session"
expect 'wrote 0x12345678' "$here/session"
expect '^#1 .* main ' "$here/session"
expect 'exited normally' "$here/session"
expect 'inferences: 2' "$here/out"
[ "$code" -eq 0 ] || failed=1
[ "$failed" -eq 0 ] || cat "$here/session" "$here/err" "$here/out"
exit "$failed"
