// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/traffic_player.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <cstring>
#include <ios>
#include <sstream>
#include <utility>

namespace pimvp::bus {
namespace {

std::string hex(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

std::string place_of(std::size_t row) {
    return "rows[" + std::to_string(row) + "]";
}

std::uint64_t word_at(const std::vector<std::uint8_t>& bytes, std::size_t word, unsigned width) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + word * width, width);
    return value;
}

}  // namespace

traffic_player::traffic_player(const sc_core::sc_module_name& name, core::context& context,
                               traffic_table table)
    : sc_module(name),
      out("out", context),
      m_table(std::move(table)) {
    core::validate(m_table).throw_if_errors();
    SC_HAS_PROCESS(traffic_player);
    SC_THREAD(run);
}

void traffic_player::run() {
    const std::uint64_t start = local_fs();
    for (std::size_t i = 0; i < m_table.rows.size(); ++i, ++m_played) {
        const traffic_row& row = m_table.rows[i];
        wait_until(std::max(local_fs() + row.after.fs, start + row.at.fs));
        if (row.access == traffic_access::idle) continue;
        const std::uint64_t begin = local_fs();
        m_bytes.assign(row.bytes(), 0);
        const tlm::tlm_response_status response = issue(row, m_bytes);
        compare(i, response, local_fs() - begin, m_bytes);
    }
    out.synchronise();
    m_finished.notify();
}

std::uint64_t traffic_player::local_fs() const {
    return core::now_fs() + core::to_fs(out.local_time());
}

void traffic_player::wait_until(std::uint64_t fs) {
    if (fs > local_fs()) out.advance(core::from_fs(fs - local_fs()));
}

tlm::tlm_response_status traffic_player::issue(const traffic_row& row,
                                               std::vector<std::uint8_t>& bytes) {
    const std::uint64_t address = m_table.base + row.address;
    if (row.access == traffic_access::read) return out.read(address, bytes.data(), bytes.size());
    for (std::size_t i = 0; i < row.data.size(); ++i) {
        std::memcpy(bytes.data() + i * row.width, &row.data[i], row.width);
    }
    return out.write(address, bytes.data(), bytes.size());
}

void traffic_player::compare(std::size_t index, tlm::tlm_response_status response,
                             std::uint64_t took_fs, const std::vector<std::uint8_t>& bytes) {
    const traffic_row& row = m_table.rows[index];
    const auto mismatch = [&](const std::string& what) {
        m_mismatches.error(place_of(index), transaction_text(row) + ": " + what, row.mark);
    };
    if (row.within.fs != 0 && took_fs > row.within.fs) {
        mismatch("took " + core::to_string(core::duration{took_fs}) + ", allowed " +
                 core::to_string(row.within));
    }
    if (response != row.response) {
        mismatch("answered " + to_string(response) + ", expected " + to_string(row.response));
        return;
    }
    std::size_t wrong = 0, first = 0;
    for (std::size_t i = row.expect.size(); i-- > 0;) {
        const std::uint64_t differs = word_at(bytes, i, row.width) ^ row.expect[i];
        if ((differs & row.mask_of(i)) == 0) continue;
        ++wrong;
        first = i;
    }
    if (wrong == 0) return;
    std::string what;
    if (row.expect.size() > 1) {
        what = std::to_string(wrong) + " of " + std::to_string(row.expect.size()) +
               " words differ, the first is [" + std::to_string(first) + "]: ";
    }
    what +=
        "read " + hex(word_at(bytes, first, row.width)) + ", expected " + hex(row.expect[first]);
    if (!row.mask.empty()) what += ", mask " + hex(row.mask_of(first));
    mismatch(what);
}

std::string traffic_player::transaction_text(const traffic_row& row) const {
    const char* verb = row.access == traffic_access::read ? "read of " : "write of ";
    return verb + std::to_string(row.bytes()) + " bytes at " + hex(m_table.base + row.address);
}

std::string traffic_player::report() const {
    std::string text = m_mismatches.text();
    if (!text.empty()) text += '\n';
    if (!done()) {
        const traffic_row& waits = m_table.rows[m_played];
        text +=
            core::diagnostic{core::severity::error, place_of(m_played),
                             "has not ended at " + sc_core::sc_time_stamp().to_string(), waits.mark}
                .text() +
            '\n';
    }
    return text + std::to_string(m_played) + " of " + std::to_string(m_table.rows.size()) +
           " rows played, " + std::to_string(m_mismatches.list().size()) + " mismatches\n";
}

}  // namespace pimvp::bus
