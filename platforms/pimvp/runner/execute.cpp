// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/execute.h>

#include <pimvp/runner/expectations.h>
#include <pimvp/runner/firmware.h>
#include <pimvp/runner/layer_watch.h>

#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/mapping/program_image.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/metrics.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

namespace pimvp::runner {
namespace {

nn::integer_tensor from_bytes(const nn::value& like, const board::tensor_bytes& bytes) {
    nn::integer_tensor made(like.dims, like.type);
    std::copy_n(bytes.begin(), std::min(bytes.size(), made.byte_count()), made.bytes());
    return made;
}

/// Between which completions a stream is steady: after the first wave of inferences in flight, over
/// whole waves; shorter streams give what they have.
struct steady_stretch {
    /// Of `inferences`, number 0 runs alone and the others stream.
    steady_stretch(std::size_t inferences, std::size_t most_in_flight)
        : in_flight(std::min(most_in_flight, inferences - 1)) {
        if (in_flight < 3) return;
        last = inferences - 1;
        const std::size_t after_first_wave = last - in_flight;
        if (after_first_wave == 0) {
            first = 1;
        } else {
            const std::size_t waves = std::max<std::size_t>(1, after_first_wave / in_flight);
            first = last - std::min(after_first_wave, waves * in_flight);
        }
    }
    [[nodiscard]] std::size_t spacings() const { return last - first; }

    std::size_t in_flight;
    std::size_t first = 0, last = 0;  ///< completions, by inference
};

/// A run in one simulation: the first inference alone, then the others in a stream.
class session {
public:
    session(const workload& work, mapped& program, const execute_options& options,
            core::context& context)
        : m_work(work),
          m_net(work.network),
          m_program(program),
          m_options(options),
          m_ledger(context.ledger()),
          m_board("board", context, program.target.params, known_iss()),
          m_unit(dynamic_cast<isaac_like::accelerator&>(
              m_board.accelerator_named(program.target.accelerator))),
          m_in_flight(streamed_together()),
          m_expected(work, program.placement.precision(), m_in_flight, options.threads),
          m_watch(m_net, reference()),
          m_stretch(work.inputs.size(), m_in_flight),
          m_host_steps(m_net.host_steps.size()) {
        m_unit.observe(&m_watch);
        if (context.trace().enabled()) m_watch.draw_on(context.trace());
        sc_core::sc_spawn_options on_interrupt;
        on_interrupt.spawn_method();
        on_interrupt.dont_initialize();
        on_interrupt.set_sensitivity(&m_unit.irq.pos());
        sc_core::sc_spawn([this] { interrupted(); }, "interrupt_watch", &on_interrupt);
    }

    run_outcome run() {
        m_board.run([this] { drive(); }, core::from_fs(m_options.limit_fs));
        m_outcome.images = m_work.inputs.size();
        m_outcome.output_dims = m_net.values[m_net.outputs[0]].dims;
        m_outcome.exact = m_program.target.isaac().tile.ima.is_exact();
        m_outcome.mismatches = m_outcome.output_mismatches;
        price();
        for (const isaac_like::layer_placement& placed : m_program.placement.layers) {
            m_outcome.layers.push_back(result_of(placed));
        }
        m_outcome.average_bits = average_bits();
        for (std::size_t s = 0; s < m_host_steps.size(); ++s) {
            m_outcome.layers.push_back(result_of(s));
        }
        for (const layer_result& layer : m_outcome.layers) {
            m_outcome.mismatches += layer.mismatches;
        }
        rate();
        score();
        return std::move(m_outcome);
    }

private:
    /// One more than the accelerator works on, so that it never waits for the host.
    [[nodiscard]] std::uint32_t streamed_together() const {
        const std::uint32_t most = m_program.target.isaac().runs_in_flight + 1;
        const std::uint32_t ring = m_program.target.params.host.ring_jobs;
        return std::min(ring, m_options.in_flight == 0 ? most : m_options.in_flight);
    }

    /// What layers are compared with, if they are.
    [[nodiscard]] layer_watch::reference_of reference() {
        if (!m_options.check_layers) return {};
        return [this](std::uint32_t inference) -> const nn::executor& {
            return *m_expected.of(inference).reference;
        };
    }

