// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/precision_calibration.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/metrics.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <future>
#include <limits>
#include <optional>
#include <utility>

namespace pimvp::nn {
namespace {

using policy = precision_policy;

/// The statistic of one group in one window.
std::int64_t statistic_of(const node& n, const integer_tensor& input, const window_groups& groups,
                          std::size_t group, std::int64_t row, std::int64_t column,
                          group_statistic statistic) {
    const shape& in = input.dims();
    const window& w = n.geometry;
    const auto area = static_cast<std::uint32_t>(w.kernel_h * w.kernel_w);
    const auto channels = static_cast<std::uint32_t>(in[1]);
    const bool by_kernel = groups.order == element_order::kernel_first;
    group_figures seen;
    const auto [first, count] = groups.groups[group];
    for (std::uint32_t i = first; i < first + count; ++i) {
        const std::uint32_t channel = by_kernel ? i % channels : i / area;
        const auto tap = static_cast<int>(by_kernel ? i / channels : i % area);
        const std::int64_t y = row * w.stride_h - w.pad_top + tap / w.kernel_w * w.dilation_h;
        const std::int64_t x = column * w.stride_w - w.pad_left + tap % w.kernel_w * w.dilation_w;
        const bool inside = y >= 0 && y < in[2] && x >= 0 && x < in[3];
        seen.add(inside ? input.at(static_cast<std::size_t>((channel * in[2] + y) * in[3] + x))
                        : input.type().zero_point);
    }
    return judge(statistic, seen);
}

/// One setting of a layer, tried alone.
struct setting {
    layer_precision numbers;
    double bits = 0.0;      // average of its planes
    double alone = 0.0;     // nats
    double expected = 0.0;  // what it adds when others are cut too, nats
};

/// What is known of one convolution.
struct layer_state {
    std::uint32_t node = 0;
    const window_groups* groups = nullptr;
    tensor_type type;     // of its inputs
    double weight = 0.0;  // share of the arrays' activations at one plane each
    std::vector<setting> tried;
    std::vector<layer_precision> pending;  // in the order in which they are tried
    std::vector<std::int64_t> quantiles;   // threshold: reached by 1/4, 1/2, 3/4 of the groups
};

/// All layers at once: index into `tried` of each.
using choice = std::vector<std::size_t>;

struct outcome {
    double divergence = 0.0;
    double bound = 0.0;
    double bits = 0.0;
    std::vector<plane_counts> planes;  // per layer
};

class search {
public:
    search(const network& net, const network_groups& groups, const integer_set& inputs,
           const precision_goal& goal);
    calibrated_precision run();

private:
    /// Calls task(executor, input) for all inputs, spread over threads.
    template <class Task>
    void for_inputs(const Task& task);
    [[nodiscard]] std::vector<float> scores(const executor& from) const {
        return dequantise(from.value(m_net.outputs[0])).data;
    }
    void find_quantiles();
    void try_alone();
    void try_wave();
    void plan_next(layer_state& layer, const setting& last) const;
    [[nodiscard]] bool allowed(double alone) const { return alone <= 2.0 * m_goal.budget; }
    [[nodiscard]] network_precision precision_of(const choice& settings) const;
    [[nodiscard]] input_precision precision_of(const layer_state& layer,
                                               const layer_precision& numbers) const {
        return {m_goal.rule, numbers, *layer.groups};
    }
    const outcome& measure(const choice& settings);
    [[nodiscard]] choice priced(double price, std::size_t held, std::size_t at) const;
    bool try_all(const choice& settings);
    choice bisect(std::size_t held, std::size_t at);
    void fill(choice settings);
    void tell(const char* what, long number) const;

