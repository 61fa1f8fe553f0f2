// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tlm>
#include <vector>

namespace pimvp::bus {

enum class traffic_access { read, write, idle };

/// One row of a traffic table: a transaction and what is expected of it, or a pause.
struct traffic_row {
    traffic_access access = traffic_access::read;
    core::duration at;     ///< not before this long after the start of the table
    core::duration after;  ///< pause after the end of the row before
    std::uint64_t address = 0;
    unsigned width = 4;                 ///< bytes of a word, little-endian
    std::vector<std::uint64_t> data;    ///< words to write
    std::vector<std::uint64_t> expect;  ///< words to be read; empty: any
    std::vector<std::uint64_t> mask;    ///< bits of `expect` that count; one for all, or one each
    std::size_t words = 0;              ///< to read where none are expected; 0: one
    tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE;  ///< expected
    core::duration within;                                     ///< longest latency; 0: any
    core::source_mark mark{};  ///< where the row stands, for messages; empty if in no file

    /// Bytes of the transaction; 0 for a pause.
    [[nodiscard]] std::size_t bytes() const;
    /// Of `expect`.
    [[nodiscard]] std::uint64_t mask_of(std::size_t word) const;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        constexpr std::size_t most_words = 1U << 20U;
        v.choice("access", p.access,
                 {{"read", traffic_access::read},
                  {"write", traffic_access::write},
                  {"idle", traffic_access::idle}},
                 "What the row does.");
        v.member("at", p.at, {0_fs, 3600_s}, "Not before this long after the start of the table.");
        v.member("after", p.after, {0_fs, 3600_s}, "Pause after the end of the row before.");
        if (p.access == traffic_access::idle) return;
        v.required("address", p.address, "Of the first byte; `base` is added.");
        v.choice("width", p.width, {{"1", 1}, {"2", 2}, {"4", 4}, {"8", 8}},
                 "Bytes of a word; words are little-endian.");
        if (p.access == traffic_access::write) {
            v.list("data", p.data, {1, most_words}, "Words to write.");
        } else {
            v.list("expect", p.expect, {0, most_words}, "Words to be read; none: any.");
            v.list("mask", p.mask, {0, most_words},
                   "Bits of `expect` that count: one for all words or one each; none: all.");
            v.member("words", p.words, {0, most_words},
                     "Words to read where none are expected; 0: one.");
        }
        v.choice("response", p.response,
                 {{"ok", tlm::TLM_OK_RESPONSE},
                  {"generic_error", tlm::TLM_GENERIC_ERROR_RESPONSE},
                  {"address_error", tlm::TLM_ADDRESS_ERROR_RESPONSE},
                  {"command_error", tlm::TLM_COMMAND_ERROR_RESPONSE},
                  {"burst_error", tlm::TLM_BURST_ERROR_RESPONSE},
                  {"byte_enable_error", tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE}},
                 "How the target is to answer.");
        v.member("within", p.within, {0_fs, 3600_s},
                 "Longest time from the request to the response; 0: any.");
    }
    void validate(core::diagnostics& found) const;
};

/// Transactions in order, with expected answers: what a traffic_player plays.
struct traffic_table {
    std::uint64_t base = 0;  ///< added to every address
    std::vector<traffic_row> rows;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("base", p.base, "Added to every address.");
        v.list("rows", p.rows, "Transactions and pauses, in order.");
    }
    void validate(core::diagnostics& found) const {
        if (rows.empty()) found.error("rows", "a table without rows plays nothing: add some");
    }
};

/// Strict as every document; rows remember where they stand. Throws core::user_error with
/// everything that is wrong.
///
/// \code
///     const auto table = bus::read_traffic_table(core::document::load("traffic.yaml"));
/// \endcode
traffic_table read_traffic_table(const core::document& from);

/// "address_error": the word a table has for a response.
std::string to_string(tlm::tlm_response_status response);

}  // namespace pimvp::bus
