// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameter_leaf.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Parameter structs. One struct per block, one describe() that lists its members with range,
/// sentence and source; reader, dump, listing, documentation and `--set` are visitors of it.
///
/// \code
///     struct adc_params {  // no SystemC: the mapper reads it too
///         unsigned bits = 8;
///         core::graded<core::energy> conversion = cards::isaac::adc_conversion;
///         adc_kind kind = adc_kind::sar;
///
///         template <class Self, class Visitor>
///         static void describe(Self& p, Visitor& v) {
///             v.member("bits", p.bits, {1, 16}, "Resolution.", core::published("..., Table I"));
///             v.member("conversion", p.conversion, "One conversion.");
///             v.choice("kind", p.kind, {{"sar", adc_kind::sar}}, "Architecture.");
///             if (p.kind == adc_kind::sar) { ... }  // members that only this variant has
///         }
///         void validate(core::diagnostics& d) const {  // optional: rules across members
///             if (bits > 12) d.error("bits", "needs more than this ADC has: use 1 .. 12");
///         }
///     };
/// \endcode
/// Visitors run in the order of the members, so a member may depend on the ones above it. A
/// polymorphic child describes itself by calling a virtual function with the visitor.
namespace pimvp::core {

/// What describe() says of a value besides the value.
struct parameter_info {
    std::string_view name;
    std::string_view sentence;
    source origin;          ///< of a plain number; empty text if none is given
    bool required = false;  ///< has no default: must be in the document
};

class parameter_visitor;

namespace detail {
template <class T, class = void>
struct has_validate : std::false_type {};
template <class T>
struct has_validate<
    T, std::void_t<decltype(std::declval<const T&>().validate(std::declval<diagnostics&>()))>>
    : std::true_type {};
template <class T>
using same = std::common_type_t<T>;  // non-deduced
}  // namespace detail

/// The `Visitor` of every describe(). Members name values; readers write them, writers read them.
class parameter_visitor {
public:
    virtual ~parameter_visitor() = default;

    /// A number, text, quantity, bool, graded<> or optional<> of those.
    template <class T>
    void member(std::string_view name, T& value, const range_of<detail::same<T>>& allowed,
                std::string_view sentence, source origin = {}) {
        typename detail::leaf_of<T>::type leaf(value, allowed);
        visit({name, sentence, std::move(origin), false}, leaf);
    }
    template <class T>
    void member(std::string_view name, T& value, std::string_view sentence, source origin = {}) {
        member(name, value, range_of<T>{}, sentence, std::move(origin));
    }
    /// As member(), but without a usable default: absent in a document, it is an error.
    template <class T>
    void required(std::string_view name, T& value, const range_of<detail::same<T>>& allowed,
                  std::string_view sentence, source origin = {}) {
        typename detail::leaf_of<T>::type leaf(value, allowed);
        visit({name, sentence, std::move(origin), true}, leaf);
    }
    template <class T>
    void required(std::string_view name, T& value, std::string_view sentence, source origin = {}) {
        required(name, value, range_of<T>{}, sentence, std::move(origin));
    }
    /// A word that stands for a value, usually of an enumeration.
    template <class E>
    void choice(std::string_view name, E& value,
                std::initializer_list<std::pair<std::string_view, detail::same<E>>> choices,
                std::string_view sentence, source origin = {}) {
        detail::choice_leaf<E> leaf(value, {choices.begin(), choices.end()});
        visit({name, sentence, std::move(origin), false}, leaf);
    }
    template <class E>
    void choice(std::string_view name, E& value,
                const std::vector<std::pair<std::string_view, detail::same<E>>>& choices,
                std::string_view sentence, source origin = {}) {
        detail::choice_leaf<E> leaf(value, choices);
        visit({name, sentence, std::move(origin), false}, leaf);
    }
    /// A struct with a describe() of its own.
    template <class T>
    void group(std::string_view name, T& child, std::string_view sentence) {
        if (!enter({name, sentence, {}, false})) return;
        content(child);
        leave();
    }
    /// Values or structs in order. In a document a list replaces the default as a whole.
    template <class T>
    void list(std::string_view name, std::vector<T>& items, const range<std::size_t>& sizes,
              std::string_view sentence, source origin = {}) {
        list_size size = enter_list({name, sentence, std::move(origin), false}, items.size());
        if (!size.entered) return;
        if (size.replace) items.assign(size.count, T{});
        if (size.example && items.empty()) items.resize(1);
        for (std::size_t i = 0; i < items.size(); ++i) {
            element("[" + std::to_string(i) + "]", items[i]);
        }
        if (size.example && size.count == 0) items.clear();
        leave_list(items.size(), sizes);
    }
    template <class T>
    void list(std::string_view name, std::vector<T>& items, std::string_view sentence,
              source origin = {}) {
        list(name, items, range<std::size_t>{}, sentence, std::move(origin));
    }
    /// Values or structs by free names. In a document, names are added to the default ones.
    template <class T>
    void map(std::string_view name, std::map<std::string, T>& items, std::string_view sentence) {
        std::vector<std::string> known;
        known.reserve(items.size());
        for (const auto& item : items) known.push_back(item.first);
        if (!enter({name, sentence, {}, false})) return;
        for (const std::string& key : keys(known)) element(key, items[key]);
        leave();
    }

