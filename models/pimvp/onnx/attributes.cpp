// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/source_graph.h>

#include <algorithm>
#include <cmath>

namespace pimvp::onnx::detail {

attributes::attributes(const source_node& node, const reporter& report)
    : m_node(node),
      m_report(report),
      m_taken(static_cast<std::size_t>(node.proto->attribute_size()), false) {
    for (int i = 0; i < node.proto->attribute_size(); ++i) {
        for (int j = 0; j < i && node.proto->attribute_size() <= 32; ++j) {
            if (node.proto->attribute(i).name() == node.proto->attribute(j).name()) {
                report.fail(node.where(), "has the attribute " +
                                              core::quoted(node.proto->attribute(i).name()) +
                                              " twice; export the model again");
            }
        }
    }
    if (node.proto->attribute_size() > 32) {
        report.fail(node.where(), "has more than 32 attributes; this is no ONNX operator");
    }
}

bool attributes::has(std::string_view name) const {
    return std::any_of(m_node.proto->attribute().begin(), m_node.proto->attribute().end(),
                       [&](const auto& attribute) { return attribute.name() == name; });
}

const ::onnx::AttributeProto* attributes::take(std::string_view name,
                                               ::onnx::AttributeProto::AttributeType type) {
    for (int i = 0; i < m_node.proto->attribute_size(); ++i) {
        const ::onnx::AttributeProto& attribute = m_node.proto->attribute(i);
        if (attribute.name() != name) continue;
        m_taken[static_cast<std::size_t>(i)] = true;
        // Files of IR version 1 leave the type out.
        if (attribute.type() != type && attribute.type() != ::onnx::AttributeProto::UNDEFINED) {
            m_report.fail(m_node.where(),
                          "attribute '" + std::string(name) + "' is of type " +
                              ::onnx::AttributeProto::AttributeType_Name(attribute.type()) +
                              ", not " + ::onnx::AttributeProto::AttributeType_Name(type));
        }
        return &attribute;
    }
    return nullptr;
}

std::int64_t attributes::integer(std::string_view name, std::int64_t otherwise, std::int64_t low,
                                 std::int64_t high) {
    const auto* attribute = take(name, ::onnx::AttributeProto::INT);
    const std::int64_t value = attribute == nullptr ? otherwise : attribute->i();
    if (value < low || value > high) {
        m_report.fail(m_node.where(),
                      "attribute '" + std::string(name) + "' is " + std::to_string(value) +
                          "; supported: " +
                          (low == high ? std::to_string(low)
                                       : std::to_string(low) + " .. " + std::to_string(high)));
    }
    return value;
}

float attributes::real(std::string_view name, float otherwise) {
    const auto* attribute = take(name, ::onnx::AttributeProto::FLOAT);
    if (attribute == nullptr) return otherwise;
    if (!std::isfinite(attribute->f())) {
        m_report.fail(m_node.where(), "attribute '" + std::string(name) + "' is not finite");
    }
    return attribute->f();
}

std::string attributes::text(std::string_view name, const std::string& otherwise) {
    const auto* attribute = take(name, ::onnx::AttributeProto::STRING);
    return attribute == nullptr ? otherwise : attribute->s();
}

std::vector<std::int64_t> attributes::integers(std::string_view name) {
    const auto* attribute = take(name, ::onnx::AttributeProto::INTS);
    if (attribute == nullptr) return {};
    return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<float> attributes::reals(std::string_view name) {
    const auto* attribute = take(name, ::onnx::AttributeProto::FLOATS);
    if (attribute == nullptr) return {};
    return {attribute->floats().begin(), attribute->floats().end()};
}

const ::onnx::TensorProto* attributes::tensor(std::string_view name) {
    const auto* attribute = take(name, ::onnx::AttributeProto::TENSOR);
    return attribute == nullptr ? nullptr : &attribute->t();
}

void attributes::ignore(std::initializer_list<std::string_view> names) {
    for (std::size_t i = 0; i < m_taken.size(); ++i) {
        const std::string& have = m_node.proto->attribute(static_cast<int>(i)).name();
        if (std::find(names.begin(), names.end(), have) != names.end()) m_taken[i] = true;
    }
}

void attributes::finish() const {
    for (std::size_t i = 0; i < m_taken.size(); ++i) {
        if (m_taken[i]) continue;
        m_report.fail(m_node.where(),
                      "attribute " +
                          core::quoted(m_node.proto->attribute(static_cast<int>(i)).name()) +
                          " is not known here; export the model with opset 7 to 21");
    }
}

}  // namespace pimvp::onnx::detail
