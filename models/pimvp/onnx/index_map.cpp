// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/index_map.h>

#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// Elements from one index to the next, per axis.
std::vector<std::int64_t> strides_of(const nn::shape& dims) {
    std::vector<std::int64_t> strides(dims.size(), 1);
    for (std::size_t axis = dims.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * dims[axis];
    return strides;
}

/// Walks the result row by row; a step along its axis i moves by strides[i] from `first` on.
index_map walk(nn::shape dims, std::int64_t first, const std::vector<std::int64_t>& strides) {
    const std::size_t count = nn::element_count(dims);
    index_map map{std::move(dims), std::vector<std::uint32_t>(count)};
    std::vector<std::int64_t> position(map.dims.size(), 0);
    std::int64_t at = first;
    for (std::size_t i = 0; i < count; ++i) {
        map.from[i] = static_cast<std::uint32_t>(at);
        for (std::size_t axis = map.dims.size(); axis-- > 0;) {
            at += strides[axis];
            if (++position[axis] < map.dims[axis]) break;
            at -= strides[axis] * map.dims[axis];
            position[axis] = 0;
        }
    }
    return map;
}

}  // namespace

index_map transposed(const nn::shape& dims, const std::vector<std::size_t>& order) {
    const std::vector<std::int64_t> strides = strides_of(dims);
    nn::shape turned;
    std::vector<std::int64_t> steps;
    for (const std::size_t axis : order) {
        turned.push_back(dims[axis]);
        steps.push_back(strides[axis]);
    }
    return walk(std::move(turned), 0, steps);
}

index_map sliced(const nn::shape& dims, const std::vector<axis_range>& ranges) {
    std::vector<std::int64_t> strides = strides_of(dims);
    nn::shape part;
    std::int64_t first = 0;
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        part.push_back(ranges[axis].count);
        first += ranges[axis].first * strides[axis];
        strides[axis] *= ranges[axis].step;
    }
    return walk(std::move(part), first, strides);
}

index_map gathered(const nn::shape& dims, std::size_t axis, const std::vector<std::int64_t>& picks,
                   const nn::shape& picks_dims) {
    const auto at = static_cast<std::ptrdiff_t>(axis);
    const std::size_t outer = nn::element_count({dims.begin(), dims.begin() + at});
    const std::size_t inner = nn::element_count({dims.begin() + at + 1, dims.end()});
    const auto extent = static_cast<std::size_t>(dims[axis]);
    index_map map;
    map.dims.assign(dims.begin(), dims.begin() + at);
    map.dims.insert(map.dims.end(), picks_dims.begin(), picks_dims.end());
    map.dims.insert(map.dims.end(), dims.begin() + at + 1, dims.end());
    map.from.reserve(outer * picks.size() * inner);
    for (std::size_t o = 0; o < outer; ++o) {
        for (const std::int64_t pick : picks) {
            const std::size_t first = (o * extent + static_cast<std::size_t>(pick)) * inner;
            for (std::size_t i = 0; i < inner; ++i) {
                map.from.push_back(static_cast<std::uint32_t>(first + i));
            }
        }
    }
    return map;
}

}  // namespace pimvp::onnx::detail
