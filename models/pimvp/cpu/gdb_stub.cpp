// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/gdb_stub.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/cpu/gdb_protocol.h>
#include <pimvp/cpu/riscv_cpu.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pimvp::cpu {
namespace {

/// A core, as gdb sees it.
class core_target final : public gdb_target {
public:
    explicit core_target(riscv_cpu& core)
        : m_core(core) {}

    [[nodiscard]] unsigned xlen() const override { return m_core.iss().xlen(); }
    [[nodiscard]] bool floating() const override { return has_floating(m_core.params().isa); }
    [[nodiscard]] std::uint64_t read_register(unsigned number) override {
        return m_core.iss().read_register(number);
    }
    void write_register(unsigned number, std::uint64_t value) override {
        m_core.iss().write_register(number, value);
    }
    [[nodiscard]] std::vector<std::uint8_t> read_memory(std::uint64_t address,
                                                        std::size_t bytes) override {
        std::vector<std::uint8_t> data(bytes);
        data.resize(m_core.out.debug_read(address, data.data(), bytes));
        return data;
    }
    bool write_memory(std::uint64_t address, const std::vector<std::uint8_t>& bytes) override {
        m_core.iss().code_changed(address, address + bytes.size() - 1);
        return m_core.out.debug_write(address, bytes.data(), bytes.size()) == bytes.size();
    }
    void set_breakpoint(std::uint64_t address, bool on) override {
        if (on) {
            m_core.iss().set_breakpoint(address);
        } else {
            m_core.iss().clear_breakpoint(address);
        }
    }

private:
    riscv_cpu& m_core;
};

}  // namespace

/// The socket of a peer, and what it says.
class gdb_stub::connection {
public:
    connection(int socket, riscv_cpu& core)
        : target(core),
          session(target),
          m_socket(socket) {}
    ~connection() { close(m_socket); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Waits up to `milliseconds` (-1: for ever) for something to arrive. False: the peer is gone.
    bool receive(int milliseconds) {
        pollfd waiting{m_socket, POLLIN, 0};
        const int ready = poll(&waiting, 1, milliseconds);
        if (ready == 0 || (ready < 0 && errno == EINTR)) return true;
        std::array<char, 4096> bytes{};
        const ssize_t got = recv(m_socket, bytes.data(), bytes.size(), 0);
        if (got <= 0) return false;
        framing.feed({bytes.data(), static_cast<std::size_t>(got)});
        return true;
    }
    void send_packet(std::string_view text) {
        m_last = gdb_framing::packet(text);
        send_raw(m_last);
    }
    void send_again() { send_raw(m_last); }
    /// The sign that a packet has, or has not, arrived in one piece.
    void acknowledge(bool sound) {
        if (!session.quiet()) send_raw(sound ? "+" : "-");
    }

    core_target target;
    gdb_framing framing;
    gdb_session session;

private:
    void send_raw(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;  // gone: the next receive() says so
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    int m_socket;
    std::string m_last;
};

gdb_stub::gdb_stub(const options& chosen)
    : m_options(chosen),
      m_listening(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(chosen.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    setsockopt(m_listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (m_listening < 0 || bind(m_listening, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(m_listening, 1) != 0 ||
        getsockname(m_listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        const std::string cause = std::strerror(errno);
        if (m_listening >= 0) close(m_listening);
        throw core::user_error("port " + std::to_string(chosen.port) + " for gdb",
                               cause + ": name another one, or 0 for any");
    }
    m_port = ntohs(address.sin_port);
}

gdb_stub::~gdb_stub() {
    close(m_listening);
}

void gdb_stub::wait_for_peer(riscv_cpu& cpu) {
    pollfd waiting{m_listening, POLLIN, 0};
    const auto limit = std::chrono::milliseconds(m_options.patience).count();
    const int ready = poll(&waiting, 1, limit == 0 ? -1 : static_cast<int>(limit));
    const int peer = ready > 0 ? accept4(m_listening, nullptr, nullptr, SOCK_CLOEXEC) : -1;
    if (peer < 0) {
        throw core::user_error("no gdb has come to port " + std::to_string(m_port) + " within " +
                               std::to_string(m_options.patience.count()) + " s");
    }
    const int yes = 1;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    m_peer = std::make_unique<connection>(peer, cpu);
}

debug_agent::action gdb_stub::stopped(riscv_cpu& cpu, stop_reason why) {
    if (!m_peer) wait_for_peer(cpu);
    if (std::exchange(m_told, false)) m_peer->send_packet(gdb_session::stopped(why));
    for (;;) {
        while (const auto event = m_peer->framing.next()) {
            if (event->kind == gdb_framing::event_kind::refused) m_peer->send_again();
            if (event->kind == gdb_framing::event_kind::damaged) m_peer->acknowledge(false);
            if (event->kind != gdb_framing::event_kind::packet) continue;
            m_peer->acknowledge(true);
            const gdb_session::answer answer = m_peer->session.handle(event->text);
            if (answer.text) m_peer->send_packet(*answer.text);
            if (!answer.action) continue;
            m_told = *answer.action != action::detach;
            if (*answer.action == action::detach) m_peer.reset();
            return *answer.action;
        }
        if (!m_peer->receive(-1)) {
            m_peer.reset();
            return action::detach;
        }
    }
}

bool gdb_stub::wants_stop(riscv_cpu&) {
    if (!m_peer) return false;
    if (!m_peer->receive(0)) return true;  // stopped() detaches
    bool interrupted = false;
    while (const auto event = m_peer->framing.next()) {
        interrupted = interrupted || event->kind == gdb_framing::event_kind::interrupt;
    }
    return interrupted;
}

void gdb_stub::ended(riscv_cpu& cpu) {
    if (!m_peer) return;
    m_peer->send_packet(gdb_session::ended(cpu.ended()->code));
    m_peer->receive(1000);  // an acknowledgement, or gdb hangs up
    m_peer.reset();
}

}  // namespace pimvp::cpu
