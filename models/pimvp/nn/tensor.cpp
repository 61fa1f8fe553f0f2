// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/tensor.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace pimvp::nn {

namespace {

constexpr std::size_t max_elements = std::size_t{1} << 40;

integer_tensor::storage make_storage(std::size_t count, const tensor_type& type) {
    if (type.bits <= 8) {
        if (type.is_signed) return std::vector<std::int8_t>(count);
        return std::vector<std::uint8_t>(count);
    }
    if (type.is_signed) return std::vector<std::int16_t>(count);
    return std::vector<std::uint16_t>(count);
}

}  // namespace

std::size_t element_count(const shape& dims) {
    std::size_t count = 1;
    bool empty = false;
    for (const std::int64_t dim : dims) {
        if (dim < 0) {
            throw core::user_error("shape " + to_string(dims) +
                                   ": a dimension is negative; give every dimension a fixed size");
        }
        if (dim == 0) {
            empty = true;
            continue;
        }
        if (static_cast<std::uint64_t>(dim) > max_elements / count) {
            throw core::user_error("shape " + to_string(dims) +
                                   ": more than 2^40 elements; use smaller tensors");
        }
        count *= static_cast<std::size_t>(dim);
    }
    return empty ? 0 : count;
}

std::string to_string(const shape& dims) {
    if (dims.empty()) return "scalar";
    std::string text;
    for (const std::int64_t dim : dims) {
        if (!text.empty()) text += 'x';
        text += std::to_string(dim);
    }
    return text;
}

integer_tensor::integer_tensor(shape dims, const tensor_type& type, storage data)
    : m_dims(std::move(dims)),
      m_type(type),
      m_data(std::move(data)) {}

integer_tensor::integer_tensor(shape dims, const tensor_type& type)
    : m_dims(std::move(dims)),
      m_type(type) {
    if (type.bits < 1 || type.bits > 16) {
        throw core::user_error("an integer tensor has 1 to 16 bits, not " +
                               std::to_string(type.bits));
    }
    m_data = make_storage(element_count(m_dims), type);
}

std::size_t integer_tensor::size() const {
    return std::visit([](const auto& elements) { return elements.size(); }, m_data);
}

int integer_tensor::at(std::size_t index) const {
    return std::visit([index](const auto& elements) { return static_cast<int>(elements[index]); },
                      m_data);
}

void integer_tensor::set(std::size_t index, int value) {
    std::visit(
        [index, value](auto& elements) {
            using element = typename std::decay_t<decltype(elements)>::value_type;
            elements[index] = static_cast<element>(value);
        },
        m_data);
}

const std::uint8_t* integer_tensor::bytes() const {
    return std::visit(
        [](const auto& elements) { return reinterpret_cast<const std::uint8_t*>(elements.data()); },
        m_data);
}

std::uint8_t* integer_tensor::bytes() {
    return std::visit(
        [](auto& elements) { return reinterpret_cast<std::uint8_t*>(elements.data()); }, m_data);
}

integer_tensor integer_tensor::reshaped(shape dims) const {
    if (element_count(dims) != size()) {
        throw core::user_error("cannot reshape " + to_string(m_dims) + " to " + to_string(dims) +
                               ": the element counts differ");
    }
    integer_tensor result = *this;
    result.m_dims = std::move(dims);
    return result;
}

std::size_t count_mismatches(const integer_tensor& a, const integer_tensor& b) {
    if (a.size() != b.size()) return std::max(a.size(), b.size());
    if (a.data().index() == b.data().index() &&
        (a.size() == 0 || std::memcmp(a.bytes(), b.bytes(), a.byte_count()) == 0)) {
        return 0;
    }
    return std::visit(
        [](const auto& left, const auto& right) {
            std::size_t count = 0;
            for (std::size_t i = 0; i < left.size(); ++i) {
                count += static_cast<int>(left[i]) != static_cast<int>(right[i]) ? 1U : 0U;
            }
            return count;
        },
        a.data(), b.data());
}

}  // namespace pimvp::nn
