// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/debug_agent.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The remote serial protocol of gdb, without sockets and without simulation.
namespace pimvp::cpu {

/// What a debugger may look at and change. Register numbers: register_number.
class gdb_target {
public:
    virtual ~gdb_target() = default;
    [[nodiscard]] virtual unsigned xlen() const = 0;
    [[nodiscard]] virtual bool floating() const = 0;
    [[nodiscard]] virtual std::uint64_t read_register(unsigned number) = 0;
    virtual void write_register(unsigned number, std::uint64_t value) = 0;
    /// The bytes that can be read, from the first on.
    [[nodiscard]] virtual std::vector<std::uint8_t> read_memory(std::uint64_t address,
                                                                std::size_t bytes) = 0;
    virtual bool write_memory(std::uint64_t address, const std::vector<std::uint8_t>& bytes) = 0;
    virtual void set_breakpoint(std::uint64_t address, bool on) = 0;
};

/// Finds packets in a stream of bytes, whatever pieces they come in.
class gdb_framing {
public:
    enum class event_kind { packet, damaged, interrupt, acknowledged, refused };
    struct event {
        event_kind kind = event_kind::packet;
        std::string text;  ///< of a packet, escapes undone
    };

    /// Longest packet; what is longer is damaged.
    static constexpr std::size_t longest = 0x10000;

    void feed(std::string_view bytes);
    /// The next event, in order.
    [[nodiscard]] std::optional<event> next();

    /// "$text#checksum", with escapes.
    [[nodiscard]] static std::string packet(std::string_view text);

private:
    enum class state { outside, inside, escaped, checksum_high, checksum_low };

    void byte(unsigned char next);
    void finish(bool sound);

    state m_state = state::outside;
    std::string m_text;
    unsigned m_sum = 0;
    unsigned m_expected = 0;
    bool m_too_long = false;
    std::deque<event> m_events;
};

/// Answers packets for one core.
///
/// **Limits** One thread. Software breakpoints only; hardware ones (Z1) are the same. A kill
/// detaches. What is not known is answered with an empty packet, what is malformed with E01, memory
/// that cannot be reached with E02.
///
/// **Source** Debugging with GDB, appendix E: remote serial protocol.
class gdb_session {
public:
    explicit gdb_session(gdb_target& target)
        : m_target(target) {}

    struct answer {
        std::optional<std::string> text;            ///< to be sent now
        std::optional<debug_agent::action> action;  ///< the core goes on; its stop is the answer
    };
    [[nodiscard]] answer handle(const std::string& packet);

    /// Acknowledgements are switched off.
    [[nodiscard]] bool quiet() const { return m_quiet; }
    /// What to tell of a stop, and of the end of the program.
    [[nodiscard]] static std::string stopped(stop_reason why);
    [[nodiscard]] static std::string ended(int code);

private:
    [[nodiscard]] std::string registers();
    [[nodiscard]] bool write_registers(std::string_view hex);
    [[nodiscard]] std::string one_register(std::string_view number);
    [[nodiscard]] bool write_one_register(std::string_view text);
    [[nodiscard]] std::string memory(std::string_view text);
    [[nodiscard]] std::string write_memory(std::string_view text, bool binary);
    [[nodiscard]] std::string breakpoint(std::string_view text, bool on);
    [[nodiscard]] std::string query(const std::string& packet);
    [[nodiscard]] answer go_on(std::string_view packet);
    [[nodiscard]] std::string description() const;
    [[nodiscard]] std::string hex_of(unsigned number);
    [[nodiscard]] unsigned register_bytes(unsigned number) const;

    gdb_target& m_target;
    bool m_quiet = false;
};

}  // namespace pimvp::cpu
