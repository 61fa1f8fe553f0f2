// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one place that knows which Catch2 is installed.
#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;
#endif