    /// describe() and then validate() of a struct: for visitors' own use and for roots.
    template <class T>
    void content(T& object) {
        T::describe(object, *this);
        if constexpr (detail::has_validate<T>::value) {
            check([&object](diagnostics& found) { object.validate(found); });
        }
    }

protected:
    struct list_size {
        bool entered = false;
        bool replace = false;  ///< start over with `count` default elements
        bool example = false;  ///< show one default element if the list is empty
        std::size_t count = 0;
    };

    virtual void visit(const parameter_info& info, parameter_leaf& leaf) = 0;
    /// False skips the group; leave() is called only after true.
    virtual bool enter(const parameter_info& info) = 0;
    virtual void leave() = 0;
    virtual list_size enter_list(const parameter_info& info, std::size_t size) = 0;
    virtual void leave_list(std::size_t size, const range<std::size_t>& sizes) = 0;
    /// Names of a map's elements to visit: the known ones and what the document adds.
    virtual std::vector<std::string> keys(const std::vector<std::string>& known) { return known; }
    virtual void check(const std::function<void(diagnostics&)>& /*rules*/) {}

private:
    template <class T>
    void element(const std::string& name, T& item) {
        if constexpr (detail::is_leaf<T>) {
            typename detail::leaf_of<T>::type leaf(item, range_of<T>{});
            visit({name, {}, {}, false}, leaf);
        } else {
            group(name, item, {});
        }
    }
};

/// One line of a listing.
struct parameter_row {
    std::string path;  ///< "tile.adc.bits", elements as "tile[0].bits"
    std::string type;
    std::string value;
    std::string range;
    std::string sentence;
    source origin;  ///< text empty if the value has none
    bool required = false;
};

/// Runs a struct's own and its children's validate(); paths in `found` start at the struct.
void validate_into(diagnostics& found, const std::function<void(parameter_visitor&)>& describe);
std::vector<parameter_row> list_rows(const std::function<void(parameter_visitor&)>& describe);
std::string dump_text(const std::function<void(parameter_visitor&)>& describe, bool comments);
std::string canonical_text(const std::function<void(parameter_visitor&)>& describe);
std::string hash_of(const std::function<void(parameter_visitor&)>& describe);

/// All rules of the struct; empty if it is sound.
template <class T>
[[nodiscard]] diagnostics validate(const T& params) {
    T copy = params;
    diagnostics found;
    validate_into(found, [&copy](parameter_visitor& v) { v.content(copy); });
    return found;
}

/// The complete effective configuration as YAML: read back, it gives an equal struct. With
/// comments, every value is preceded by its sentence, range and source.
template <class T>
[[nodiscard]] std::string dump(const T& params, bool comments = true) {
    T copy = params;
    return dump_text([&copy](parameter_visitor& v) { T::describe(copy, v); }, comments);
}

/// Every parameter of the struct; one example element of an empty list.
template <class T>
[[nodiscard]] std::vector<parameter_row> list_parameters(const T& params) {
    T copy = params;
    return list_rows([&copy](parameter_visitor& v) { T::describe(copy, v); });
}
/// The same of the defaults.
template <class T>
[[nodiscard]] std::vector<parameter_row> list_parameters() {
    T defaults;
    return list_rows([&defaults](parameter_visitor& v) { T::describe(defaults, v); });
}

/// "path = value" lines of all values, without sources or comments: equal for equal designs.
template <class T>
[[nodiscard]] std::string canonical(const T& params) {
    T copy = params;
    return canonical_text([&copy](parameter_visitor& v) { T::describe(copy, v); });
}

/// SHA-256 of canonical(), 64 hexadecimal digits.
template <class T>
[[nodiscard]] std::string config_hash(const T& params) {
    T copy = params;
    return hash_of([&copy](parameter_visitor& v) { T::describe(copy, v); });
}

/// The rows as an aligned table for terminals, or as a markdown table for model pages.
std::string parameters_table(const std::vector<parameter_row>& rows);
std::string parameters_markdown(const std::vector<parameter_row>& rows);

}  // namespace pimvp::core
