// SPDX-License-Identifier: Apache-2.0
// Prints message rates and elaboration cost. bus_speed lt|at|elaborate
#include "fixtures.h"

#include <pimvp/core/setup.h>

#include <sys/resource.h>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>

using namespace bus_test;

namespace {
double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// The trivial block: constant times, counts what it takes.
struct trivial : sc_core::sc_module, bus::service {
    bus::service_port in;
    const sc_time time{ns(1)};
    std::uint64_t taken = 0;

    trivial(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this) {}
    sc_time occupancy(const tlm_generic_payload&) const override { return time; }
    void execute(tlm_generic_payload&, const sc_time&) override { ++taken; }
};

struct four_ports : sc_core::sc_module, bus::service {
    bus::service_port in, codes;
    bus::push_port out, samples;

    four_ports(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this),
          codes("codes", context, *this),
          out("out", context),
          samples("samples", context) {
        out.bind(in);
        samples.bind(codes);
    }
    void execute(tlm_generic_payload&, const sc_time&) override {}
};

struct sender : sc_core::sc_module {
    bus::push_port out;
    std::uint64_t messages;
    bool waits;

    sender(const sc_core::sc_module_name& name, core::context& context, std::uint64_t count)
        : sc_module(name),
          out("out", context),
          messages(count),
          waits(context.style() == core::coding_style::at) {
        sc_core::sc_spawn([this] { run(); }, "run");
    }
    void run() {
        for (std::uint64_t i = 0; i < messages; ++i) {
            out.send(out.pool().allocate(24));
            if (waits && i % 64 == 63) sc_core::wait(ns(64));  // bounds the queue
        }
    }
};

void rate(const core::context_options& options, std::uint64_t messages) {
    core::context context(options);
    sender from("from", context, messages);
    trivial to("to", context);
    from.out.bind(to.in);
    const double start = cpu_seconds();
    sc_core::sc_start();
    const double took = cpu_seconds() - start;
    std::cout << core::to_string(options.style) << ": " << to.taken << " messages in " << took
              << " s, " << static_cast<double>(to.taken) / took / 1e6 << " M/s, "
              << outstanding(context) << " payloads outstanding\n";
}

void elaborate(std::size_t modules) {
    core::context context;
    const double start = cpu_seconds();
    std::vector<std::unique_ptr<four_ports>> all;
    all.reserve(modules);
    for (std::size_t i = 0; i < modules; ++i) {
        all.push_back(std::make_unique<four_ports>(("ima" + std::to_string(i)).c_str(), context));
    }
    const double built = cpu_seconds() - start;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    std::cout << modules << " modules of 4 ports: built " << built << " s, elaborated "
              << cpu_seconds() - start << " s; sizeof service_port " << sizeof(bus::service_port)
              << ", push_port " << sizeof(bus::push_port) << "; peak memory " << peak_kib() / 1024
              << " MiB\n";
}
}  // namespace

int sc_main(int argc, char** argv) {
    core::simulation_setup();
    const std::string what = argc > 1 ? argv[1] : "lt";
    if (what == "elaborate") {
        elaborate(2'000);
    } else if (what == "at") {
        rate(at_options(), 4'000'000);
    } else {
        rate({}, 40'000'000);
    }
    return 0;
}