    void drive() {
        board::device& device = m_board.device_named(m_program.target.accelerator);
        const board::loaded_program handle =
            m_options.restore.empty() ? load(device) : restore(device);
        if (!m_options.save.empty()) m_board.save(m_options.save);

        // (1) the first inference on the idle machine
        const std::size_t images = m_work.inputs.size();
        const board::submitted_run first = device.submit(handle, m_expected.of(0).inputs);
        m_doorbell = m_ledger.snapshot(core::now_fs());
        const board::run_result alone = device.collect(first);
        m_static = m_interrupt.since(m_doorbell);
        m_outcome.latency_fs = alone.interrupt_fs - alone.doorbell_fs;
        take(0, alone);

        // (2) the others in a stream
        std::deque<board::submitted_run> under_way;
        for (std::size_t next = 1, done = 1; done < images; ++done) {
            while (next < images && under_way.size() < m_in_flight) {
                under_way.push_back(device.submit(handle, m_expected.of(next++).inputs));
            }
            const board::run_result result = device.collect(under_way.front());
            under_way.pop_front();
            if (done == m_stretch.first) m_begin = completion_of(result);
            if (done == m_stretch.last) m_end = completion_of(result);
            take(done, result);
        }
        m_finished = m_ledger.snapshot(core::now_fs());
    }

    board::loaded_program load(board::device& device) {
        device.start();
        const std::uint64_t begin = core::now_fs();
        const core::activity before = m_ledger.snapshot(begin);
        m_outcome.load_bytes = m_program.image.size();
        board::loaded_program program = device.load(std::move(m_program.image));
        m_outcome.load_fs = core::now_fs() - begin;
        m_loaded = m_ledger.snapshot(core::now_fs());
        m_outcome.load_j = m_ledger.price(m_loaded.since(before)).total_j;
        return program;
    }

    /// The program among those the board was saved with.
    board::loaded_program restore(const board::device& device) {
        m_board.restore(m_options.restore);
        m_loaded = m_ledger.snapshot(core::now_fs());
        std::string held;
        for (const board::loaded_program& program : device.programs()) {
            const std::string hash = mapping::to_hex(program.network_hash);
            if (hash == m_program.fingerprint) return program;
            held += (held.empty() ? "" : ", ") + hash;
        }
        throw core::user_error(m_options.restore,
                               "holds no program of this network, whose integers are " +
                                   m_program.fingerprint + ", but " +
                                   (held.empty() ? "none at all" : held) +
                                   ": name the network it was saved with");
    }

    void interrupted() {
        if (m_outcome.latency_fs == 0) m_interrupt = m_ledger.snapshot(core::now_fs());
    }

    /// Compares and scores one inference's outputs.
    void take(std::size_t index, const board::run_result& result) {
        const expectation& expected = m_expected.of(index);
        for (std::size_t i = 0; i < m_net.outputs.size(); ++i) {
            const nn::value_id id = m_net.outputs[i];
            const nn::integer_tensor got = from_bytes(m_net.values[id], result.outputs.at(i));
            m_outcome.output_mismatches += nn::count_mismatches(got, expected.reference->value(id));
            const nn::float_tensor scores = nn::dequantise(got);
            const std::vector<float> seen = finish(i, scores, *expected.reference);
            if (i != 0) continue;
            m_outcome.outputs.insert(m_outcome.outputs.end(), seen.begin(), seen.end());
            const std::vector<float>& real = scores.data;
            if (!m_work.labels.empty()) m_right.add(real, m_work.labels[index]);
            if (m_work.floating) m_apart.add(expected.float_scores, real);
        }
        m_expected.release(index);
        if (m_options.progress) m_options.progress(index + 1, m_work.inputs.size());
    }

    /// The steps of the host on output `index`: its user's view of it.
    std::vector<float> finish(std::size_t index, const nn::float_tensor& scores,
                              const nn::executor& reference) {
        for (std::size_t s = 0; s < m_net.host_steps.size(); ++s) {
            const nn::host_step& step = m_net.host_steps[s];
            if (step.output != index) continue;
            const std::uint64_t begin = core::now_fs();
            const std::vector<float> seen = nn::run(step, scores).data;
            board::host& host = m_board.host();
            host.step(seen.size(), scope_of_step(s));
            const std::size_t bytes = seen.size() * sizeof(float);
            const std::uint64_t place = host.memory().allocate(bytes);
            host.write_memory(place, seen.data(), bytes);
            host.memory().free(place);
            layer_result& result = m_host_steps[s];
            if (result.latency_fs == 0) result.latency_fs = core::now_fs() - begin;
            const std::vector<float> expected = reference.output(index).data;
            for (std::size_t e = 0; e < seen.size(); ++e) {
                if (seen[e] != expected[e]) ++result.mismatches;
            }
            return seen;
        }
        return scores.data;
    }
    /// Behind those of the nodes.
    [[nodiscard]] std::uint32_t scope_of_step(std::size_t index) const {
        return static_cast<std::uint32_t>(m_net.nodes.size() + 1 + index);
    }

