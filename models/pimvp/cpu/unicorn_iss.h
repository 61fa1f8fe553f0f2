// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/iss.h>

#include <memory>

namespace pimvp::cpu {

/// The instruction-set simulator of Unicorn 2 (QEMU's translator): RV32 and RV64, IMAC and FD.
///
/// **Counts** Instructions are counted by decoding each translated block once, so their number does
/// not depend on budgets. An instruction that traps is not counted. RDCYCLE, RDINSTRET, RDTIME,
/// mip, mhartid and misa read what this simulator and its environment say, not what Unicorn makes
/// up.
///
/// **Traps** Access faults have the exact address in mtval and leave the registers as they were
/// before the instruction. mepc is found by looking for the instruction of the block that could
/// have made the access; if its base register was changed in between and a second one fits, the
/// first of them is named. A misaligned access to anything but direct memory is a misaligned trap.
///
/// **Limits** Machine mode only; no PMP, no page tables, no V, no bit manipulation. Writes to mip
/// and to the counters are ignored. Stores to direct memory that is not writable are access faults.
/// FENCE.I drops all translations. Reserved codes of 16 bits do nothing instead of trapping, as do
/// compressed floating-point accesses while mstatus.FS is 0. A fetch fault in the second half of an
/// instruction names the start of its block in mepc. A caller needs 1 MiB of stack, and must not
/// leave the environment's functions by longjmp or by being killed.
///
/// **License** Unicorn is GPL-2: programs that link this library (pimvp::cpu_unicorn) are bound by
/// it when they are distributed; nothing else of pimvp refers to it.
std::unique_ptr<iss> make_unicorn_iss(const iss_options& options, iss_environment& environment);

}  // namespace pimvp::cpu
