// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/core/context.h>
#include <pimvp/core/document.h>

struct link_params {
    unsigned lanes = 4;
    pimvp::core::graded<pimvp::core::energy> per_byte{{2e-12}, pimvp::core::assumed("example")};

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("lanes", p.lanes, {1, 16}, "Parallel lanes.", pimvp::core::assumed("example"));
        v.member("per_byte", p.per_byte, "Moving one byte.");
    }
};

int main() {
    const auto params = pimvp::core::read_yaml<link_params>("per_byte: 3 pJ", "example.yaml");
    pimvp::core::context context;
    const auto byte =
        context.ledger().event("link", "byte", "", params.per_byte, pimvp::core::off_chip);
    context.ledger().add(byte, 64);
    const auto report = context.ledger().price(context.ledger().snapshot(0));
    return report.weakest() == pimvp::core::grade::assumed ? 0 : 1;
}
// page ends
