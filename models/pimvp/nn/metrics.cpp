// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/metrics.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/random.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace pimvp::nn {

std::size_t top1(const std::vector<float>& scores) {
    return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) -
                                    scores.begin());
}

bool in_top_k(const std::vector<float>& scores, std::int64_t label, std::size_t k) {
    if (label < 0 || static_cast<std::size_t>(label) >= scores.size()) return false;
    const auto index = static_cast<std::size_t>(label);
    std::size_t better = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (scores[i] > scores[index] || (scores[i] == scores[index] && i < index)) ++better;
    }
    return better < k;
}

double portable_exp(double x) {
    constexpr double ln2_high = 6.93147180369123816490e-01;  // 32 bits of ln 2, the rest in ln2_low
    constexpr double ln2_low = 1.90821492927058770002e-10;
    constexpr double inverse_ln2 = 1.44269504088896338700e+00;
    constexpr double largest = 709.0;
    constexpr double smallest = -745.0;
    if (std::isnan(x)) return x;
    if (x > largest) return std::numeric_limits<double>::infinity();
    if (x < smallest) return 0.0;
    const double power = std::nearbyint(x * inverse_ln2);
    const double rest = (x - power * ln2_high) - power * ln2_low;  // |rest| <= ln(2) / 2
    double sum = 1.0;
    constexpr int terms = 14;
    for (int i = terms; i > 0; --i) sum = 1.0 + sum * rest / i;
    return std::ldexp(sum, static_cast<int>(power));
}

std::vector<double> log_softmax(const std::vector<float>& scores) {
    if (scores.empty()) return {};
    const double largest = scores[top1(scores)];
    double sum = 0.0;
    for (const float score : scores) sum += portable_exp(score - largest);
    const double log_sum = core::portable_log(sum);
    std::vector<double> result;
    result.reserve(scores.size());
    for (const float score : scores) result.push_back(score - largest - log_sum);
    return result;
}

double kl_divergence(const std::vector<float>& reference, const std::vector<float>& other) {
    const std::vector<double> p = log_softmax(reference);
    const std::vector<double> q = log_softmax(other);
    double sum = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += portable_exp(p[i]) * (p[i] - q[i]);
    return sum;
}

void accuracy::add(const std::vector<float>& scores, std::int64_t label) {
    constexpr std::size_t few = 5;
    ++m_count;
    m_top1 += in_top_k(scores, label, 1) ? 1U : 0U;
    m_top5 += in_top_k(scores, label, few) ? 1U : 0U;
}

void noise_ratio::add(const std::vector<float>& reference, const std::vector<float>& other) {
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double wanted = reference[i];
        const double error = wanted - other[i];
        m_signal += wanted * wanted;
        m_noise += error * error;
    }
}

double noise_ratio::db() const {
    if (m_noise == 0.0) return std::numeric_limits<double>::infinity();
    if (m_signal == 0.0) return -std::numeric_limits<double>::infinity();
    constexpr double ln10 = 2.30258509299404568402;
    return 10.0 * core::portable_log(m_signal / m_noise) / ln10;
}

void deviation::add(const std::vector<float>& reference, const std::vector<float>& other) {
    if (reference.size() != other.size() || reference.empty()) {
        throw core::user_error("cannot compare " + std::to_string(other.size()) + " scores with " +
                               std::to_string(reference.size()) + " reference scores");
    }
    ++m_count;
    m_agreeing += top1(reference) == top1(other) ? 1U : 0U;
    m_kl += kl_divergence(reference, other);
    m_ratio.add(reference, other);
}

double deviation::kl() const {
    return m_count == 0 ? 0.0 : m_kl / static_cast<double>(m_count);
}

double deviation::agreement() const {
    return m_count == 0 ? 0.0 : static_cast<double>(m_agreeing) / static_cast<double>(m_count);
}

}  // namespace pimvp::nn
