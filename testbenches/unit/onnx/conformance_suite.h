// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// Runs the node tests of ONNX through import and reference executors.
namespace conformance {

enum class verdict {
    passed,
    refused,  ///< the import says why
    wrong     ///< imported, and computed something else
};

struct outcome {
    std::string name;           ///< "test_relu"
    std::string operator_name;  ///< of its node; several nodes: of the operator they spell out
    verdict result = verdict::refused;
    std::string reason;
};

bool is_installed();

/// Every test of the suite, by name. The tests feed weights, shapes and axes as inputs: each is
/// tried with all inputs fed, then with only the first one and the others as initialisers, then
/// with its batch cut into runs of one.
std::vector<outcome> run_suite();

/// The outcomes as a page of the documentation.
std::string table(const std::vector<outcome>& outcomes);

}  // namespace conformance
