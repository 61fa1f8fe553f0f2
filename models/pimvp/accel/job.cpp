// SPDX-License-Identifier: Apache-2.0
#include <pimvp/accel/job.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace pimvp::accel {
namespace {

[[noreturn]] void refuse(error_code code, std::uint64_t address, std::string text) {
    throw job_fault{code, address, std::move(text)};
}

/// [address, address + length) without wrapping around.
bool wraps(std::uint64_t address, std::uint64_t length) {
    return length != 0 && address > std::numeric_limits<std::uint64_t>::max() - (length - 1);
}

std::uint64_t table_end(const program_header& header) {
    return sizeof(program_header) + std::uint64_t{header.sections} * sizeof(section_entry);
}

void check_operands(const job& j, std::uint64_t address) {
    const bool names_memory = j.operation == opcode::load || j.operation == opcode::run;
    const bool names_handle = j.operation == opcode::run || j.operation == opcode::unload;
    if (names_handle != (j.handle != 0)) {
        refuse(names_handle ? error_code::bad_handle : error_code::bad_job, address,
               names_handle ? "the handle must not be 0" : "the handle must be 0");
    }
    if (!names_memory && (j.address != 0 || j.length != 0)) {
        refuse(error_code::bad_job, address, "address and length must be 0");
    }
    if (names_memory && (j.address % 8 != 0 || wraps(j.address, j.length))) {
        refuse(error_code::bad_job, address, "the operand is misaligned or leaves the memory");
    }
    if (j.operation == opcode::load && !j.record) {
        refuse(error_code::bad_job, address, "LOAD needs a record: its handle is lost otherwise");
    }
    if (j.operation == opcode::load && j.length < sizeof(program_header)) {
        refuse(error_code::bad_program, j.address, "the image is shorter than its header");
    }
    if (j.operation == opcode::run &&
        (j.length % PIMVP_TENSOR_BYTES != 0 || j.length / PIMVP_TENSOR_BYTES > tensors_max)) {
        refuse(error_code::bad_tensor_table, j.address,
               "the table's length must be a multiple of 32 bytes and at most 1024 entries");
    }
}

}  // namespace

const char* to_string(error_code code) {
    switch (code) {
    case error_code::none:
        return "none";
    case error_code::bad_job:
        return "bad_job";
    case error_code::bad_version:
        return "bad_version";
    case error_code::bad_handle:
        return "bad_handle";
    case error_code::bad_program:
        return "bad_program";
    case error_code::config_mismatch:
        return "config_mismatch";
    case error_code::no_capacity:
        return "no_capacity";
    case error_code::bad_tensor_table:
        return "bad_tensor_table";
    case error_code::bus_error:
        return "bus_error";
    case error_code::bad_ring:
        return "bad_ring";
    case error_code::handle_busy:
        return "handle_busy";
    }
    return "unknown";
}

job decode_job(const pimvp_job& raw, std::uint64_t address) {
    if (raw.version != PIMVP_JOB_VERSION) {
        refuse(error_code::bad_version, address,
               "job format " + std::to_string(raw.version) + ", known: 1");
    }
    if (raw.opcode < PIMVP_JOB_LOAD || raw.opcode > PIMVP_JOB_FENCE) {
        refuse(error_code::bad_job, address, "unknown opcode " + std::to_string(raw.opcode));
    }
    if (raw.size != PIMVP_JOB_BYTES) {
        refuse(error_code::bad_job, address, "size " + std::to_string(raw.size) + ", not 64");
    }
    constexpr unsigned known_flags = PIMVP_JOB_IRQ | PIMVP_JOB_RECORD;
    if ((raw.flags & ~known_flags) != 0) refuse(error_code::bad_job, address, "unknown flags");
    if ((raw.reserved0 | raw.reserved1[0] | raw.reserved1[1]) != 0) {
        refuse(error_code::bad_job, address, "reserved bytes are not 0");
    }
    job j;
    j.operation = static_cast<opcode>(raw.opcode);
    j.irq = (raw.flags & PIMVP_JOB_IRQ) != 0;
    j.record = (raw.flags & PIMVP_JOB_RECORD) != 0;
    j.tag = raw.tag;
    j.handle = raw.handle;
    j.address = raw.address;
    j.length = raw.length;
    j.record_address = raw.record;
    if (j.record ? j.record_address % 8 != 0 || wraps(j.record_address, PIMVP_RECORD_BYTES)
                 : j.record_address != 0) {
        refuse(error_code::bad_job, address, "the record's address is misaligned or not wanted");
    }
    check_operands(j, address);
    return j;
}

