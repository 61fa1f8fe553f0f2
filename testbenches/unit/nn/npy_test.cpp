// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/nn/npy.h>

#include <pimvp/core/diagnostics.h>

#include <unistd.h>
#include <cstdio>
#include <filesystem>

using namespace pimvp::nn;

namespace {

std::string text_of(const std::vector<std::uint8_t>& bytes) {
    return {bytes.begin(), bytes.end()};
}

std::string file_with(const std::string& dictionary, const std::string& data, int major = 1) {
    std::string file = "\x93NUMPY";
    file += static_cast<char>(major);
    file += '\0';
    file += static_cast<char>(dictionary.size() & 0xFFU);
    file += static_cast<char>(dictionary.size() >> 8U);
    if (major > 1) file += std::string(2, '\0');
    return file + dictionary + data;
}

std::string refusal(const std::string& file) {
    try {
        parse_npy(file, "x.npy");
    } catch (const pimvp::core::user_error& error) {
        return error.what();
    }
    return {};
}

/// A path of this process that is removed at the end.
struct temporary {
    std::string path = (std::filesystem::temp_directory_path() /
                        ("pimvp_npy_test_" + std::to_string(::getpid()) + ".npy"))
                           .string();
    ~temporary() { std::remove(path.c_str()); }
};

template <class T>
void round_trip(const shape& dims, const std::vector<T>& elements) {
    const std::vector<std::uint8_t> file =
        npy_bytes(detail::npy_type_of<T>(), dims, elements.data());
    CHECK((file.size() - elements.size() * sizeof(T)) % 64 == 0);
    const npy_array array = parse_npy(text_of(file), "x.npy");
    CHECK(array.dims() == dims);
    CHECK(array.as<T>() == elements);
}

}  // namespace

TEST_CASE("nn.npy.round_trip_of_every_type", "[nn]") {
    round_trip<std::uint8_t>({2, 3}, {0, 1, 2, 253, 254, 255});
    round_trip<std::int8_t>({3}, {-128, 0, 127});
    round_trip<std::uint16_t>({1, 1, 2}, {0, 65535});
    round_trip<std::int16_t>({2}, {-32768, 32767});
    round_trip<std::int32_t>({}, {-7});
    round_trip<std::int64_t>({2, 0, 5}, {});
    round_trip<float>({2}, {1.5F, -0.0F});
    round_trip<double>({1}, {1e300});
}

TEST_CASE("nn.npy.versions_and_spellings", "[nn]") {
    const std::string dictionary = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }";
    for (const int major : {1, 2, 3}) {
        const npy_array array = parse_npy(file_with(dictionary, {"\1\0\2\0", 4}, major), "x.npy");
        CHECK(array.as<std::int16_t>() == std::vector<std::int16_t>{1, 2});
        CHECK(array.as_integers() == std::vector<std::int64_t>{1, 2});
    }
    CHECK(parse_npy(
              file_with("{\"shape\":(2L,1),\"fortran_order\":False,\"descr\":\"|u1\"}  \n", "ab"),
              "x.npy")
              .dims() == shape{2, 1});
    CHECK(parse_npy(file_with("{'descr':'|i1','fortran_order':False,'shape':()}", "a"), "x")
              .as<std::int8_t>()
              .size() == 1);
}

