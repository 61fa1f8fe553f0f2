// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/zoo/builder.h>

/// The networks, layer by layer; each returns its output. Internal to the zoo.
namespace pimvp::runner::zoo {

// plain.cpp: one layer after the other
value_id alexnet(builder& b);
value_id vgg9(builder& b);
value_id vgg11(builder& b);
value_id vgg16(builder& b);
value_id mobilenet_v1(builder& b);

// residual.cpp: with shortcuts
value_id resnet18(builder& b);
value_id resnet34(builder& b);
value_id resnet50(builder& b);
value_id mobilenet_v2(builder& b);

// branched.cpp: with parallel branches
value_id squeezenet(builder& b);
value_id googlenet(builder& b);

}  // namespace pimvp::runner::zoo
