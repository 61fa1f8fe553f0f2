// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/unicorn_memory.h>

#include <pimvp/core/diagnostics.h>

#include <unicorn/unicorn.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>

namespace pimvp::cpu {
namespace {

constexpr std::uint64_t page_bytes = 4096;

}  // namespace

void check_unicorn(int answer, const char* what) {
    if (answer == UC_ERR_OK) return;
    throw core::internal_error(std::string("Unicorn: cannot ") + what + ": " +
                               uc_strerror(static_cast<uc_err>(answer)));
}

bool unicorn_memory::map_direct(std::uint64_t address) {
    const std::optional<direct_region> found = m_environment.direct_memory(address);
    if (!found) return false;
    // whole pages of it, between what is mapped already
    std::uint64_t first = (found->first + page_bytes - 1) / page_bytes * page_bytes;
    std::uint64_t end = (found->last + 1) / page_bytes * page_bytes;
    const auto behind = m_regions.upper_bound(address);
    if (behind != m_regions.end()) end = std::min(end, behind->first);
    if (behind != m_regions.begin()) first = std::max(first, std::prev(behind)->second.last + 1);
    if (address < first || address >= end) return false;
    std::uint8_t* data = found->data + (first - found->first);
    constexpr std::uint32_t all = UC_PROT_ALL, all_but_writing = UC_PROT_READ | UC_PROT_EXEC;
    const std::uint32_t rights = found->writable ? all : all_but_writing;
    check_unicorn(uc_mem_map_ptr(m_engine, first, end - first, rights, data), "map memory");
    m_regions[first] = {first, end - 1, data};
    return true;
}

void unicorn_memory::map_device(std::uint64_t address) {
    const std::uint64_t first = address / page_bytes * page_bytes;
    check_unicorn(uc_mmio_map(m_engine, first, page_bytes, &read_device, this, &write_device, this),
                  "map a device");
    check_unicorn(uc_mem_protect(m_engine, first, page_bytes, UC_PROT_NONE), "protect a device");
    m_regions[first] = {first, first + page_bytes - 1, nullptr};
}

/// Unicorn reads 8 bytes in two halves.
std::uint64_t unicorn_memory::read_device(uc_struct*, std::uint64_t offset, unsigned, void* self) {
    const auto& memory = *static_cast<unicorn_memory*>(self);
    return memory.m_answer >> (8 * ((offset - memory.m_answer_address) % 8));
}

void unicorn_memory::unmap_direct(std::uint64_t first, std::uint64_t last) {
    for (auto it = m_regions.begin(); it != m_regions.end();) {
        const region& each = it->second;
        if (each.data == nullptr || each.first > last || each.last < first) {
            ++it;
            continue;
        }
        drop_translations(each.first, each.last);
        check_unicorn(uc_mem_unmap(m_engine, each.first, each.last - each.first + 1),
                      "unmap memory");
        it = m_regions.erase(it);
    }
}

/// Page by page: to drop all at once, Unicorn writes 1 GiB of zeros.
void unicorn_memory::drop_translations(std::uint64_t first, std::uint64_t last) {
    for (const auto& [begin, each] : m_regions) {
        if (each.data == nullptr || begin > last || each.last < first) continue;
        const std::uint64_t from = std::max(first, begin);
        const std::uint64_t end = std::min(last, each.last) + 1;
        check_unicorn(uc_ctl_remove_cache(m_engine, from, end), "drop translations");
    }
}

std::uint32_t unicorn_memory::fetch(std::uint64_t pc) const {
    std::uint32_t bits = 0;
    const region* there = find(pc);
    if (there == nullptr || there->data == nullptr) return bits;
    const std::uint64_t more = there->last - pc;
    std::memcpy(&bits, there->data + (pc - there->first),
                static_cast<std::size_t>(std::min<std::uint64_t>(4, more + 1)));
    if (more < 3 && (bits & 3U) == 3U) {  // the other half lies in the next one
        uc_mem_read(m_engine, pc, &bits, sizeof bits);
    }
    return bits;
}

const unicorn_memory::region* unicorn_memory::find(std::uint64_t address) const {
    const auto next = m_regions.upper_bound(address);
    if (next == m_regions.begin()) return nullptr;
    const region& before = std::prev(next)->second;
    return address <= before.last ? &before : nullptr;
}

}  // namespace pimvp::cpu