TEST_CASE("nn.npy.refusals_name_file_cause_and_way_out", "[nn]") {
    using Catch::Contains;
    const auto with = [](const std::string& dictionary, const std::string& data = "ab") {
        return refusal(file_with(dictionary, data));
    };
    CHECK_THAT(refusal(""), Contains("x.npy") && Contains("np.save"));
    CHECK_THAT(refusal("PK\3\4 something else"), Contains("not a .npy file"));
    CHECK_THAT(refusal(std::string("\x93NUMPY\1", 7)), Contains("truncated"));
    CHECK_THAT(refusal(std::string("\x93NUMPY\2\0\1\0\0", 11)), Contains("truncated"));
    CHECK_THAT(refusal(std::string("\x93NUMPY\1\0\xFF\xFF{}", 12)), Contains("claims 65535"));
    CHECK_THAT(refusal(std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF{}", 14)),
               Contains("claims 4294967295"));
    CHECK_THAT(refusal(file_with("{}", "", 9)), Contains("version 9"));

    CHECK_THAT(with("{'descr': '<u2', 'fortran_order': True, 'shape': (1,)}"),
               Contains("Fortran") && Contains("ascontiguousarray"));
    CHECK_THAT(with("{'descr': '>i2', 'fortran_order': False, 'shape': (1,)}"),
               Contains("'>i2'") && Contains("astype"));
    CHECK_THAT(with("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}"), Contains("astype"));
    CHECK_THAT(with("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), Contains("astype"));
    CHECK_THAT(with("{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1,)}"),
               Contains("structured"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}"),
               Contains("truncated"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}"),
               Contains("longer than it says"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': "
                    "(1000000000000000, 1000000000000000, 1000000000000000)}"),
               Contains("truncated"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
               Contains("2^50"));
    CHECK_FALSE(with("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000000, "
                     "1000000000000, 0)}",
                     "")
                    .empty());
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False}"), Contains("all needed"));
    CHECK_THAT(with("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}"),
               Contains("twice"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}"), Contains("True or"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': (2)}"), Contains("comma"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}"),
               Contains("dimension"));
    CHECK_THAT(with("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} x"),
               Contains("follows"));
    CHECK_THAT(with("{'descr: 2"), Contains("header"));
    CHECK_THAT(with(""), Contains("'{'"));
    std::string many = "{'descr': '|u1', 'fortran_order': False, 'shape': (";
    for (int i = 0; i < 40; ++i) many += "1,";
    CHECK_THAT(with(many + ")}"), Contains("32 dimensions"));
}

TEST_CASE("nn.npy.random_damage_never_crashes", "[nn]") {
    const std::vector<float> elements(12, 1.0F);
    const std::string good = text_of(npy_bytes(npy_type::f32, {3, 4}, elements.data()));
    support::generator random(1);
    std::size_t accepted = 0;
    for (int trial = 0; trial < 20000; ++trial) {
        std::string file = good;
        for (std::int64_t i = random.between(1, 4); i > 0; --i) {
            file[random.below(90)] = static_cast<char>(random.next());
        }
        if (random.chance(30)) file.resize(random.below(file.size()));
        accepted += refusal(file).empty() ? 1U : 0U;
    }
    CHECK(accepted < 20000);
}

TEST_CASE("nn.npy.wrong_element_type_is_refused", "[nn]") {
    const std::vector<float> elements(2);
    const npy_array array = parse_npy(text_of(npy_bytes(npy_type::f32, {2}, elements.data())), "x");
    CHECK_THROWS_WITH(array.as<std::uint8_t>(),
                      Catch::Contains("x: holds float32") && Catch::Contains("astype(np.uint8)"));
    CHECK_THROWS_AS(array.as_integers(), pimvp::core::user_error);
    CHECK(array.as_float_tensor().dims == shape{2});
}

TEST_CASE("nn.npy.files", "[nn]") {
    const temporary file;
    const std::vector<std::int16_t> elements = {1, 2, 3, 4, 5, 6};
    write_npy(file.path, shape{3, 2}, elements);
    CHECK(read_npy(file.path).as<std::int16_t>() == elements);
    npy_reader reader(file.path);
    CHECK(reader.rows() == 3);
    const npy_array part = reader.read_rows(1, 2);
    CHECK(part.dims() == shape{2, 2});
    CHECK(part.as<std::int16_t>() == std::vector<std::int16_t>{3, 4, 5, 6});
    CHECK(reader.read_rows(0, 1).as<std::int16_t>() == std::vector<std::int16_t>{1, 2});
    CHECK_THROWS_WITH(reader.read_rows(2, 2), Catch::Contains("has 3 rows"));

    tensor_type type;
    type.bits = 12;
    integer_tensor tensor({2}, type);
    tensor.set(1, 4095);
    write_npy(file.path, tensor);
    CHECK(read_npy(file.path).as<std::uint16_t>() == std::vector<std::uint16_t>{0, 4095});
}

TEST_CASE("nn.npy.missing_and_unwritable_files", "[nn]") {
    CHECK_THROWS_WITH(read_npy("/nowhere/x.npy"), Catch::Contains("/nowhere/x.npy: no such file"));
    CHECK_THROWS_WITH(read_npy("/tmp"), Catch::Contains("not a regular file"));
    CHECK_THROWS_WITH(write_npy("/nowhere/x.npy", shape{1}, std::vector<float>{1.0F}),
                      Catch::Contains("cannot be written"));
}
