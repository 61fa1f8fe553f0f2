// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>

#include <unistd.h>

#include <filesystem>
#include <string>

using namespace pimvp::core;
namespace fs = std::filesystem;

namespace {

/// A folder of this test, gone afterwards.
struct scratch {
    fs::path folder = fs::temp_directory_path() / ("pimvp_file_test_" + std::to_string(getpid()));
    scratch() { fs::create_directory(folder); }
    ~scratch() { fs::remove_all(folder); }
};

}  // namespace

TEST_CASE("core.file.comes_back_as_it_was_written", "[core]") {
    const scratch here;
    const std::string path = here.folder / "data.bin";
    const std::string bytes("a\0b\n\xff", 5);
    write_file(path, "something longer that is replaced");
    write_file(path, bytes);
    CHECK(read_file(path) == bytes);
    CHECK(std::distance(fs::directory_iterator(here.folder), {}) == 1);  // no temporary is left
    write_file(path, "");
    CHECK(read_file(path).empty());
}

TEST_CASE("core.file.names_path_and_cause_if_it_cannot_be_written", "[core]") {
    const scratch here;
    const std::string missing = here.folder / "nowhere" / "data.bin";
    CHECK_THROWS_WITH(write_file(missing, "x"),
                      Catch::Contains(missing) && Catch::Contains("No such file or directory"));
    fs::create_directory(here.folder / "folder");
    CHECK_THROWS_AS(write_file(here.folder / "folder", "x"), user_error);
    CHECK(std::distance(fs::directory_iterator(here.folder), {}) == 1);
}

TEST_CASE("core.file.names_path_and_cause_if_it_cannot_be_read", "[core]") {
    const scratch here;
    const std::string missing = here.folder / "data.bin";
    CHECK_THROWS_WITH(read_file(missing), Catch::Contains(missing + "' does not exist"));
    CHECK_THROWS_WITH(read_file(here.folder), Catch::Contains("is a folder"));
    write_file(missing, std::string((1U << 20U) + 1, 'x'));
    CHECK_THROWS_WITH(read_file(missing, 1U << 20U), Catch::Contains("is larger than 1 MiB"));
}
