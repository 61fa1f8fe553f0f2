// SPDX-License-Identifier: Apache-2.0
// Does the model page show what is generated?
#include <support/catch.h>

#include <pimvp/accel/front_end_params.h>

#include <pimvp/core/document.h>
#include <pimvp/core/parameters.h>

#include <string>

using namespace pimvp;

namespace {

std::string page() {
    return core::read_text_file(PIMVP_SOURCE_DIR "/docs/models/accel.md");
}

}  // namespace

TEST_CASE("accel.docs.register_table_is_current", "[accel][unit]") {
    const std::string table = core::read_text_file(PIMVP_REGISTER_TABLE);
    INFO("copy " PIMVP_REGISTER_TABLE " into docs/models/accel.md");
    CHECK(page().find(table) != std::string::npos);
}

TEST_CASE("accel.docs.parameter_table_is_current", "[accel][unit]") {
    const std::string table =
        core::parameters_markdown(core::list_parameters<accel::front_end_params>());
    INFO("docs/models/accel.md lacks:\n" << table);
    CHECK(page().find(table) != std::string::npos);
}
