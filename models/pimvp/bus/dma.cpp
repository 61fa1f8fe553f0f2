// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/dma.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace pimvp::bus {

namespace {
/// Walks through a block in pieces that stay within a row and a burst.
class cursor {
public:
    cursor(const dma_block& block, std::uint64_t burst)
        : m_block(block),
          m_burst(burst) {}

    [[nodiscard]] bool at_end() const { return m_block.bytes == 0 || m_row == m_block.rows; }
    [[nodiscard]] std::uint64_t address() const { return m_block.row_address(m_row) + m_offset; }
    [[nodiscard]] std::uint64_t available() const {
        return std::min(m_block.bytes - m_offset, m_burst - address() % m_burst);
    }
    void advance(std::uint64_t bytes) {
        m_offset += bytes;
        if (m_offset == m_block.bytes) {
            m_offset = 0;
            ++m_row;
        }
    }

private:
    const dma_block& m_block;
    std::uint64_t m_burst;
    std::uint64_t m_row = 0;
    std::uint64_t m_offset = 0;
};

/// Whether some row runs over the end of the 64-bit address space (sizes come from the guest).
bool wraps(const dma_block& block) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (block.bytes == 0 || block.rows == 0) return false;
    const std::uint64_t stride = block.stride == 0 ? block.bytes : block.stride;
    const std::uint64_t steps = block.rows - 1;
    if (block.bytes > most / block.rows) return true;
    if (steps != 0 && stride > most / steps) return true;
    const std::uint64_t last = stride * steps;
    return last > most - (block.bytes - 1) || block.address > most - (last + block.bytes - 1);
}
}  // namespace

/// One transfer under way: its setup, then what its bursts were answered.
class dma::transfer {
public:
    transfer(dma& engine, const char* what)
        : m_engine(engine),
          m_what(what),
          m_begun_fs(core::now_fs()),
          m_aborts(engine.m_aborts) {
        ++engine.m_stats.transfers;
        auto& channels = engine.m_channels;
        const auto unused = std::find(channels.begin(), channels.end(), false);
        m_channel = static_cast<std::size_t>(unused - channels.begin());
        if (unused == channels.end()) channels.push_back(false);
        channels[m_channel] = true;
        if (engine.m_setup != sc_core::SC_ZERO_TIME) {
            sc_core::wait(engine.m_setup, engine.m_abort);
        }
        look_for_abort();
    }
    ~transfer() {
        m_engine.m_channels[m_channel] = false;
        if (!goes_on()) ++m_engine.m_stats.failed;
        if (!m_engine.m_trace.enabled()) return;
        const core::trace_track track = m_engine.m_trace.track(std::string(m_engine.name()) + "[" +
                                                               std::to_string(m_channel) + "]");
        m_engine.m_trace.slice(track, m_what, m_begun_fs, core::now_fs(),
                               {{"bytes", m_result.bytes}});
    }
    transfer(const transfer&) = delete;
    transfer& operator=(const transfer&) = delete;

    [[nodiscard]] bool goes_on() const { return m_result.status == tlm::TLM_OK_RESPONSE; }
    [[nodiscard]] const dma_result& result() const { return m_result; }

    void check(const dma_block& block) {
        if (goes_on() && wraps(block)) fail(tlm::TLM_ADDRESS_ERROR_RESPONSE, block.address);
    }
    void burst(std::uint64_t address, std::uint64_t bytes, tlm::tlm_response_status status) {
        look_for_abort();
        if (!goes_on()) return;
        if (status == tlm::TLM_OK_RESPONSE) {
            m_result.bytes += bytes;
        } else {
            fail(status, address);
        }
    }

private:
    void fail(tlm::tlm_response_status status, std::uint64_t address) {
        m_result.status = status;
        m_result.address = address;
    }
    void look_for_abort() {
        if (m_engine.m_aborts == m_aborts) return;
        m_result.status = tlm::TLM_GENERIC_ERROR_RESPONSE;
        m_result.aborted = true;
    }

    dma& m_engine;
    const char* m_what;
    std::uint64_t m_begun_fs;
    std::uint64_t m_aborts;
    std::size_t m_channel = 0;
    dma_result m_result;
};

dma::dma(const char* name, core::context& context, dma_params params)
    : initiator_port(name, context, 0),
      m_params(std::move(params)),
      m_setup(core::to_time(m_params.setup.value)),
      m_stats(context.statistics(), this->name()),
      m_trace(context.trace()) {
    core::validate(m_params).throw_if_errors();
}

dma_result dma::read(const dma_block& from, void* to) {
    auto* target = static_cast<std::uint8_t*>(to);
    transfer now(*this, "read");
    now.check(from);
    for (cursor at(from, burst_bytes()); now.goes_on() && !at.at_end();) {
        const std::uint64_t bytes = at.available();
        now.burst(at.address(), bytes, initiator_port::read(at.address(), target, bytes));
        target += bytes;
        at.advance(bytes);
    }
    m_stats.bytes_read += now.result().bytes;
    return now.result();
}

dma_result dma::write(const dma_block& to, const void* from) {
    const auto* source = static_cast<const std::uint8_t*>(from);
    transfer now(*this, "write");
    now.check(to);
    for (cursor at(to, burst_bytes()); now.goes_on() && !at.at_end();) {
        const std::uint64_t bytes = at.available();
        now.burst(at.address(), bytes, initiator_port::write(at.address(), source, bytes));
        source += bytes;
        at.advance(bytes);
    }
    m_stats.bytes_written += now.result().bytes;
    return now.result();
}

dma_result dma::copy(const dma_descriptor& what) {
    if (what.source.total() != what.destination.total()) {
        throw core::internal_error(std::string(name()) + ": a copy of " +
                                   std::to_string(what.source.total()) + " bytes into " +
                                   std::to_string(what.destination.total()));
    }
    std::vector<std::uint8_t> buffer;
    transfer now(*this, "copy");
    now.check(what.source);
    now.check(what.destination);
    cursor from(what.source, burst_bytes());
    cursor to(what.destination, burst_bytes());
    while (now.goes_on() && !from.at_end()) {
        const std::uint64_t bytes = std::min(from.available(), to.available());
        buffer.resize(bytes);
        now.burst(from.address(), 0, initiator_port::read(from.address(), buffer.data(), bytes));
        if (!now.goes_on()) break;
        now.burst(to.address(), bytes, initiator_port::write(to.address(), buffer.data(), bytes));
        from.advance(bytes);
        to.advance(bytes);
    }
    m_stats.bytes_read += now.result().bytes;
    m_stats.bytes_written += now.result().bytes;
    return now.result();
}

void dma::abort() {
    ++m_aborts;
    m_abort.notify();
    cancel();
}

}  // namespace pimvp::bus