void check_header(const program_header& header, std::uint64_t length, std::uint32_t family,
                  const hash256& config_hash) {
    if (header.magic != program_magic) {
        refuse(error_code::bad_program, offsetof(program_header, magic), "no program: wrong magic");
    }
    if (header.format_version != program_format_version) {
        refuse(error_code::bad_version, offsetof(program_header, format_version),
               "program format " + std::to_string(header.format_version) +
                   ", known: " + std::to_string(program_format_version));
    }
    if (header.header_bytes != sizeof(program_header)) {
        refuse(error_code::bad_program, offsetof(program_header, header_bytes),
               "header of " + std::to_string(header.header_bytes) + " bytes, not 128");
    }
    if (std::any_of(header.reserved.begin(), header.reserved.end(),
                    [](std::uint8_t byte) { return byte != 0; })) {
        refuse(error_code::bad_program, offsetof(program_header, reserved),
               "reserved bytes are not 0");
    }
    if (header.family != family) {
        refuse(error_code::config_mismatch, offsetof(program_header, family),
               "the program was mapped for another accelerator family");
    }
    if (header.config_hash != config_hash) {
        refuse(error_code::config_mismatch, offsetof(program_header, config_hash),
               "the program was mapped for another configuration of this family");
    }
    if (header.total_bytes > length) {
        refuse(error_code::bad_program, offsetof(program_header, total_bytes),
               "the image of " + std::to_string(header.total_bytes) +
                   " bytes is longer than the job says: " + std::to_string(length));
    }
    if (header.sections > sections_max || table_end(header) > header.total_bytes) {
        refuse(error_code::bad_program, offsetof(program_header, sections),
               "the section table does not fit into the image");
    }
}

void check_sections(const program_header& header, const std::vector<section_entry>& sections) {
    using extent = std::pair<std::uint64_t, std::uint64_t>;
    std::vector<extent> used;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const section_entry& s = sections[i];
        const std::uint64_t place = sizeof(program_header) + i * sizeof(section_entry);
        if (s.reserved != 0) refuse(error_code::bad_program, place, "reserved bytes are not 0");
        if (s.offset % 64 != 0 || s.offset < table_end(header) || s.offset > header.total_bytes ||
            s.bytes > header.total_bytes - s.offset) {
            refuse(error_code::bad_program, place,
                   "section " + std::to_string(i) + " is misaligned or leaves the image");
        }
        if (s.bytes != 0) used.emplace_back(s.offset, s.offset + s.bytes);
    }
    std::sort(used.begin(), used.end());
    for (std::size_t i = 1; i < used.size(); ++i) {
        if (used[i].first < used[i - 1].second) {
            refuse(error_code::bad_program, used[i].first, "two sections overlap");
        }
    }
}

std::vector<tensor_binding> bind_tensors(const std::vector<pimvp_tensor>& table,
                                         std::uint64_t address,
                                         const std::vector<tensor_descriptor>& wanted,
                                         const engine& target) {
    if (table.size() != wanted.size()) {
        refuse(error_code::bad_tensor_table, address,
               std::to_string(table.size()) + " tensors given, the program has " +
                   std::to_string(wanted.size()));
    }
    std::vector<tensor_binding> bindings;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const pimvp_tensor& entry = table[i];
        const std::uint64_t place = address + i * PIMVP_TENSOR_BYTES;
        const std::string name = "tensor " + std::to_string(i);
        if (entry.reserved != 0) {
            refuse(error_code::bad_tensor_table, place, name + ": reserved bytes are not 0");
        }
        if (entry.role != wanted[i].role) {
            refuse(error_code::bad_tensor_table, place,
                   name + ": role " + std::to_string(entry.role) + ", the program wants " +
                       std::to_string(wanted[i].role));
        }
        if (entry.bytes != wanted[i].bytes) {
            refuse(error_code::bad_tensor_table, place,
                   name + ": " + std::to_string(entry.bytes) + " bytes, the program wants " +
                       std::to_string(wanted[i].bytes));
        }
        const tensor_binding binding{static_cast<tensor_role>(entry.role), entry.address,
                                     entry.bytes, entry.stride};
        if (wraps(entry.address, entry.bytes) || !target.accepts_binding(wanted[i], binding)) {
            refuse(error_code::bad_tensor_table, place,
                   name + ": the stride is not supported or the tensor leaves the memory");
        }
        bindings.push_back(binding);
    }
    return bindings;
}

void job_ring::start(std::uint64_t base, std::uint32_t size) {
    if (base % PIMVP_RING_ALIGNMENT != 0) {
        refuse(error_code::bad_ring, base, "RING_BASE is not a multiple of 64");
    }
    if (size == 0 || (size & (size - 1)) != 0 || size > PIMVP_RING_JOBS_MAX) {
        refuse(error_code::bad_ring, base,
               "RING_SIZE " + std::to_string(size) + " is not a power of two in 1 .. 65536");
    }
    if (wraps(base, std::uint64_t{size} * PIMVP_JOB_BYTES)) {
        refuse(error_code::bad_ring, base, "the ring leaves the address space");
    }
    *this = {};
    m_base = base;
    m_size = size;
}

void job_ring::doorbell(std::uint32_t tail) {
    if (!started()) refuse(error_code::bad_ring, 0, "doorbell without an enabled ring");
    if (tail - m_head > m_size || tail - m_head < m_tail - m_head) {
        refuse(error_code::bad_ring, slot(m_head),
               "tail " + std::to_string(tail) + " is not 0 .. size jobs beyond head " +
                   std::to_string(m_head) + " or takes back jobs");
    }
    m_tail = tail;
}

}  // namespace pimvp::accel
