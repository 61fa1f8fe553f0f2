// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/inspection.h>

#include <pimvp/nn/im2col.h>

#include <algorithm>
#include <numeric>

namespace pimvp::nn {
namespace {

std::uint8_t bits_needed(int value, bool is_signed) {
    std::uint8_t bits = 0;
    auto magnitude = static_cast<unsigned>(value < 0 ? ~value : value);
    for (; magnitude != 0; magnitude >>= 1U) ++bits;
    if (is_signed && value != 0) ++bits;
    return bits;
}

/// Which integers of a type have been seen; starts over in no time.
class distinct_values {
public:
    explicit distinct_values(const tensor_type& type)
        : m_lowest(type.lowest()),
          m_seen(std::size_t{1} << static_cast<unsigned>(type.bits), 0) {}

    void start() {
        ++m_epoch;
        m_count = 0;
    }
    void add(int value) {
        std::uint32_t& last = m_seen[static_cast<std::size_t>(value - m_lowest)];
        if (last == m_epoch) return;
        last = m_epoch;
        ++m_count;
    }
    [[nodiscard]] std::size_t count() const { return m_count; }

private:
    int m_lowest;
    std::vector<std::uint32_t> m_seen;  ///< epoch of the last sight
    std::uint32_t m_epoch = 0;
    std::size_t m_count = 0;
};

}  // namespace

// value_histogram ---------------------------------------------------------------------------------

value_histogram::value_histogram(const tensor_type& type)
    : lowest(type.lowest()),
      counts(std::size_t{1} << static_cast<unsigned>(type.bits), 0) {}

void value_histogram::add(const integer_tensor& values) {
    std::visit(
        [this](const auto& elements) {
            for (const auto each : elements) ++counts[static_cast<std::size_t>(each - lowest)];
        },
        values.data());
}

std::uint64_t value_histogram::total() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double value_histogram::share(int value) const {
    const std::uint64_t all = total();
    const std::int64_t index = std::int64_t{value} - lowest;
    if (all == 0 || index < 0 || index >= static_cast<std::int64_t>(counts.size())) return 0.0;
    return static_cast<double>(counts[static_cast<std::size_t>(index)]) / static_cast<double>(all);
}

// weights -----------------------------------------------------------------------------------------

weight_profile profile_weights(const node& n) {
    const tensor_type& type = n.weights.type();
    const auto outputs = static_cast<std::size_t>(n.weights.dims().at(0));
    const std::size_t inputs = n.weights.size() / outputs;
    const std::size_t per_group = outputs / static_cast<std::size_t>(n.groups);
    weight_profile profile;
    profile.count = n.weights.size();
    profile.values = value_histogram(type);
    profile.values.add(n.weights);
    profile.zeros = profile.values.counts[static_cast<std::size_t>(-type.lowest())];
    profile.unique = static_cast<std::size_t>(std::count_if(
        profile.values.counts.begin(), profile.values.counts.end(), [](auto c) { return c != 0; }));

    distinct_values seen(type);
    std::uint64_t sum = 0;
    for (std::size_t o = 0; o < outputs; ++o) {
        seen.start();
        for (std::size_t i = 0; i < inputs; ++i) seen.add(n.weights.at(o * inputs + i));
        sum += seen.count();
        profile.most_per_output = std::max(profile.most_per_output, seen.count());
    }
    profile.unique_per_output = static_cast<double>(sum) / static_cast<double>(outputs);

    sum = 0;
    for (std::size_t first = 0; first < outputs; first += per_group) {
        for (std::size_t i = 0; i < inputs; ++i) {
            seen.start();
            for (std::size_t o = first; o < first + per_group; ++o) {
                seen.add(n.weights.at(o * inputs + i));
            }
            sum += seen.count();
            profile.most_per_input = std::max(profile.most_per_input, seen.count());
        }
    }
    profile.unique_per_input =
        static_cast<double>(sum) / static_cast<double>(inputs * static_cast<std::size_t>(n.groups));
    return profile;
}

// groups ------------------------------------------------------------------------------------------

std::uint64_t group_profile::groups() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double group_profile::mean_bits() const {
    std::uint64_t bits = 0;
    for (std::size_t n = 0; n < counts.size(); ++n) bits += n * counts[n];
    const std::uint64_t all = groups();
    return all == 0 ? 0.0 : static_cast<double>(bits) / static_cast<double>(all);
}

inspection::inspection(const network& net, std::size_t group_size)
    : m_network(net) {
    for (const node& n : net.nodes) {
        m_outputs.emplace_back(net.values[n.output].type);
        group_profile& inputs = m_inputs.emplace_back();
        if (!n.is_matrix()) continue;
        inputs.group_size = group_size;
        inputs.counts.assign(static_cast<std::size_t>(net.values[n.inputs[0]].type.bits) + 1, 0);
    }
}

void inspection::add(const executor& reference) {
    for (std::size_t i = 0; i < m_network.nodes.size(); ++i) {
        const node& n = m_network.nodes[i];
        m_outputs[i].add(reference.value(n.output));
        if (n.is_matrix()) add_groups(n, reference.value(n.inputs[0]), m_inputs[i]);
    }
    ++m_runs;
}

void inspection::add_groups(const node& n, const integer_tensor& input, group_profile& to) {
    // A fully connected layer is a convolution whose kernel is the whole map.
    const bool is_map = n.kind == op_kind::convolution;
    const auto elements = static_cast<std::int64_t>(input.size());
    const shape dims = is_map ? input.dims() : shape{1, elements, 1, 1};
    const shape out =
        is_map ? m_network.values[n.output].dims : shape{1, n.weights.dims().at(0), 1, 1};
    const detail::im2col windows(is_map ? n.geometry : window{}, dims, out, n.groups);
    const bool is_signed = input.type().is_signed;
    m_bits.assign(windows.padded_size(), bits_needed(input.type().zero_point, is_signed));
    for (std::size_t c = 0, from = 0; c < windows.channels; ++c) {
        for (std::size_t y = 0; y < windows.height; ++y) {
            std::uint8_t* const row = m_bits.data() + windows.row_at(c, y);
            for (std::size_t x = 0; x < windows.width; ++x) {
                row[x] = bits_needed(input.at(from++), is_signed);
            }
        }
    }
    for (std::size_t g = 0; g < static_cast<std::size_t>(n.groups); ++g) {
        const std::uint8_t* const map =
            m_bits.data() + g * windows.group_channels * windows.padded_plane();
        for (std::size_t first = 0; first < windows.depth; first += to.group_size) {
            const std::size_t end = std::min(first + to.group_size, windows.depth);
            for (const std::ptrdiff_t origin : windows.origins) {
                std::uint8_t most = 0;
                for (std::size_t k = first; k < end; ++k) {
                    most = std::max(most, map[origin + windows.taps[k]]);
                }
                ++to.counts[most];
            }
        }
    }
}

}  // namespace pimvp::nn
