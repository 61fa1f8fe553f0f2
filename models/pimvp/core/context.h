// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/energy.h>
#include <pimvp/core/random.h>
#include <pimvp/core/statistics.h>
#include <pimvp/core/trace.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

namespace pimvp::core {

/// How blocks talk on their sockets: blocking calls with annotated delays, or four phases.
enum class coding_style { lt, at };

constexpr std::string_view to_string(coding_style style) {
    return style == coding_style::lt ? "lt" : "at";
}

struct context_options {
    std::uint64_t seed = 1;
    coding_style style = coding_style::lt;
    std::uint64_t quantum_fs = 0;  ///< temporal decoupling of initiators; 0 = exact
};

/// What all modules of one simulation share and what is global elsewhere: passed by reference to
/// every constructor, so that two simulations' worth of anything can coexist.
///
/// **Example**
/// \code
///     core::context context;  // or core::context context{core::context_options{seed, style}};
///     reram::ima ima{"ima", context, params};
/// \endcode
/// **Limits** Must outlive every module that was given it.
class context {
public:
    explicit context(const context_options& options = {})
        : m_options(options) {}
    ~context();
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    [[nodiscard]] std::uint64_t seed() const { return m_options.seed; }
    [[nodiscard]] coding_style style() const { return m_options.style; }
    [[nodiscard]] std::uint64_t quantum_fs() const { return m_options.quantum_fs; }

    [[nodiscard]] energy_ledger& ledger() { return m_ledger; }
    [[nodiscard]] const energy_ledger& ledger() const { return m_ledger; }
    [[nodiscard]] stat_group& statistics() { return m_statistics; }
    [[nodiscard]] const stat_group& statistics() const { return m_statistics; }

    /// Never absent: off until start_trace().
    [[nodiscard]] core::trace& trace() { return *m_trace; }
    /// Call it before modules are built: they ask for their tracks in their constructors.
    void start_trace(std::ostream& out, trace_options options = {});

    /// The random stream of a hierarchical name.
    [[nodiscard]] random_stream random(std::string_view name) const { return {seed(), name}; }

    /// The one T of this context, made on first use as T(context&) or T(): pools, registries.
    /// Destroyed in reverse order of creation, before ledger and statistics.
    template <class T>
    T& service() {
        const auto found = m_services.find(std::type_index(typeid(T)));
        if (found != m_services.end()) return static_cast<holder<T>&>(*found->second).value;
        auto made = std::make_unique<holder<T>>(*this);
        T& value = made->value;
        m_services.emplace(std::type_index(typeid(T)), made.get());
        m_owned.push_back(std::move(made));
        return value;
    }

private:
    struct holder_base {
        virtual ~holder_base() = default;
    };
    template <class T, bool = std::is_constructible_v<T, context&>>
    struct holder : holder_base {
        explicit holder(context& owner)
            : value(owner) {}
        T value;
    };
    template <class T>
    struct holder<T, false> : holder_base {
        explicit holder(context&) {}
        T value;
    };

    context_options m_options;
    energy_ledger m_ledger;
    stat_group m_statistics{""};
    std::unique_ptr<core::trace> m_trace = std::make_unique<core::trace>();
    std::map<std::type_index, holder_base*> m_services;
    std::vector<std::unique_ptr<holder_base>> m_owned;
};

}  // namespace pimvp::core