    /// Events of all inferences, power domains of the first; sums first, one division last.
    void price() {
        m_runs = m_finished.since(m_loaded);
        core::energy_report r = m_ledger.price(m_runs);
        const core::energy_report alone = m_ledger.price(m_static);
        const auto n = static_cast<double>(m_work.inputs.size());
        for (const core::domain_energy& d : r.domains) {  // the time between runs does not count
            if (d.headline) r.grades_j[std::string(core::to_string(d.g))] -= d.joules;
        }
        for (auto& part : r.grades_j) part.second = std::max(0.0, part.second / n);
        r.domains = alone.domains;
        for (const core::domain_energy& d : r.domains) {
            if (d.headline) r.grades_j[std::string(core::to_string(d.g))] += d.joules;
        }
        r.static_j = alone.static_j;
        r.apart_j = alone.apart_j;
        r.dynamic_j = 0.0;
        for (auto& part : r.by_component_j) r.dynamic_j += part.second /= n;
        for (auto& part : r.by_envelope_j) part.second /= n;
        for (double& part : r.by_scope_j) part /= n;
        r.off_chip_j /= n;
        r.total_j = r.dynamic_j + r.static_j;
        m_outcome.energy = std::move(r);
        m_outcome.stream = steady();
        m_outcome.chip = chip();
    }

    /// Constant power belongs to the interval of a balanced machine; that of an unbalanced one
    /// would be charged for the time that most of it waits.
    [[nodiscard]] std::optional<chip_envelope> chip() const {
        const isaac_like::isaac_like_params& machine = m_program.target.isaac();
        if (!m_outcome.stream || machine.replication.crossbars == 0) return std::nullopt;
        std::uint64_t imas = 0;
        for (const isaac_like::layer_placement& layer : m_program.placement.layers) {
            imas += layer.imas;
        }
        chip_envelope envelope;
        envelope.interval_s = m_outcome.stream->interval_s;
        envelope.static_j = isaac_like::ima_leakage_of(machine, imas).watts * envelope.interval_s;
        for (const auto& [domain, joules] : m_outcome.stream->apart_j) envelope.static_j += joules;
        envelope.total_j = m_outcome.energy.by_envelope_j.at("chip") + envelope.static_j;
        return envelope;
    }

    [[nodiscard]] std::optional<stream_result> steady() const {
        if (m_stretch.spacings() == 0) return std::nullopt;
        stream_result result;
        result.in_flight = m_stretch.in_flight;
        result.interval_s = core::to_seconds(m_end.at_fs - m_begin.at_fs) /
                            static_cast<double>(m_stretch.spacings());
        const core::activity between = m_end.seen.since(m_begin.seen);
        const double share = result.interval_s / core::to_seconds(between.time_fs());
        for (const core::domain_energy& d : m_ledger.price(between).domains) {
            if (d.headline) {
                result.static_j += d.joules * share;
            } else {
                result.apart_j[d.name] = d.joules * share;
            }
        }
        return result;
    }

    [[nodiscard]] layer_result result_of(const isaac_like::layer_placement& placed) const {
        const nn::node& node = m_net.nodes[placed.node];
        const layer_watch::layer& seen = m_watch.of(placed.node);
        layer_result layer;
        layer.name = node.name;
        layer.kind = to_string(node.kind);
        layer.macs = m_net.macs(node);
        layer.mismatches = seen.mismatches;
        layer.latency_fs = seen.latency_fs();
        const auto images = static_cast<double>(m_work.inputs.size());
        if (m_options.check_layers &&
            seen.compared !=
                m_work.inputs.size() * nn::element_count(m_net.values[node.output].dims)) {
            throw core::internal_error("not all of '" + node.name + "' was compared");
        }
        price(layer, placed.node + 1);
        if (placed.arrays != 0 && layer.latency_fs != 0) {
            std::uint64_t reads = 0;
            for (const auto& [name, count] : layer.counts) {
                if (name.rfind("crossbar.read_cycle", 0) == 0) reads += count;
            }
            const std::uint64_t cycle = m_program.target.isaac().tile.ima.crossbar.cycle.value.fs;
            layer.precision = precision_of(placed, reads, layer.counts);
            layer.utilisation = static_cast<double>(reads) / images * static_cast<double>(cycle) /
                                (static_cast<double>(placed.arrays * placed.copies) *
                                 static_cast<double>(layer.latency_fs));
        }
        return layer;
    }

    /// Of all layers with crossbars, weighted by conversions: by activations of as many columns.
    [[nodiscard]] double average_bits() const {
        double streamed = 0.0, activations = 0.0;
        for (std::size_t i = 0; i < m_program.placement.layers.size(); ++i) {
            const layer_result& layer = m_outcome.layers[i];
            if (!layer.precision) continue;
            const auto weight = static_cast<double>(m_program.placement.layers[i].activations);
            streamed += layer.precision->average_bits * weight;
            activations += weight;
        }
        return activations == 0.0 ? 0.0 : streamed / activations;
    }

