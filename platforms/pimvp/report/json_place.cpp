// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/json_place.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>

#include <algorithm>
#include <cstddef>

namespace pimvp::report {

using json = nlohmann::ordered_json;

namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 28U;

/// Line and column of a byte, both from 1.
core::source_mark mark_of(const std::string& file, const std::string& text, std::size_t byte) {
    core::source_mark mark{file, 1, 1};
    for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
        if (text[i] == '\n') {
            ++mark.line;
            mark.column = 1;
        } else {
            ++mark.column;
        }
    }
    return mark;
}

}  // namespace

nlohmann::ordered_json read_json(const std::string& file) {
    const std::string text = core::read_file(file, largest_file);
    try {
        return json::parse(text);
    } catch (const json::parse_error& problem) {
        throw core::user_error("", "is no JSON: cut short or changed by hand; write it anew",
                               mark_of(file, text, problem.byte));
    } catch (const json::exception&) {
        throw core::user_error(file, "holds a number that is too large; write it anew");
    }
}

json_place json_place::below(const json& value, const std::string& step) const {
    const bool dotted = !m_path.empty() && step.front() != '[';
    return {value, m_file, m_way_out, m_path + (dotted ? "." : "") + step};
}

json_place json_place::operator[](const std::string& key) const {
    expect(m_value->is_object(), "an object");
    const auto found = m_value->find(key);
    if (found == m_value->end()) below(*m_value, key).refuse("is missing");
    return below(*found, key);
}

std::optional<json_place> json_place::find(const std::string& key) const {
    expect(m_value->is_object(), "an object");
    const auto found = m_value->find(key);
    if (found == m_value->end() || found->is_null()) return std::nullopt;
    return below(*found, key);
}

std::vector<json_place> json_place::elements() const {
    expect(m_value->is_array(), "an array");
    std::vector<json_place> all;
    for (std::size_t i = 0; i < m_value->size(); ++i) {
        all.push_back(below((*m_value)[i], "[" + std::to_string(i) + "]"));
    }
    return all;
}

std::vector<std::pair<std::string, json_place>> json_place::members() const {
    expect(m_value->is_object(), "an object");
    std::vector<std::pair<std::string, json_place>> all;
    for (const auto& [key, value] : m_value->items()) all.emplace_back(key, below(value, key));
    return all;
}

std::string json_place::text() const {
    expect(m_value->is_string(), "a text");
    return m_value->get<std::string>();
}

bool json_place::flag() const {
    expect(m_value->is_boolean(), "true or false");
    return m_value->get<bool>();
}

std::uint64_t json_place::whole() const {
    expect(m_value->is_number_unsigned(), "a whole number, 0 or more");
    return m_value->get<std::uint64_t>();
}

double json_place::real() const {
    expect(m_value->is_number(), "a number");
    return m_value->get<double>();
}

double json_place::amount() const {
    expect(m_value->is_number() && real() >= 0.0, "a number, 0 or more");
    return real();
}

double json_place::share() const {
    expect(m_value->is_number() && real() >= 0.0 && real() <= 1.0, "a number from 0 to 1");
    return real();
}

void json_place::expect(bool right, const char* wanted) const {
    if (right) return;
    constexpr std::size_t shown = 40;
    std::string seen =
        m_value->is_structured() ? m_value->is_array() ? "an array" : "an object" : m_value->dump();
    if (seen.size() > shown) seen = seen.substr(0, shown) + "...";
    refuse("is " + seen + ", not " + wanted);
}

void json_place::refuse(const std::string& what) const {
    throw core::user_error(m_file + (m_path.empty() ? "" : ": " + m_path), what + ": " + m_way_out);
}

}  // namespace pimvp::report