    const network& m_net;
    const integer_set& m_inputs;
    const precision_goal& m_goal;
    std::vector<executor> m_executors;  // one a thread
    std::vector<layer_state> m_layers;
    std::vector<std::vector<float>> m_reference;  // scores per input
    choice m_best;
    outcome m_reached;
    std::map<choice, outcome> m_measured;
};

search::search(const network& net, const network_groups& groups, const integer_set& inputs,
               const precision_goal& goal)
    : m_net(net),
      m_inputs(inputs),
      m_goal(goal),
      m_reference(inputs.size()) {
    if (inputs.empty()) {
        throw core::user_error("the precision of '" + net.name + "' needs inputs to calibrate on");
    }
    if (groups.empty()) {
        throw core::user_error("network '" + net.name +
                               "' has no convolution whose inputs could be cut");
    }
    double all = 0.0;
    network_precision first;
    for (const auto& [index, windows] : groups) {
        if (index >= net.nodes.size()) throw core::internal_error("groups of a node that is none");
        const node& n = net.nodes[index];
        layer_state layer;
        layer.node = index;
        layer.groups = &windows;
        layer.type = net.values[n.inputs[0]].type;
        const shape& out = net.values[n.output].dims;
        for (const std::uint32_t arrays : windows.arrays) {
            layer.weight += static_cast<double>(arrays) * static_cast<double>(out[2] * out[3]);
        }
        all += layer.weight;
        layer.pending = {{}};
        first.emplace(index, precision_of(layer, {}));
        m_layers.push_back(std::move(layer));
    }
    for (layer_state& layer : m_layers) layer.weight /= all;
    const std::size_t threads = std::clamp<std::size_t>(goal.threads, 1, inputs.size());
    m_executors.reserve(threads);
    m_executors.emplace_back(net, first);  // refuses what does not fit
    for (std::size_t i = 1; i < threads; ++i) m_executors.push_back(m_executors[0]);
    for (executor& each : m_executors) each.count_planes(true);
}

template <class Task>
void search::for_inputs(const Task& task) {
    std::vector<std::future<void>> running;
    for (std::size_t t = 0; t < m_executors.size(); ++t) {
        running.push_back(std::async(std::launch::async, [this, t, &task] {
            for (std::size_t i = t; i < m_inputs.size(); i += m_executors.size()) {
                task(m_executors[t], i);
            }
        }));
    }
    for (std::future<void>& each : running) each.wait();
    for (std::future<void>& each : running) each.get();
}

void search::tell(const char* what, long number) const {
    if (!m_goal.progress) return;
    std::string text = std::string(what) + " " + std::to_string(number);
    if (!m_best.empty()) {
        char figures[64];
        std::snprintf(figures, sizeof figures, ": %.3f bits, %.5f nats", m_reached.bits,
                      m_reached.divergence);
        text += figures;
    }
    m_goal.progress(text);
}

// --- settings of single layers -------------------------------------------------------------------

void search::find_quantiles() {
    constexpr std::size_t parts = 4;
    std::vector<std::vector<std::vector<std::int64_t>>> seen(m_layers.size());
    for (auto& per_input : seen) per_input.resize(m_inputs.size());
    for_inputs([&](executor& reference, std::size_t i) {
        reference.set_precision({});
        reference.run(m_inputs[i]);
        for (std::size_t l = 0; l < m_layers.size(); ++l) {
            const node& n = m_net.nodes[m_layers[l].node];
            const integer_tensor& input = reference.value(n.inputs[0]);
            const shape& out = m_net.values[n.output].dims;
            // Some windows, from all columns of most maps.
            constexpr std::int64_t stride = 7;
            for (std::int64_t at = 0; at < out[2] * out[3]; at += stride) {
                for (std::size_t g = 0; g < m_layers[l].groups->groups.size(); ++g) {
                    seen[l][i].push_back(statistic_of(n, input, *m_layers[l].groups, g, at / out[3],
                                                      at % out[3], m_goal.rule.statistic));
                }
            }
        }
    });
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        std::vector<std::int64_t> all;
        for (const auto& part : seen[l]) all.insert(all.end(), part.begin(), part.end());
        std::sort(all.begin(), all.end());
        for (std::size_t i = parts - 1; i > 0; --i) {
            m_layers[l].quantiles.push_back(all[all.size() * i / parts]);
        }
    }
}

void search::plan_next(layer_state& layer, const setting& last) const {
    if (!allowed(last.alone) || m_goal.rule.policy == policy::msb_skip) return;
    const bool asymmetric = layer.type.zero_point != 0;
    const layer_precision& numbers = last.numbers;
    layer_precision next = numbers;
    const int left = layer.type.bits - numbers.drop;
    if (m_goal.rule.policy == policy::rescale && !asymmetric) {
        next.keep = (numbers.keep == 0 ? left : numbers.keep) - 1;
        if (next.keep > 0) layer.pending.push_back(next);
        if (numbers.keep != 0) return;  // the next drop followed keep = 0
        next.keep = 0;
    }
    if (m_goal.rule.policy == policy::threshold && !asymmetric) {
        const std::int64_t reached = numbers.thresholds.empty()
                                         ? std::numeric_limits<std::int64_t>::max()
                                         : numbers.thresholds[0];
        const auto lower = std::find_if(layer.quantiles.begin(), layer.quantiles.end(),
                                        [reached](std::int64_t t) { return t < reached; });
        next.thresholds.clear();
        if (lower != layer.quantiles.end() && left > 1) {
            next.thresholds = {*lower};
            layer.pending.push_back(next);
            return;
        }
    }
    ++next.drop;
    if (next.drop < layer.type.bits) layer.pending.push_back(next);
}

void search::try_wave() {
    std::vector<std::size_t> busy;
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        if (!m_layers[l].pending.empty()) busy.push_back(l);
    }
    std::vector<std::vector<double>> divergences(m_inputs.size(), std::vector<double>(busy.size()));
    std::vector<std::vector<plane_counts>> planes(m_inputs.size(),
                                                  std::vector<plane_counts>(busy.size()));
    for_inputs([&](executor& reference, std::size_t i) {
        reference.set_precision({});
        reference.run(m_inputs[i]);
        if (m_reference[i].empty()) m_reference[i] = scores(reference);
        // From the last layer back: what lies before a layer is as it was without cutting.
        for (std::size_t k = busy.size(); k-- > 0;) {
            const layer_state& layer = m_layers[busy[k]];
            reference.set_precision({{layer.node, precision_of(layer, layer.pending.front())}});
            reference.run_from(layer.node);
            divergences[i][k] = kl_divergence(m_reference[i], scores(reference));
            planes[i][k] = reference.planes(layer.node);
        }
    });
    for (std::size_t k = 0; k < busy.size(); ++k) {
        layer_state& layer = m_layers[busy[k]];
        setting done;
        done.numbers = layer.pending.front();
        layer.pending.erase(layer.pending.begin());
        plane_counts all{};
        for (std::size_t i = 0; i < m_inputs.size(); ++i) {
            done.alone += divergences[i][k] / static_cast<double>(m_inputs.size());
            add(all, planes[i][k]);
        }
        done.bits = average_planes(all);
        layer.tried.push_back(done);
        plan_next(layer, done);
    }
}

