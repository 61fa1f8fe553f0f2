// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/comparison.h>
#include <pimvp/runner/execute.h>

#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/metrics.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace pimvp::runner {
namespace {

/// Prices all inferences: events from before each submit to after its collect, power domains from
/// doorbell to interrupt. Sums first, one division last.
class energy_window {
public:
    explicit energy_window(const core::energy_ledger& ledger)
        : m_ledger(ledger) {}

    void begin_static() { m_doorbell = m_ledger.snapshot(core::now_fs()); }
    void end_static() { m_interrupt = m_ledger.snapshot(core::now_fs()); }
    void close() {
        const core::energy_report waited = m_ledger.price(m_interrupt.since(m_doorbell));
        if (m_domains.empty()) {
            m_domains = waited.domains;
            return;
        }
        for (std::size_t i = 0; i < m_domains.size(); ++i) {
            m_domains[i].joules += waited.domains[i].joules;
        }
    }

    [[nodiscard]] core::energy_report report(const core::activity& all, std::size_t runs) const {
        core::energy_report r = m_ledger.price(all);
        const auto n = static_cast<double>(runs);
        for (const core::domain_energy& d : r.domains) {  // the time between runs does not count
            if (d.headline) r.grades_j[std::string(core::to_string(d.g))] -= d.joules;
        }
        r.static_j = r.apart_j = r.dynamic_j = 0.0;
        r.domains = m_domains;
        for (core::domain_energy& d : r.domains) {
            if (d.headline) r.grades_j[std::string(core::to_string(d.g))] += d.joules;
            d.joules /= n;
            (d.headline ? r.static_j : r.apart_j) += d.joules;
        }
        for (auto& part : r.by_component_j) r.dynamic_j += part.second /= n;
        for (auto& part : r.by_envelope_j) part.second /= n;
        for (auto& part : r.grades_j) part.second = std::max(0.0, part.second / n);
        for (double& part : r.by_scope_j) part /= n;
        r.off_chip_j /= n;
        r.total_j = r.dynamic_j + r.static_j;
        return r;
    }

private:
    const core::energy_ledger& m_ledger;
    core::activity m_doorbell, m_interrupt;
    std::vector<core::domain_energy> m_domains;
};

nn::integer_tensor from_bytes(const nn::value& like, const board::tensor_bytes& bytes) {
    nn::integer_tensor made(like.dims, like.type);
    std::copy_n(bytes.begin(), std::min(bytes.size(), made.byte_count()), made.bytes());
    return made;
}

/// Scores of the outputs against labels and the float network.
struct scores {
    nn::accuracy right;
    nn::deviation apart;
};

}  // namespace

run_outcome execute(const workload& work, const mapped& program, const execute_options& options) {
    const nn::network& net = work.network;
    core::context context(options.context);
    if (options.trace != nullptr) context.start_trace(*options.trace);
    board::board board("board", context, program.target.params);
    const std::string& name = program.target.accelerator;
    auto& unit = dynamic_cast<isaac_like::accelerator&>(board.accelerator_named(name));

    nn::executor reference(net);
    std::unique_ptr<nn::float_executor> floating;
    if (work.floating) floating = std::make_unique<nn::float_executor>(*work.floating);
    comparison layers(net, reference);
    if (options.check_layers) unit.observe(&layers);

    energy_window energy(context.ledger());
    sc_core::sc_spawn_options watch;
    watch.spawn_method();
    watch.dont_initialize();
    watch.set_sensitivity(&unit.irq.pos());
    sc_core::sc_spawn([&energy] { energy.end_static(); }, "interrupt_watch", &watch);

    run_outcome outcome;
    outcome.images = work.inputs.size();
    outcome.output_dims = net.values[net.outputs[0]].dims;
    outcome.load_bytes = program.image.size();
    scores scored;
    core::activity loaded;
    core::activity finished;

    const auto one = [&](board::device& device, const board::loaded_program& handle,
                         std::size_t index) {
        std::vector<nn::integer_tensor> inputs;
        std::vector<board::tensor_bytes> bytes;
        for (std::size_t i = 0; i < net.inputs.size(); ++i) {
            inputs.push_back(nn::quantise(work.inputs[index][i], net.values[net.inputs[i]].type));
            const nn::integer_tensor& t = inputs.back();
            bytes.emplace_back(t.bytes(), t.bytes() + t.byte_count());
        }
        reference.run(inputs);
        const board::submitted_run run = device.submit(handle, bytes);
        energy.begin_static();
        const board::run_result result = device.collect(run);
        energy.close();
        outcome.latencies_fs.push_back(result.interrupt_fs - result.doorbell_fs);
        for (std::size_t i = 0; i < net.outputs.size(); ++i) {
            const nn::integer_tensor got =
                from_bytes(net.values[net.outputs[i]], result.outputs.at(i));
            outcome.output_mismatches += nn::count_mismatches(got, reference.value(net.outputs[i]));
            if (i != 0) continue;
            const std::vector<float> real = nn::dequantise(got).data;
            outcome.outputs.insert(outcome.outputs.end(), real.begin(), real.end());
            if (!work.labels.empty()) scored.right.add(real, work.labels[index]);
            if (floating) {
                floating->run(work.inputs[index]);
                scored.apart.add(floating->value(work.floating->outputs[0]).data, real);
            }
        }
        if (options.progress) options.progress(index + 1, outcome.images);
    };
    board.run(
        [&] {
            board::device& device = board.device_named(name);
            device.start();
            const std::uint64_t begin = core::now_fs();
            const core::activity before = context.ledger().snapshot(begin);
            const board::loaded_program handle = device.load(program.image);
            outcome.load_fs = core::now_fs() - begin;
            loaded = context.ledger().snapshot(core::now_fs());
            outcome.load_j = context.ledger().price(loaded.since(before)).total_j;
            for (std::size_t i = 0; i < work.inputs.size(); ++i) one(device, handle, i);
            finished = context.ledger().snapshot(core::now_fs());
        },
        core::from_fs(options.limit_fs));

    const core::activity runs = finished.since(loaded);
    outcome.energy = energy.report(runs, outcome.images);
    outcome.mismatches = outcome.output_mismatches;
    for (const isaac_like::layer_placement& placed : program.placement.layers) {
        layer_result layer;
        layer.node = placed.node;
        layer.mismatches = layers.mismatches()[placed.node];
        const nn::shape& dims = net.values[net.nodes[placed.node].output].dims;
        if (options.check_layers &&
            layers.compared()[placed.node] != outcome.images * nn::element_count(dims)) {
            throw core::internal_error("not all of '" + net.nodes[placed.node].name +
                                       "' was compared");
        }
        layer.counts = context.ledger().scope_counts(runs, placed.node + 1);
        layer.energy_j =
            context.ledger().scope_j(runs, placed.node + 1) / static_cast<double>(outcome.images);
        outcome.mismatches += layer.mismatches;
        outcome.layers.push_back(std::move(layer));
    }
    if (scored.right.count() != 0) {
        outcome.top1 = scored.right.top1();
        outcome.top5 = scored.right.top5();
    }
    if (scored.apart.count() != 0) {
        outcome.kl = scored.apart.kl();
        if (std::isfinite(scored.apart.sqnr_db())) outcome.sqnr_db = scored.apart.sqnr_db();
        outcome.agreement = scored.apart.agreement();
    }
    return outcome;
}

}  // namespace pimvp::runner
