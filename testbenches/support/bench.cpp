// SPDX-License-Identifier: Apache-2.0
#include <support/bench.h>

#include <stdexcept>
#include <utility>

namespace support {

namespace {
pimvp::core::context_options styled(pimvp::core::coding_style style) {
    pimvp::core::context_options options;
    options.style = style;
    return options;
}
}  // namespace

bench::bench(const pimvp::core::context_options& options, const char* name)
    : detail::open_module(name),
      sc_core::sc_module(*m_open_name),
      context(options) {}

bench::bench(pimvp::core::coding_style style)
    : bench(styled(style)) {}

bench::~bench() = default;

void bench::run(const sc_core::sc_time& budget, std::function<void()> body) {
    m_body = std::move(body);
    sc_core::sc_spawn_options options;
    options.set_stack_size(1 << 20);
    sc_core::sc_spawn([this] { thread(); }, "body", &options);
    m_open_name.reset();  // the module is complete
    try {
        sc_core::sc_start(budget);
    } catch (...) {
        if (m_thrown) std::rethrow_exception(m_thrown);
        throw;
    }
    if (m_thrown) std::rethrow_exception(m_thrown);
    if (!m_finished) {
        throw std::runtime_error("the test body did not end within " + budget.to_string() +
                                 " of simulated time");
    }
}

void bench::thread() {
    try {
        m_body();
        m_finished = true;
    } catch (const sc_core::sc_unwind_exception&) {
        throw;
    } catch (...) {
        m_thrown = std::current_exception();
    }
    sc_core::sc_stop();
}

}  // namespace support