void search::try_alone() {
    if (m_goal.rule.policy == policy::threshold) find_quantiles();
    const auto is_busy = [](const layer_state& layer) { return !layer.pending.empty(); };
    for (long wave = 1; std::any_of(m_layers.begin(), m_layers.end(), is_busy); ++wave) {
        tell("single layers, setting", wave);
        try_wave();
    }
    for (layer_state& layer : m_layers) {  // from fine to coarse
        std::stable_sort(layer.tried.begin(), layer.tried.end(),
                         [](const setting& a, const setting& b) { return a.bits > b.bits; });
        double expected = std::numeric_limits<double>::infinity();
        double bits = 0.0;
        for (auto it = layer.tried.rbegin(); it != layer.tried.rend(); ++it) {
            expected = std::min(it->alone, expected * std::exp2(2.0 * (bits - it->bits)));
            bits = it->bits;
            it->expected = expected;
        }
    }
}

// --- all layers together -------------------------------------------------------------------------

network_precision search::precision_of(const choice& settings) const {
    network_precision all;
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const layer_state& layer = m_layers[l];
        all.emplace(layer.node, precision_of(layer, layer.tried[settings[l]].numbers));
    }
    return all;
}

const outcome& search::measure(const choice& settings) {
    const auto [place, is_new] = m_measured.try_emplace(settings);
    if (!is_new) return place->second;
    tell("together, trial", static_cast<long>(m_measured.size()));
    const network_precision precision = precision_of(settings);
    std::vector<double> divergences(m_inputs.size());
    std::vector<std::vector<plane_counts>> planes(m_inputs.size());
    for (executor& each : m_executors) each.set_precision(precision);
    for_inputs([&](executor& reference, std::size_t i) {
        reference.reset_planes();
        reference.run(m_inputs[i]);
        divergences[i] = kl_divergence(m_reference[i], scores(reference));
        for (const layer_state& layer : m_layers) planes[i].push_back(reference.planes(layer.node));
    });
    outcome& result = place->second;
    result.planes.resize(m_layers.size());
    const auto count = static_cast<double>(m_inputs.size());
    for (const double each : divergences) result.divergence += each / count;
    double squares = 0.0;
    for (const double each : divergences) {
        squares += (each - result.divergence) * (each - result.divergence);
    }
    const double error =
        m_inputs.size() == 1 ? result.divergence : std::sqrt(squares / (count - 1.0) / count);
    result.bound = result.divergence + m_goal.margin * error;
    plane_counts all{};
    for (const auto& input : planes) {
        for (std::size_t l = 0; l < m_layers.size(); ++l) {
            add(result.planes[l], input[l]);
            add(all, input[l]);
        }
    }
    result.bits = average_planes(all);
    return result;
}

