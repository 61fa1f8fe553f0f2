// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/study.h>

#include <pimvp/report/json_place.h>

namespace pimvp::report {

namespace {

constexpr std::uint64_t known_schema = 1;

study_point point_of(const json_place& from) {
    study_point read;
    if (const auto found = from.find("label")) read.label = found->text();
    if (const auto found = from.find("average_bits")) read.average_bits = found->amount();
    if (const auto found = from.find("kl")) read.kl = found->real();
    if (const auto found = from.find("top1")) read.top1 = found->share();
    if (const auto found = from.find("agreement")) read.agreement = found->share();
    if (const auto found = from.find("images")) read.images = found->amount();
    if (const auto found = from.find("energy_j")) {
        for (const auto& [envelope, joules] : found->members()) {
            if (!joules.is_null()) read.energy_j[envelope] = joules.amount();
        }
    }
    return read;
}

}  // namespace

study read_study(const std::string& file) {
    const auto document = read_json(file);
    const json_place root(document, file, "see docs/guide/program.md for a study's keys");
    const std::uint64_t schema = root["schema"].whole();
    if (schema != known_schema) {
        root["schema"].refuse("is " + std::to_string(schema) + ", known is " +
                              std::to_string(known_schema));
    }
    study read;
    read.network = root["network"].text();
    for (const json_place& each : root["series"].elements()) {
        study_series series;
        series.name = each["name"].text();
        if (const auto found = each.find("static")) series.is_static = found->flag();
        for (const json_place& point : each["points"].elements()) {
            series.points.push_back(point_of(point));
        }
        read.series.push_back(std::move(series));
    }
    return read;
}

}  // namespace pimvp::report
