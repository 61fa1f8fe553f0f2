// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/expectations.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/quantise.h>

#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

namespace pimvp::runner {

struct expectations::slot {
    nn::executor reference;
    std::optional<nn::float_executor> floating;
    expectation ready;
    std::future<void> work;  ///< of the inference that holds the slot
};

struct expectations::workers {
    explicit workers(unsigned threads)
        : arena(std::min(static_cast<int>(threads), spare()), 0) {}
    /// Processors beside the simulation's.
    static int spare() { return std::max(1, tbb::info::default_concurrency() - 1); }
    tbb::task_arena arena;
};

expectations::expectations(const workload& work, const nn::network_precision& precision,
                           std::size_t held, unsigned threads)
    : m_work(work) {
    const unsigned ahead = threads - 1;
    const std::size_t slots = std::min(held + ahead, work.inputs.size());
    nn::executor prepared(work.network, precision);  // the copies share what it made of the weights
    for (std::size_t i = 0; i < slots; ++i) {
        const bool last = i + 1 == slots;
        m_slots.push_back(std::make_unique<slot>(
            slot{last ? std::move(prepared) : nn::executor(prepared), {}, {}, {}}));
        if (work.floating) m_slots[i]->floating.emplace(*work.floating);
    }
    if (ahead != 0) m_workers = std::make_unique<workers>(ahead);
    for (std::size_t i = 0; i < slots; ++i) begin(i);
}

expectations::~expectations() {
    if (m_workers == nullptr) return;  // nothing runs that nobody asked for
    for (const auto& each : m_slots) {
        if (each->work.valid()) each->work.wait();
    }
}

void expectations::begin(std::size_t index) {
    slot& into = slot_of(index);
    if (m_workers == nullptr) {
        into.work =
            std::async(std::launch::deferred, [this, &into, index] { prepare(into, index); });
        return;
    }
    auto task = std::make_shared<std::packaged_task<void()>>(
        [this, &into, index] { prepare(into, index); });
    into.work = task->get_future();
    m_workers->arena.enqueue([task] { (*task)(); });
}

void expectations::prepare(slot& into, std::size_t index) const {
    const nn::network& net = m_work.network;
    std::vector<nn::integer_tensor> inputs;
    into.ready.inputs.clear();
    for (std::size_t i = 0; i < net.inputs.size(); ++i) {
        inputs.push_back(nn::quantise(m_work.inputs[index][i], net.values[net.inputs[i]].type));
        const nn::integer_tensor& t = inputs.back();
        into.ready.inputs.emplace_back(t.bytes(), t.bytes() + t.byte_count());
    }
    into.reference.run(inputs);
    into.ready.reference = &into.reference;
    if (into.floating) {
        into.floating->run(m_work.inputs[index]);
        into.ready.float_scores = into.floating->value(m_work.floating->outputs[0]).data;
    }
}

const expectation& expectations::of(std::size_t index) {
    slot& held = slot_of(index);
    if (held.work.valid()) held.work.get();
    return held.ready;
}

void expectations::release(std::size_t index) {
    const std::size_t next = index + m_slots.size();
    if (next < m_work.inputs.size()) begin(next);
}

}  // namespace pimvp::runner
