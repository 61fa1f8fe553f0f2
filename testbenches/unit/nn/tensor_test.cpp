// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/nn/tensor.h>

#include <pimvp/core/diagnostics.h>

using namespace pimvp::nn;

TEST_CASE("nn.tensor.element_count", "[nn]") {
    CHECK(element_count({}) == 1);
    CHECK(element_count({1, 3, 224, 224}) == 150528);
    CHECK(element_count({0, 1 << 30}) == 0);
    CHECK_THROWS_AS(element_count({-1, 3}), pimvp::core::user_error);
    CHECK_THROWS_AS(element_count({1 << 30, 1 << 30, 1 << 30}), pimvp::core::user_error);
    CHECK(to_string(shape{1, 3, 5}) == "1x3x5");
    CHECK(to_string(shape{}) == "scalar");
}

TEST_CASE("nn.tensor.storage_follows_the_type", "[nn]") {
    for (const int bits : {1, 7, 8, 9, 16}) {
        for (const bool is_signed : {false, true}) {
            tensor_type type;
            type.bits = bits;
            type.is_signed = is_signed;
            integer_tensor tensor({2, 3}, type);
            CHECK(tensor.size() == 6);
            CHECK(tensor.byte_count() == (bits <= 8 ? 6U : 12U));
            tensor.set(1, type.lowest());
            tensor.set(2, type.highest());
            CHECK(tensor.at(0) == 0);
            CHECK(tensor.at(1) == type.lowest());
            CHECK(tensor.at(2) == type.highest());
        }
    }
    tensor_type type;
    type.bits = 17;
    CHECK_THROWS_AS(integer_tensor({1}, type), pimvp::core::user_error);
}

TEST_CASE("nn.tensor.bytes_are_little_endian", "[nn]") {
    tensor_type type;
    type.bits = 16;
    type.is_signed = true;
    integer_tensor tensor({2}, type);
    tensor.set(0, 0x1234);
    tensor.set(1, -2);
    CHECK(tensor.bytes()[0] == 0x34);
    CHECK(tensor.bytes()[1] == 0x12);
    CHECK(tensor.bytes()[2] == 0xFE);
    CHECK(tensor.bytes()[3] == 0xFF);
}

TEST_CASE("nn.tensor.reshape_and_compare", "[nn]") {
    integer_tensor a({2, 3}, {});
    for (std::size_t i = 0; i < 6; ++i) a.set(i, static_cast<int>(i));
    const integer_tensor b = a.reshaped({6});
    CHECK(b.dims() == shape{6});
    CHECK(count_mismatches(a, b) == 0);
    CHECK_THROWS_AS(a.reshaped({7}), pimvp::core::user_error);

    tensor_type wider;
    wider.bits = 16;
    integer_tensor c({6}, wider);
    for (std::size_t i = 0; i < 6; ++i) c.set(i, static_cast<int>(i));
    CHECK(count_mismatches(a, c) == 0);
    c.set(3, 300);
    CHECK(count_mismatches(a, c) == 1);
    CHECK(count_mismatches(a, integer_tensor({7}, {})) == 7);
}