    /// What its crossbars streamed: bits from their reads, the spread from what the quantiser
    /// counted.
    [[nodiscard]] layer_precision precision_of(
        const isaac_like::layer_placement& placed, std::uint64_t reads,
        const std::map<std::string, std::uint64_t>& counts) const {
        layer_precision seen;
        seen.input_bits = placed.input_bits;
        seen.average_bits = static_cast<double>(reads) /
                            static_cast<double>(placed.activations * m_work.inputs.size());
        seen.histogram.assign(placed.input_bits + 1, 0.0);
        double groups = 0.0;
        for (unsigned n = 0; n < seen.histogram.size(); ++n) {
            const auto count = counts.find("quantiser.group." + std::to_string(n) + "b");
            if (count != counts.end()) seen.histogram[n] = static_cast<double>(count->second);
            groups += seen.histogram[n];
        }
        if (groups == 0.0) {  // all bits of everything
            seen.histogram.back() = groups = 1.0;
        }
        for (double& share : seen.histogram) share /= groups;
        return seen;
    }

    [[nodiscard]] layer_result result_of(std::size_t host_step) const {
        layer_result layer = m_host_steps[host_step];
        layer.name = m_net.host_steps[host_step].name;
        layer.kind = to_string(m_net.host_steps[host_step].kind);
        layer.on_host = true;
        price(layer, scope_of_step(host_step));
        return layer;
    }

    void price(layer_result& layer, std::uint32_t scope) const {
        layer.counts = m_ledger.scope_counts(m_runs, scope);
        layer.by_component_j = m_ledger.scope_components_j(m_runs, scope);
        for (auto& part : layer.by_component_j) {
            layer.energy_j += part.second /= static_cast<double>(m_work.inputs.size());
        }
    }

    /// How much of what the machine could do was asked of it.
    void rate() {
        int weight_bits = 1, input_bits = 1;
        for (const nn::node& n : m_net.nodes) {
            if (!n.is_matrix()) continue;
            weight_bits = std::max(weight_bits, n.weights.type().bits);
            input_bits = std::max(input_bits, m_net.values[n.inputs[0]].type.bits);
        }
        const isaac_like::operand_params& operands = m_program.target.isaac().operands;
        weight_bits = std::max(weight_bits, static_cast<int>(operands.weight_bits));
        input_bits = std::max(input_bits, static_cast<int>(operands.input_bits));
        m_outcome.machine =
            isaac_like::figures_of(m_program.target.isaac(), static_cast<unsigned>(weight_bits),
                                   static_cast<unsigned>(input_bits));
        const double seconds = m_outcome.stream ? m_outcome.stream->interval_s
                                                : core::to_seconds(m_outcome.latency_fs);
        m_outcome.utilisation =
            2.0 * static_cast<double>(m_net.macs()) / (seconds * m_outcome.machine.peak_ops_per_s);
    }

    void score() {
        if (m_right.count() != 0) {
            m_outcome.top1 = m_right.top1();
            m_outcome.top5 = m_right.top5();
        }
        if (m_apart.count() != 0) {
            m_outcome.kl = m_apart.kl();
            if (std::isfinite(m_apart.sqnr_db())) m_outcome.sqnr_db = m_apart.sqnr_db();
            m_outcome.agreement = m_apart.agreement();
        }
    }

    struct completion {
        std::uint64_t at_fs = 0;
        core::activity seen;  ///< a little later, when the host knew
    };
    [[nodiscard]] completion completion_of(const board::run_result& result) const {
        return {result.end_ps * 1000, m_ledger.snapshot(core::now_fs())};
    }

    const workload& m_work;
    const nn::network& m_net;
    mapped& m_program;
    const execute_options& m_options;
    const core::energy_ledger& m_ledger;
    board::board m_board;
    isaac_like::accelerator& m_unit;
    const std::uint32_t m_in_flight;
    expectations m_expected;
    layer_watch m_watch;
    const steady_stretch m_stretch;
    core::activity m_loaded, m_doorbell, m_interrupt, m_static, m_finished, m_runs;
    completion m_begin, m_end;  ///< of the steady stretch
    nn::accuracy m_right;
    nn::deviation m_apart;
    std::vector<layer_result> m_host_steps;
    run_outcome m_outcome;
};

}  // namespace

run_outcome execute(const workload& work, mapped& program, const execute_options& options) {
    core::context context(options.context);
    if (options.trace != nullptr) {
        core::trace_options wanted;
        wanted.globs = options.trace_also;
        context.start_trace(*options.trace, std::move(wanted));
    }
    return session(work, program, options, context).run();
}

}  // namespace pimvp::runner
