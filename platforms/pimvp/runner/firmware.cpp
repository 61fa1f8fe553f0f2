// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/firmware.h>

#include <pimvp/runner/expectations.h>

#include <pimvp/accel/driver/pimvp_payload.h>
#include <pimvp/accel/program.h>
#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/arithmetic.h>
#ifdef PIMVP_HAS_UNICORN
#include <pimvp/cpu/unicorn_iss.h>
#endif

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace pimvp::runner {
namespace {

constexpr std::uint64_t page = 4096;

/// What firmware takes of a memory, from its beginning to the page behind the last byte.
std::uint64_t taken_of(const board::memory_entry& memory, const cpu::elf_program& firmware) {
    const std::uint64_t bytes = memory.params.size.value.bytes;
    std::uint64_t taken = 0;
    for (const auto& part : firmware.segments) {
        const std::uint64_t offset = part.address - memory.address;
        if (offset < bytes) taken = std::max(taken, offset + part.bytes.size() + part.zeros);
    }
    return (taken + page - 1) / page * page;
}

/// A run of firmware in one simulation.
class session {
public:
    session(const platform& target, const cpu::elf_program& firmware,
            std::vector<firmware_network> networks, const firmware_options& options,
            core::context& context)
        : m_networks(std::move(networks)),
          m_options(options),
          m_context(context),
          m_board("board", context, target.params, known_iss()),
          m_memory_last(target.params.memory.address + (m_board.memory().size() - 1)),
          m_pool(free_memory(target, firmware)) {
        const std::uint64_t payload = place_payload();
        m_board.load_firmware(firmware, payload);
        for (const firmware_blob& blob : options.blobs) {
            check_apart(blob, firmware, payload);
            m_board.place(blob.address, blob.bytes.data(), blob.bytes.size(),
                          "--load " + blob.name);
        }
        if (options.serial != nullptr) listen();
        for (const auto& [core, agent] : options.debuggers) m_board.cpu_named(core).attach(*agent);
    }

    firmware_outcome run() {
        const cpu::riscv_cpu& first = m_board.cpu_named(m_board.cpu_names().front());
        try {
            m_board.run([&] { wait_for_end(first); }, core::from_fs(m_options.limit_fs));
        } catch (...) {
            m_board.uart().flush();  // what software had to say before it went wrong
            throw;
        }
        m_board.uart().flush();
        firmware_outcome outcome;
        outcome.code = first.ended()->code;
        for (const std::string& name : m_board.cpu_names()) {
            outcome.cores[name] = result_of(m_board.cpu_named(name).iss());
        }
        outcome.end_fs = core::now_fs();
        outcome.energy = m_context.ledger().price(m_context.ledger().snapshot(outcome.end_fs));
        outcome.map = m_board.map_text();
        for (std::size_t n = 0; n < m_networks.size(); ++n) outcome.networks.push_back(compare(n));
        return outcome;
    }

private:
    /// Where firmware is to leave a tensor, and the integers it has to be.
    struct awaited {
        std::uint64_t address = 0;
        nn::integer_tensor wanted;
    };

    [[nodiscard]] static bool locked_up(const cpu::riscv_cpu& core) {
        return core.ended() && core.ended()->reason == cpu::riscv_cpu::ending::how::locked_up;
    }

    /// Until the first core has ended its program. Throws board::accelerator_error if any core is
    /// locked up.
    void wait_for_end(const cpu::riscv_cpu& first) {
        const std::vector<std::string> names = m_board.cpu_names();
        sc_core::sc_event_or_list any;
        for (const std::string& name : names) any |= m_board.cpu_named(name).ended_event();
        for (;;) {
            for (const std::string& name : names) {
                const cpu::riscv_cpu& core = m_board.cpu_named(name);
                if (!locked_up(core)) continue;
                throw board::accelerator_error(name + " is locked up: " + core.ended()->text,
                                               accel::error_code::none);
            }
            if (first.ended()) return;
            sc_core::wait(any);
        }
    }

    /// Throws core::user_error if a blob lies where something else does.
    void check_apart(const firmware_blob& blob, const cpu::elf_program& firmware,
                     std::uint64_t payload) const {
        const auto refuse = [&](std::uint64_t first, std::uint64_t end, const char* what) {
            if (blob.address >= end || first >= blob.address + blob.bytes.size()) return;
            throw core::user_error(
                "--load " + blob.name,
                fmt::format("overlaps the {}, {:#x} .. {:#x}", what, first, end - 1));
        };
        for (const auto& part : firmware.segments) {
            refuse(part.address, part.address + part.bytes.size() + part.zeros, "firmware");
        }
        refuse(payload, m_work, "payload");
        for (const auto& [first, bytes] : m_placed) refuse(first, first + bytes, "payload");
    }

    [[nodiscard]] board::memory_pool free_memory(const platform& target,
                                                 const cpu::elf_program& firmware) {
        const board::memory_entry& memory = target.params.memory;
        const std::uint64_t bytes = m_board.memory().size();
        const std::uint64_t taken = taken_of(memory, firmware);
        if (taken >= bytes) {
            throw core::user_error(
                fmt::format("the firmware leaves nothing of the system memory, {:#x} .. {:#x}: "
                            "enlarge it",
                            memory.address, memory.address + (bytes - 1)));
        }
        return {memory.address + taken, bytes - taken};
    }

    void place(std::uint64_t address, const void* from, std::size_t bytes) {
        m_board.place(address, from, bytes, "payload");
    }

    std::uint64_t place_payload() {
        std::vector<pimvp_payload_entry> entries;
        for (std::size_t n = 0; n < m_networks.size(); ++n) place_network(n, entries);
        pimvp_payload payload{};
        payload.magic = PIMVP_PAYLOAD_MAGIC;
        payload.version = PIMVP_PAYLOAD_VERSION;
        payload.entries = static_cast<std::uint32_t>(entries.size());
        payload.networks = static_cast<std::uint32_t>(m_networks.size());
        payload.inferences =
            m_networks.empty() ? 0 : static_cast<std::uint32_t>(m_networks[0].work.inputs.size());
        const std::size_t bytes = sizeof payload + entries.size() * sizeof entries[0];
        const std::uint64_t at = m_pool.allocate(bytes);
        // The directory is the last thing placed: what lies behind it is free.
        const std::uint64_t room = m_memory_last - (at + bytes) + 1;
        const std::uint64_t gap = std::min(room, (page - (at + bytes) % page) % page);
        payload.work = m_work = at + bytes + gap;
        payload.work_bytes = room - gap;
        place(at, &payload, sizeof payload);
        place(at + sizeof payload, entries.data(), entries.size() * sizeof entries[0]);
        return at;
    }

    void place_network(std::size_t index, std::vector<pimvp_payload_entry>& entries) {
        firmware_network& net = m_networks[index];
        const auto add = [&](pimvp_payload_kind kind, std::size_t inference, std::size_t tensor,
                             std::uint64_t bytes) {
            const std::uint64_t at = m_pool.allocate(bytes);
            m_placed.emplace_back(at, bytes);
            entries.push_back({static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(index),
                               static_cast<std::uint32_t>(inference),
                               static_cast<std::uint32_t>(tensor), at, bytes});
            return at;
        };
        const std::vector<std::uint8_t>& image = net.program.image;
        place(add(PIMVP_PAYLOAD_PROGRAM, 0, 0, image.size()), image.data(), image.size());
        const auto tensors = accel::tensors_in(image);
        for (std::size_t t = 0; t < tensors.size(); ++t) {
            if (tensors[t].role == PIMVP_TENSOR_STATE) {
                add(PIMVP_PAYLOAD_STATE, 0, t, tensors[t].bytes);
            }
        }
        expectations expected(net.work, net.program.placement.precision(), 1, 1);
        std::vector<awaited>& outputs = m_outputs.emplace_back();
        for (std::size_t i = 0; i < net.work.inputs.size(); ++i) {
            const expectation& here = expected.of(i);
            std::size_t input = 0, output = 0;
            for (std::size_t t = 0; t < tensors.size(); ++t) {
                if (tensors[t].role == PIMVP_TENSOR_INPUT) {
                    const auto& bytes = here.inputs.at(input++);
                    place(add(PIMVP_PAYLOAD_INPUT, i, t, bytes.size()), bytes.data(), bytes.size());
                } else if (tensors[t].role == PIMVP_TENSOR_OUTPUT) {
                    const nn::value_id id = net.work.network.outputs.at(output++);
                    outputs.push_back({add(PIMVP_PAYLOAD_OUTPUT, i, t, tensors[t].bytes),
                                       here.reference->value(id)});
                }
            }
            expected.release(i);
        }
    }

    void listen() {
        std::ostream& serial = *m_options.serial;
        m_board.uart().sent_to([&serial](char byte) { serial.put(byte); });
        for (const std::string& name : m_board.cpu_names()) {
            m_board.cpu_named(name).write_to([&serial](std::string_view text) { serial << text; });
        }
    }

    [[nodiscard]] static core_result result_of(const cpu::iss& iss) {
        core_result result;
        result.instructions = iss.instructions();
        result.cycles = iss.cycles();
        const auto classes = iss.instructions_by_class();
        for (std::size_t c = 0; c < classes.size(); ++c) {
            if (classes[c] == 0) continue;
            const auto kind = static_cast<cpu::instruction_class>(c);
            result.by_class[std::string(cpu::to_string(kind))] = classes[c];
        }
        return result;
    }

    network_result compare(std::size_t index) {
        const firmware_network& net = m_networks[index];
        network_result result;
        result.name = net.work.network.name;
        result.sha256 = net.work.network.sha256;
        result.integers_sha256 = net.program.fingerprint;
        result.accelerator = net.accelerator;
        result.inferences = net.work.inputs.size();
        result.exact = net.program.target.isaac().tile.ima.is_exact();
        for (const awaited& output : m_outputs[index]) {
            nn::integer_tensor got = output.wanted;
            m_board.host().out.debug_read(output.address, got.bytes(), got.byte_count());
            result.elements += nn::element_count(output.wanted.dims());
            result.mismatches += nn::count_mismatches(got, output.wanted);
        }
        return result;
    }

    std::vector<firmware_network> m_networks;
    const firmware_options& m_options;
    core::context& m_context;
    board::board m_board;
    const std::uint64_t m_memory_last;
    board::memory_pool m_pool;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> m_placed;  ///< address, bytes
    std::uint64_t m_work = 0;                                       ///< end of the payload
    std::vector<std::vector<awaited>> m_outputs;                    ///< by network
};

}  // namespace

cpu::iss_factory known_iss() {
#ifdef PIMVP_HAS_UNICORN
    return cpu::make_unicorn_iss;
#else
    return {};
#endif
}

namespace {

/// Where NAME@ACCELERATOR is to be cut; a '@' in the name of a file does not count.
std::size_t accelerator_mark(const std::string& each) {
    const std::size_t at = each.rfind('@');
    const bool in_path = at != std::string::npos && each.find_first_of("./", at) != each.npos;
    return in_path ? std::string::npos : at;
}

/// The accelerator NAME@ACCELERATOR names, or the first.
std::string accelerator_of(const std::string& each, const platform& target) {
    const std::size_t at = accelerator_mark(each);
    if (at == std::string::npos) return target.params.accelerators.begin()->first;
    std::string name = each.substr(at + 1);
    if (target.params.accelerators.count(name) == 0) {
        std::vector<std::string> known;
        for (const auto& entry : target.params.accelerators) known.push_back(entry.first);
        throw core::user_error(
            "--network " + each,
            "the board has no accelerator " + core::quoted(name) + core::did_you_mean(name, known));
    }
    return name;
}

}  // namespace

std::vector<firmware_network> map_for_firmware(const std::vector<std::string>& names,
                                               const workload_options& data, platform& target) {
    struct room {
        std::uint32_t chips = 0, tiles = 0;
    };
    const std::string first = target.accelerator;
    std::vector<firmware_network> networks;
    std::vector<std::uint32_t> first_tiles;
    std::map<std::string, room> used;
    // (1) where each network goes, and how many chips that takes
    for (const std::string& each : names) {
        workload_options options = data;
        options.network = each.substr(0, accelerator_mark(each));
        firmware_network made;
        target.accelerator = made.accelerator = accelerator_of(each, target);
        made.work = load_workload(options, true);
        if (!networks.empty() && made.work.inputs.size() != networks[0].work.inputs.size()) {
            throw core::user_error(
                "--network " + each,
                fmt::format("has {} inputs, {} has {}: give --images N", made.work.inputs.size(),
                            names[0], networks[0].work.inputs.size()));
        }
        room& its = used[made.accelerator];
        first_tiles.push_back(its.tiles);
        const isaac_like::placement placed =
            map_to(made.work.network, target, mapping_of::placement, its.tiles).placement;
        its.chips = std::max(its.chips, placed.chips);
        its.tiles += placed.tiles;
        networks.push_back(std::move(made));
    }
    // (2) a machine of that size
    for (const auto& [accelerator, its] : used) {
        target.accelerator = accelerator;
        if (target.isaac().chips == 0) set_chips(target, its.chips);
    }
    // (3) programs for it
    for (std::size_t n = 0; n < networks.size(); ++n) {
        target.accelerator = networks[n].accelerator;
        networks[n].program =
            map_to(networks[n].work.network, target, mapping_of::program, first_tiles[n]);
    }
    target.accelerator = first;
    return networks;
}

firmware_outcome run_firmware(const platform& target, const cpu::elf_program& firmware,
                              std::vector<firmware_network> networks,
                              const firmware_options& options) {
    if (target.params.cpus.empty()) {
        throw core::user_error("cpus", "the board " + core::quoted(target.name) +
                                           " has no core to run firmware: name one, as in\n"
                                           "    cpus: {cpu0: {isa: rv64imac}}");
    }
    core::context context(options.context);
    if (options.trace != nullptr) context.start_trace(*options.trace);
    return session(target, firmware, std::move(networks), options, context).run();
}

}  // namespace pimvp::runner
