// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pimvp::report {

/// Parses a JSON file. Throws core::user_error: no such file, or file:line:column of what is no
/// JSON.
nlohmann::ordered_json read_json(const std::string& file);

/// A value in a JSON document that knows where it stands, so that whatever is wrong with it is
/// reported as "file: path.to.key: what is wrong, the way out". Every reader throws
/// core::user_error.
///
/// **Example**
/// \code
///     const nlohmann::ordered_json document = read_json("run.json");
///     const json_place root(document, "run.json", "write it anew");
///     const double seconds = root["latency"]["inference_s"].amount();
/// \endcode
/// **Limits** Refers to the document, which must outlive it.
class json_place {
public:
    /// `way_out` ends every message.
    json_place(const nlohmann::ordered_json& value, std::string file, std::string way_out)
        : json_place(value, std::move(file), std::move(way_out), "") {}

    /// A member of an object, which must be there.
    [[nodiscard]] json_place operator[](const std::string& key) const;
    /// A member that may be missing or null.
    [[nodiscard]] std::optional<json_place> find(const std::string& key) const;
    /// The elements of an array.
    [[nodiscard]] std::vector<json_place> elements() const;
    /// The members of an object, in their order.
    [[nodiscard]] std::vector<std::pair<std::string, json_place>> members() const;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool flag() const;
    [[nodiscard]] std::uint64_t whole() const;  ///< an integer, 0 or more
    [[nodiscard]] double real() const;
    [[nodiscard]] double amount() const;  ///< a real, 0 or more
    [[nodiscard]] double share() const;   ///< a real from 0 to 1
    [[nodiscard]] bool is_null() const { return m_value->is_null(); }

    /// Says that this value is wrong.
    [[noreturn]] void refuse(const std::string& what) const;

private:
    json_place(const nlohmann::ordered_json& value, std::string file, std::string way_out,
               std::string path)
        : m_value(&value),
          m_file(std::move(file)),
          m_way_out(std::move(way_out)),
          m_path(std::move(path)) {}

    [[nodiscard]] json_place below(const nlohmann::ordered_json& value,
                                   const std::string& step) const;
    void expect(bool right, const char* wanted) const;

    const nlohmann::ordered_json* m_value;
    std::string m_file, m_way_out, m_path;
};

}  // namespace pimvp::report
