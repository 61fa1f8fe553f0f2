// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// How good a network's outputs are. Computed in double in index order with exponential and
/// logarithm of our own: the same bits on every host.
namespace pimvp::nn {

/// Index of the largest score, the first of equals. Precondition: not empty.
std::size_t top1(const std::vector<float>& scores);

/// Whether `label` is among the `k` largest scores; of equal scores the first counts as larger.
/// False for a label outside the scores.
bool in_top_k(const std::vector<float>& scores, std::int64_t label, std::size_t k);

/// log(softmax(scores)), shifted by the maximum so that nothing overflows.
std::vector<double> log_softmax(const std::vector<float>& scores);

/// Kullback-Leibler divergence in nats of softmax(other) from softmax(reference):
/// sum of p * (log p - log q). Precondition: equal sizes.
double kl_divergence(const std::vector<float>& reference, const std::vector<float>& other);

/// e^x from additions, multiplications and powers of two (relative error below 1e-15). NaN gives
/// NaN.
double portable_exp(double x);

/// Counts hits against labels.
class accuracy {
public:
    void add(const std::vector<float>& scores, std::int64_t label);

    [[nodiscard]] std::size_t count() const { return m_count; }
    /// Fractions 0 .. 1; 0 if nothing was added.
    [[nodiscard]] double top1() const { return fraction(m_top1); }
    [[nodiscard]] double top5() const { return fraction(m_top5); }

private:
    [[nodiscard]] double fraction(std::size_t hits) const {
        return m_count == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(m_count);
    }
    std::size_t m_count = 0, m_top1 = 0, m_top5 = 0;
};

/// Signal to noise over all elements that were added.
class noise_ratio {
public:
    /// Precondition: equal sizes.
    void add(const std::vector<float>& reference, const std::vector<float>& other);
    /// 10 log10(sum of reference^2 / sum of (reference - other)^2), dB; infinity if they are equal.
    [[nodiscard]] double db() const;

private:
    double m_signal = 0.0, m_noise = 0.0;
};

/// Compares the scores of a network with those of its reference, usually integer with float.
class deviation {
public:
    /// Both of the same input; throws core::user_error if the sizes differ.
    void add(const std::vector<float>& reference, const std::vector<float>& other);

    [[nodiscard]] std::size_t count() const { return m_count; }
    /// Mean divergence of an input, nats.
    [[nodiscard]] double kl() const;
    [[nodiscard]] double sqnr_db() const { return m_ratio.db(); }  ///< of all elements
    /// Fraction of inputs with the same top-1 index.
    [[nodiscard]] double agreement() const;

private:
    std::size_t m_count = 0, m_agreeing = 0;
    double m_kl = 0.0;
    noise_ratio m_ratio;
};

}  // namespace pimvp::nn
