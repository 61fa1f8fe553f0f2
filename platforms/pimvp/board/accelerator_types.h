// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/accelerator.h>

#include <pimvp/core/context.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pimvp::board {

/// The parameters of one accelerator, of whatever type, and how to build it from them.
class accelerator_settings {
public:
    virtual ~accelerator_settings() = default;
    [[nodiscard]] virtual std::shared_ptr<accelerator_settings> clone() const = 0;
    [[nodiscard]] virtual std::unique_ptr<accel::accelerator> build(
        const sc_core::sc_module_name& name, core::context& context) const = 0;

    /// The struct behind it if it is of type Params, else null: for the mapper of the family.
    template <class Params>
    [[nodiscard]] const Params* as() const;

    static void describe(accelerator_settings& settings, core::parameter_visitor& v) {
        settings.describe_members(v);
    }
    virtual void validate(core::diagnostics& found) const = 0;

protected:
    virtual void describe_members(core::parameter_visitor& v) = 0;
};

/// The `type:` words of a board document and what they build. A value, not a registry: a program
/// adds the families it links.
///
/// \code
///     board::accelerator_types types;
///     types.add<isaac_like::accelerator, isaac_like::isaac_like_params>("isaac_like", "ReRAM");
///     const auto params = board::read_board(document, types);
/// \endcode
class accelerator_types {
public:
    template <class Params>
    using builder = std::function<std::unique_ptr<accel::accelerator>(
        const sc_core::sc_module_name&, core::context&, const Params&)>;

    /// Throws core::internal_error if the type is known already.
    template <class Params>
    void add(const std::string& type, const std::string& sentence, builder<Params> build);
    /// For modules constructed as Module(name, context, params, more...): what `more` is, the
    /// factories of replaceable parts for instance, is copied.
    template <class Module, class Params, class... More>
    void add(const std::string& type, const std::string& sentence, const More&... more) {
        add<Params>(type, sentence,
                    [more...](const sc_core::sc_module_name& name, core::context& context,
                              const Params& params) -> std::unique_ptr<accel::accelerator> {
                        return std::make_unique<Module>(name, context, params, more...);
                    });
    }

    [[nodiscard]] bool knows(const std::string& type) const { return m_types.count(type) != 0; }
    [[nodiscard]] std::vector<std::string> names() const;
    /// What `type` is, for listings. Throws core::internal_error if it is not known.
    [[nodiscard]] const std::string& sentence(const std::string& type) const;
    /// Default parameters. Throws core::user_error with the known types if it is none.
    [[nodiscard]] std::shared_ptr<accelerator_settings> make(const std::string& type) const;

private:
    template <class Params>
    class typed_settings;

    struct entry {
        std::string sentence;
        std::shared_ptr<const accelerator_settings> defaults;
    };

    void add_entry(const std::string& type, entry added);
    [[nodiscard]] const entry& at(const std::string& type) const;

    std::map<std::string, entry> m_types;
};

// ---- templates ---------------------------------------------------------------------------------

namespace detail {
/// Where accelerator_settings::as() looks.
template <class Params>
class params_holder {
public:
    virtual ~params_holder() = default;
    Params params;
};
}  // namespace detail

template <class Params>
class accelerator_types::typed_settings final : public accelerator_settings,
                                                public detail::params_holder<Params> {
public:
    explicit typed_settings(builder<Params> build)
        : m_build(std::move(build)) {}

    [[nodiscard]] std::shared_ptr<accelerator_settings> clone() const override {
        return std::make_shared<typed_settings>(*this);
    }
    [[nodiscard]] std::unique_ptr<accel::accelerator> build(const sc_core::sc_module_name& name,
                                                            core::context& context) const override {
        return m_build(name, context, this->params);
    }
    void validate(core::diagnostics& found) const override {
        if constexpr (core::detail::has_validate<Params>::value) this->params.validate(found);
    }

protected:
    void describe_members(core::parameter_visitor& v) override {
        Params::describe(this->params, v);
    }

private:
    builder<Params> m_build;
};

template <class Params>
const Params* accelerator_settings::as() const {
    const auto* holder = dynamic_cast<const detail::params_holder<Params>*>(this);
    return holder == nullptr ? nullptr : &holder->params;
}

template <class Params>
void accelerator_types::add(const std::string& type, const std::string& sentence,
                            builder<Params> build) {
    add_entry(type, {sentence, std::make_shared<typed_settings<Params>>(std::move(build))});
}

}  // namespace pimvp::board
