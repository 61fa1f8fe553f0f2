// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/firmware.h>

#include <pimvp/runner/expectations.h>

#include <pimvp/accel/driver/pimvp_payload.h>
#include <pimvp/accel/program.h>
#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>
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

std::uint64_t end_of(const cpu::elf_program& firmware) {
    std::uint64_t end = 0;
    for (const auto& part : firmware.segments) {
        end = std::max(end, part.address + part.bytes.size() + part.zeros);
    }
    return (end + page - 1) / page * page;
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
          m_memory_end(target.params.memory.address + m_board.memory().size()),
          m_pool(free_memory(target, firmware)) {
        const std::uint64_t payload = place_payload();
        m_board.load_firmware(firmware, payload);
        for (const firmware_blob& blob : options.blobs) {
            m_board.place(blob.address, blob.bytes.data(), blob.bytes.size(),
                          "--load " + blob.name);
        }
        if (options.serial != nullptr) listen();
        for (const auto& [core, agent] : options.debuggers) m_board.cpu_named(core).attach(*agent);
    }

    firmware_outcome run() {
        const std::string boot = m_board.cpu_names().front();
        cpu::riscv_cpu& core = m_board.cpu_named(boot);
        m_board.run(
            [&] {
                while (!core.ended()) sc_core::wait(core.ended_event());
            },
            core::from_fs(m_options.limit_fs));
        m_board.uart().flush();
        const cpu::riscv_cpu::ending& ending = *core.ended();
        if (ending.reason == cpu::riscv_cpu::ending::how::locked_up) {
            throw board::accelerator_error(boot + " is locked up: " + ending.text,
                                           accel::error_code::none);
        }
        firmware_outcome outcome;
        outcome.code = ending.code;
        outcome.end_fs = core::now_fs();
        outcome.energy = m_context.ledger().price(m_context.ledger().snapshot(outcome.end_fs));
        outcome.map = m_board.map_text();
        for (const std::string& name : m_board.cpu_names()) {
            outcome.cores[name] = result_of(m_board.cpu_named(name).iss());
        }
        for (std::size_t n = 0; n < m_networks.size(); ++n) outcome.networks.push_back(compare(n));
        return outcome;
    }

private:
    /// Where the outputs of an inference are to be, by output of the network.
    using places = std::vector<std::uint64_t>;

    [[nodiscard]] board::memory_pool free_memory(const platform& target,
                                                 const cpu::elf_program& firmware) const {
        const std::uint64_t base = std::max(end_of(firmware), target.params.memory.address);
        if (base >= m_memory_end) {
            throw core::user_error(
                fmt::format("the firmware ends at {:#x}, and so does the system memory at {:#x}: "
                            "link it for this board, or move or enlarge the memory",
                            base, m_memory_end));
        }
        return {base, m_memory_end - base};
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
        payload.work = (at + bytes + page - 1) / page * page;
        payload.work_bytes = m_memory_end - payload.work;
        place(at, &payload, sizeof payload);
        place(at + sizeof payload, entries.data(), entries.size() * sizeof entries[0]);
        return at;
    }

    void place_network(std::size_t index, std::vector<pimvp_payload_entry>& entries) {
        firmware_network& net = m_networks[index];
        const auto add = [&](pimvp_payload_kind kind, std::size_t inference, std::size_t tensor,
                             std::uint64_t bytes) {
            const std::uint64_t at = m_pool.allocate(bytes);
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
        m_expected.push_back(std::make_unique<expectations>(net.work, 1, 1));
        std::vector<places> outputs;
        for (std::size_t i = 0; i < net.work.inputs.size(); ++i) {
            const expectation& expected = m_expected[index]->of(i);
            places here;
            std::size_t input = 0;
            for (std::size_t t = 0; t < tensors.size(); ++t) {
                if (tensors[t].role == PIMVP_TENSOR_INPUT) {
                    const auto& bytes = expected.inputs.at(input++);
                    place(add(PIMVP_PAYLOAD_INPUT, i, t, bytes.size()), bytes.data(), bytes.size());
                } else if (tensors[t].role == PIMVP_TENSOR_OUTPUT) {
                    here.push_back(add(PIMVP_PAYLOAD_OUTPUT, i, t, tensors[t].bytes));
                }
            }
            outputs.push_back(std::move(here));
            keep(index, *expected.reference);
            m_expected[index]->release(i);
        }
        m_outputs.push_back(std::move(outputs));
    }

    /// The integers an inference has to give.
    void keep(std::size_t index, const nn::executor& reference) {
        m_wanted.resize(m_networks.size());
        std::vector<nn::integer_tensor> values;
        for (const nn::value_id id : m_networks[index].work.network.outputs) {
            values.push_back(reference.value(id));
        }
        m_wanted[index].push_back(std::move(values));
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
        result.accelerator = net.accelerator;
        result.inferences = net.work.inputs.size();
        for (std::size_t i = 0; i < result.inferences; ++i) {
            for (std::size_t o = 0; o < m_outputs[index][i].size(); ++o) {
                const nn::integer_tensor& wanted = m_wanted[index][i][o];
                nn::integer_tensor got = wanted;
                m_board.host().out.debug_read(m_outputs[index][i][o], got.bytes(),
                                              got.byte_count());
                result.elements += nn::element_count(wanted.dims());
                result.mismatches += nn::count_mismatches(got, wanted);
            }
        }
        return result;
    }

    std::vector<firmware_network> m_networks;
    const firmware_options& m_options;
    core::context& m_context;
    board::board m_board;
    const std::uint64_t m_memory_end;
    board::memory_pool m_pool;
    std::vector<std::unique_ptr<expectations>> m_expected;  ///< by network
    std::vector<std::vector<places>> m_outputs;             ///< by network and inference
    std::vector<std::vector<std::vector<nn::integer_tensor>>> m_wanted;
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

/// The accelerator NAME@ACCELERATOR names, or the first.
std::string accelerator_of(const std::string& each, const platform& target) {
    const std::size_t at = each.find('@');
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
        options.network = each.substr(0, each.find('@'));
        firmware_network made;
        target.accelerator = made.accelerator = accelerator_of(each, target);
        made.work = load_workload(options, true);
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

nlohmann::ordered_json firmware_record(const platform& target, const std::string& firmware_sha256,
                                       const firmware_options& options,
                                       const firmware_outcome& outcome) {
    using json = nlohmann::ordered_json;
    json record;
    record["schema"] = 1;
    record["pimvp_version"] = PIMVP_VERSION;
    record["platform"] = target.name;
    record["firmware_sha256"] = firmware_sha256;
    record["config_hash"] = core::config_hash(target.params);
    record["coding_style"] = core::to_string(options.context.style);
    record["quantum_s"] = core::to_seconds(options.context.quantum_fs);
    record["exit_code"] = outcome.code;
    record["time_s"] = core::to_seconds(outcome.end_fs);
    json cores = json::object();
    for (const auto& [name, core] : outcome.cores) {
        cores[name] = {{"instructions", core.instructions},
                       {"cycles", core.cycles},
                       {"by_class", core.by_class}};
    }
    record["cpus"] = cores;
    json networks = json::array();
    for (const network_result& each : outcome.networks) {
        networks.push_back({{"name", each.name},
                            {"accelerator", each.accelerator},
                            {"inferences", each.inferences},
                            {"elements", each.elements},
                            {"mismatches", each.mismatches}});
    }
    record["networks"] = networks;
    const core::energy_report& energy = outcome.energy;
    json components = json::object(), counts = json::object();
    for (const auto& [name, joules] : energy.by_component_j) components[name] = joules;
    for (const auto& [name, count] : energy.counts) {
        if (count != 0) counts[name] = count;
    }
    record["energy"] = {{"total_j", energy.total_j},
                        {"dynamic_j", energy.dynamic_j},
                        {"static_j", energy.static_j},
                        {"by_component_j", components}};
    record["counts"] = counts;
    return record;
}

}  // namespace pimvp::runner
