// SPDX-License-Identifier: Apache-2.0
// A generated header stands on its own.
#include <pimvp/demo/demo_regs.h>
