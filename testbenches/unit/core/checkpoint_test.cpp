// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/checkpoint.h>
#include <pimvp/core/sha256.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

using namespace pimvp::core;
using bytes = std::vector<std::uint8_t>;

namespace {

struct words final : savable {
    std::vector<std::uint32_t> values;

    explicit words(std::vector<std::uint32_t> begin = {})
        : values(std::move(begin)) {}
    void save(byte_writer& to) const override {
        if (!values.empty()) to.put_list(values);
    }
    void restore(byte_reader& from) override {
        values.clear();
        if (!from.at_end()) values = from.get_list<std::uint32_t>("words");
    }
};

bytes small_file() {
    checkpoint_writer file("memory.size = 64 MiB\n", 123);
    file.add("left", words({1, 2, 3}));
    file.add("nothing", words());
    file.add("right.part", words({4}));
    return file.finish();
}

/// Why a file is refused; empty if it is read.
std::string refusal(const bytes& file) {
    try {
        checkpoint_reader reader(file.data(), file.size());
    } catch (const format_error& error) {
        return error.what();
    }
    return {};
}

/// A file with another body and header and a digest that fits.
bytes forged(const std::function<void(checkpoint_header& header, bytes& body)>& change) {
    bytes file = small_file();
    checkpoint_header header;
    std::memcpy(&header, file.data(), sizeof header);
    bytes body(file.begin() + sizeof header, file.end() - sizeof(sha256_digest));
    change(header, body);
    if (header.total_bytes == file.size()) {
        header.total_bytes = sizeof header + body.size() + sizeof(sha256_digest);
    }
    byte_writer to;
    to.put(header);
    to.put_bytes(body.data(), body.size());
    to.put(sha256(to.bytes()));
    return to.bytes();
}

}  // namespace

TEST_CASE("core.checkpoint.gives_back_what_parts_wrote", "[core]") {
    const bytes file = small_file();
    const checkpoint_reader saved(file.data(), file.size());
    CHECK(saved.time_fs() == 123);
    CHECK(saved.configuration() == "memory.size = 64 MiB\n");
    REQUIRE(saved.sections().size() == 2);  // who writes nothing has none
    CHECK(saved.sections().count("nothing") == 0);
    words part({9});
    for (const auto& [name, values] : std::map<std::string, std::vector<std::uint32_t>>{
             {"left", {1, 2, 3}}, {"nothing", {}}, {"right.part", {4}}}) {
        byte_reader from = saved.section(name);
        part.restore(from);
        CHECK(from.at_end());
        CHECK(part.values == values);
    }
    CHECK(small_file() == file);
}

TEST_CASE("core.checkpoint.refuses_a_cut_or_changed_file", "[core]") {
    const bytes file = small_file();
    for (std::size_t length = 0; length < file.size(); ++length) {
        const bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
        CHECK_FALSE(refusal(cut).empty());
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
        bytes spoilt = file;
        spoilt[at] ^= 0x10U;
        CHECK_FALSE(refusal(spoilt).empty());
    }
    bytes longer = file;
    longer.push_back(0);
    CHECK(refusal(longer) ==
          std::to_string(longer.size()) + " bytes, written were " + std::to_string(file.size()));
}

TEST_CASE("core.checkpoint.names_what_is_wrong", "[core]") {
    using header = checkpoint_header;
    CHECK(refusal(forged([](header&, bytes&) {})).empty());
    CHECK(refusal(forged([](header& h, bytes&) { h.magic = 0; })) == "not a checkpoint");
    CHECK(refusal(forged([](header& h, bytes&) { h.format_version = 7; })) ==
          "format version 7, this program reads 1");
    CHECK(refusal(forged([](header& h, bytes&) { h.sections = 3; })) ==
          "section: the image ends early");
    CHECK(refusal(forged([](header& h, bytes&) { h.sections = 1; })) ==
          "bytes left over behind the sections");
    CHECK(refusal(forged([](header& h, bytes&) { h.configuration_bytes = 1U << 31U; })) ==
          "configuration: the image ends early");
    CHECK(refusal(forged([](header& h, bytes& body) {  // the first section once more
              const bytes section(body.begin() + h.configuration_bytes,
                                  body.begin() + h.configuration_bytes + 16 + 4 + 16);
              body.insert(body.end(), section.begin(), section.end());
              ++h.sections;
          })) == "section 'left' twice");
    CHECK(refusal(forged([](header& h, bytes& body) { body[h.configuration_bytes + 4] = 1; })) ==
          "section: reserved bytes are not 0");
    CHECK(refusal(forged([](header& h, bytes& body) {
              body[h.configuration_bytes + 15] = 0xFF;
          })) == "section: the image ends early");
}
