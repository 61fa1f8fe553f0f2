// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// YAML documents: the only place where pimvp reads YAML.
namespace pimvp::core {

/// A piece of YAML with the place it came from. Duplicate keys are kept, so that they can be named.
struct yaml_node {
    enum class kind { null, scalar, list, map };

    kind type = kind::null;
    std::string text;  ///< of a scalar
    bool is_quoted = false;
    source_mark mark;
    std::vector<yaml_node> items;                            ///< of a list
    std::vector<std::pair<std::string, yaml_node>> members;  ///< of a map, in order
    std::vector<source_mark> key_marks;                      ///< of members, same order

    [[nodiscard]] const yaml_node* find(std::string_view key) const;
    [[nodiscard]] yaml_node* find(std::string_view key);
    void add(std::string key, source_mark key_mark, yaml_node value);
};

/// "a list", "a map", "the text 'x'", "nothing"
std::string describe_kind(const yaml_node& node);

/// Parses one YAML document. Anchors, aliases, tags and further documents are refused: a
/// configuration says what it means in place. Throws user_error with file, line and column.
yaml_node parse_yaml(std::string_view text, const std::string& file_name);

/// A preset's name to its text and the name that messages use; nothing if there is none of it.
struct preset_text {
    std::string text;
    std::string file_name;
};
using preset_resolver = std::function<std::optional<preset_text>(const std::string& name)>;

/// A platform document: a preset or file, its `extends:` chain, and `--set` overrides.
///
/// `extends: NAME` or `extends: file.yaml` (relative to the including file) merges the document
/// over the named one: maps by key, everything else replaced, `key: ~` takes back what the base
/// set. Every value keeps the mark of the file it came from.
///
/// \code
///     core::document doc = core::document::load("isaac_like", presets);
///     doc.set("chip.tile.adc.bits=9");
///     const auto params = doc.read<board_params>();  // throws user_error with everything wrong
/// \endcode
class document {
public:
    /// An empty map: all defaults.
    document();
    /// Text as it stands; `extends:` is resolved by `presets` or relative to `file_name`'s folder.
    static document from_text(std::string_view text, const std::string& file_name,
                              const preset_resolver& presets = {});
    /// A name ending in .yaml or .yml or containing a '/' is a file, anything else a preset.
    static document load(const std::string& name_or_path, const preset_resolver& presets = {});

    /// Overrides one value: "path=value", the path as in messages ("tile.adc.bits",
    /// "accelerators[1].chips"), the value as YAML. Throws user_error for a malformed assignment or
    /// an element that does not exist.
    void set(const std::string& assignment);

    [[nodiscard]] const yaml_node& root() const { return m_root; }
    /// The top-level key as text, nothing if absent or not a scalar: to choose what to read.
    [[nodiscard]] std::optional<std::string> text_at(std::string_view key) const;

    /// Fills `params` (defaults where the document is silent), collecting everything that is wrong:
    /// unknown, duplicate, missing, mistyped, out-of-range, and what validate() finds.
    template <class T>
    void read(T& params, diagnostics& found) const {
        read_with([&params](parameter_visitor& v) { v.content(params); }, found);
    }
    /// As above; throws user_error with all errors.
    template <class T>
    [[nodiscard]] T read() const {
        T params{};
        diagnostics found;
        read(params, found);
        found.throw_if_errors();
        return params;
    }

    void read_with(const std::function<void(parameter_visitor&)>& describe,
                   diagnostics& found) const;

private:
    yaml_node m_root;
};

/// Sets one value of a struct by path: set_parameter(params, "adc.bits", "9"). Throws user_error.
template <class T>
void set_parameter(T& params, const std::string& path, const std::string& value) {
    document doc;
    doc.set(path + "=" + value);
    T changed = params;
    diagnostics found;
    doc.read(changed, found);
    found.throw_if_errors();
    params = std::move(changed);
}

/// Reads a YAML text into a struct: parse, defaults, strict reading; throws user_error.
template <class T>
[[nodiscard]] T read_yaml(std::string_view text, const std::string& file_name) {
    return document::from_text(text, file_name).read<T>();
}

/// The bytes of a text file. Throws user_error: missing, a folder, not readable, over 16 MiB.
std::string read_text_file(const std::string& path);

}  // namespace pimvp::core