choice search::priced(double price, std::size_t held, std::size_t at) const {
    choice result;
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const layer_state& layer = m_layers[l];
        std::size_t best = l == held ? at : 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t s = 0; s < layer.tried.size() && l != held; ++s) {
            const double cost =
                layer.weight * layer.tried[s].bits + price * layer.tried[s].expected;
            if (cost >= least) continue;
            least = cost;
            best = s;
        }
        result.push_back(best);
    }
    return result;
}

bool search::try_all(const choice& settings) {
    const outcome& got = measure(settings);
    const bool fits = got.bound <= m_goal.budget;
    if (fits && got.bits < m_reached.bits) {
        m_best = settings;
        m_reached = got;
    }
    return fits;
}

choice search::bisect(std::size_t held, std::size_t at) {
    // Bits for a nat, in powers of two: from all but free to all but forbidden.
    double cheap = -4.0;
    double dear = 24.0;
    constexpr int halvings = 8;
    choice best = priced(std::exp2(dear), held, at);
    for (int i = 0; i < halvings; ++i) {
        const double middle = (cheap + dear) / 2.0;
        const choice settings = priced(std::exp2(middle), held, at);
        const bool fits = try_all(settings);
        (fits ? dear : cheap) = middle;
        if (fits) best = settings;
    }
    return best;
}

void search::fill(choice settings) {
    // One step coarser, by the nats that a bit is expected to cost; a layer that breaks the budget
    // stays where it is.
    std::vector<bool> is_done(m_layers.size(), false);
    for (;;) {
        std::size_t next = m_layers.size();
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t l = 0; l < m_layers.size(); ++l) {
            const layer_state& layer = m_layers[l];
            if (is_done[l] || settings[l] + 1 == layer.tried.size()) continue;
            const setting& now = layer.tried[settings[l]];
            const setting& then = layer.tried[settings[l] + 1];
            const double saved = layer.weight * (now.bits - then.bits);
            const double cost = (then.expected - now.expected) / std::max(saved, 1e-9);
            if (cost >= least) continue;
            least = cost;
            next = l;
        }
        if (next == m_layers.size()) return;
        ++settings[next];
        if (try_all(settings)) continue;
        --settings[next];
        is_done[next] = true;
    }
}

calibrated_precision search::run() {
    try_alone();
    m_best = choice(m_layers.size(), 0);
    m_reached = measure(m_best);
    // The steps of the heaviest layer are too large to be left to a price: one after the other.
    const auto heaviest =
        static_cast<std::size_t>(std::max_element(m_layers.begin(), m_layers.end(),
                                                  [](const layer_state& a, const layer_state& b) {
                                                      return a.weight < b.weight;
                                                  }) -
                                 m_layers.begin());
    for (std::size_t at = 0; at < m_layers[heaviest].tried.size(); ++at) {
        const double before = m_reached.bits;
        const choice settings = bisect(heaviest, at);
        if (try_all(settings)) fill(settings);
        if (at != 0 && m_reached.bits == before) break;
    }
    calibrated_precision result;
    precision_plan& plan = result.plan;
    plan.rule = m_goal.rule;
    plan.network = integers_fingerprint(m_net);
    plan.inputs = m_inputs.size();
    plan.budget = m_goal.budget;
    plan.divergence = m_reached.divergence;
    plan.average_bits = m_reached.bits;
    result.bound = m_reached.bound;
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const layer_state& layer = m_layers[l];
        const setting& chosen = layer.tried[m_best[l]];
        plan.layers[m_net.nodes[layer.node].name] = chosen.numbers;
        result.layers.push_back(
            {layer.node, chosen.numbers, m_reached.planes[l], layer.weight, chosen.alone});
    }
    return result;
}

}  // namespace

calibrated_precision calibrate_precision(const network& net, const network_groups& groups,
                                         const integer_set& inputs, const precision_goal& goal) {
    return search(net, groups, inputs, goal).run();
}

network_precision follow(const network& net, const precision_plan& plan,
                         const network_groups& groups) {
    network_precision all;
    for (const auto& [index, windows] : groups) {
        all[index] = {plan.rule, plan.of(net.nodes.at(index).name), windows};
    }
    return all;
}

}  // namespace pimvp::nn
