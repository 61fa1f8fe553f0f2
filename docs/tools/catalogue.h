// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/card.h>
#include <pimvp/core/context.h>
#include <pimvp/core/parameters.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pimvp::docs {

/// What the library offers to pages: every parameter struct and card by name, and one instance of
/// every model, built but never simulated, with a context of its own.
class catalogue {
public:
    catalogue();
    ~catalogue();
    catalogue(const catalogue&) = delete;
    catalogue& operator=(const catalogue&) = delete;

    // By "room.name"; unknown names throw core::user_error with the nearest one.
    [[nodiscard]] std::vector<core::parameter_row> parameters(const std::string& name) const;
    [[nodiscard]] core::card_view card(const std::string& name) const;
    /// The context of a model holds its statistics and events, and those of its children.
    [[nodiscard]] core::context& context_of(const std::string& model) const;
    /// The model's own statistics.
    [[nodiscard]] const core::stat_group& statistics(const std::string& model) const;

private:
    struct model {
        std::unique_ptr<core::context> context = std::make_unique<core::context>();
        std::shared_ptr<void> instance;
        std::string group;  ///< of its statistics
    };

    template <class T>
    void add_struct(const std::string& name);
    template <class T, class... Arguments>
    void add_model(const std::string& name, Arguments&&... arguments);
    void add_cards(const std::string& room, const std::vector<core::card_view>& cards);

    std::map<std::string, std::function<std::vector<core::parameter_row>()>> m_structs;
    std::map<std::string, core::card_view> m_cards;
    std::map<std::string, model> m_models;
};

}  // namespace pimvp::docs
