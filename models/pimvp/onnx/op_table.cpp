// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_table.h>

#include <algorithm>
#include <map>

namespace pimvp::onnx::detail {

namespace {

constexpr int many = 1 << 16;

using forms = std::vector<op_form>;
using table = std::map<std::string_view, forms>;

/// From the operator changelog of ONNX. Opsets below 7 count as 7: their forms are the same, or no
/// file of opset 7 can hold them.
const table& standard() {
    static const table entries = {
        {"Abs", {{7, 1, 1, {}}}},
        {"Add", {{7, 2, 2, {}}}},
        {"AveragePool",
         {{7, 1, 1, {"auto_pad", "count_include_pad", "kernel_shape", "pads", "strides"}},
          {10,
           1,
           1,
           {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"}},
          {19,
           1,
           1,
           {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads",
            "strides"}}}},
        {"BatchNormalization",
         {{7, 5, 5, {"epsilon", "momentum", "spatial"}},
          {9, 5, 5, {"epsilon", "momentum"}},
          {14, 5, 5, {"epsilon", "momentum", "training_mode"}}}},
        {"Cast", {{7, 1, 1, {"to"}}, {19, 1, 1, {"saturate", "to"}}}},
        {"Celu", {{12, 1, 1, {"alpha"}}}},
        {"Clip", {{7, 1, 1, {"max", "min"}}, {11, 1, 3, {}}}},
        {"Concat", {{7, 1, many, {"axis"}}}},
        {"Constant",
         {{7, 0, 0, {"value"}},
          {11, 0, 0, {"sparse_value", "value"}},
          {12,
           0,
           0,
           {"sparse_value", "value", "value_float", "value_floats", "value_int", "value_ints",
            "value_string", "value_strings"}}}},
        {"ConstantOfShape", {{9, 1, 1, {"value"}}}},
        {"Conv",
         {{7, 2, 3, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}}}},
        {"DequantizeLinear",
         {{10, 2, 3, {}}, {13, 2, 3, {"axis"}}, {21, 2, 3, {"axis", "block_size"}}}},
        {"Div", {{7, 2, 2, {}}}},
        {"Dropout", {{7, 1, 1, {"ratio"}}, {12, 1, 3, {"seed"}}}},
        {"Elu", {{7, 1, 1, {"alpha"}}}},
        {"Exp", {{7, 1, 1, {}}}},
        {"Flatten", {{7, 1, 1, {"axis"}}}},
        {"Gather", {{7, 2, 2, {"axis"}}}},
        {"Gemm",
         {{7, 3, 3, {"alpha", "beta", "transA", "transB"}},
          {11, 2, 3, {"alpha", "beta", "transA", "transB"}}}},
        {"GlobalAveragePool", {{7, 1, 1, {}}}},
        {"GlobalMaxPool", {{7, 1, 1, {}}}},
        {"HardSigmoid", {{7, 1, 1, {"alpha", "beta"}}}},
        {"HardSwish", {{14, 1, 1, {}}}},
        {"Identity", {{7, 1, 1, {}}}},
        {"LeakyRelu", {{7, 1, 1, {"alpha"}}}},
        {"LogSoftmax", {{7, 1, 1, {"axis"}}}},
        {"MatMul", {{7, 2, 2, {}}}},
        {"MaxPool",
         {{7, 1, 1, {"auto_pad", "kernel_shape", "pads", "strides"}},
          {8, 1, 1, {"auto_pad", "kernel_shape", "pads", "storage_order", "strides"}},
          {10,
           1,
           1,
           {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order",
            "strides"}}}},
        {"Mish", {{18, 1, 1, {}}}},
        {"Mul", {{7, 2, 2, {}}}},
        {"Neg", {{7, 1, 1, {}}}},
        {"PRelu", {{7, 2, 2, {}}}},
        {"Pad", {{7, 1, 1, {"mode", "pads", "value"}}, {11, 2, 3, {"mode"}}, {18, 2, 4, {"mode"}}}},
        {"QLinearConv",
         {{10, 8, 9, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}}}},
        {"QLinearMatMul", {{10, 8, 8, {}}}},
        {"QuantizeLinear",
         {{10, 2, 3, {}},
          {13, 2, 3, {"axis"}},
          {19, 2, 3, {"axis", "saturate"}},
          {21, 2, 3, {"axis", "block_size", "output_dtype", "saturate"}}}},
        {"ReduceMax",
         {{7, 1, 1, {"axes", "keepdims"}}, {18, 1, 2, {"keepdims", "noop_with_empty_axes"}}}},
        {"ReduceMean",
         {{7, 1, 1, {"axes", "keepdims"}}, {18, 1, 2, {"keepdims", "noop_with_empty_axes"}}}},
        {"Relu", {{7, 1, 1, {}}}},
        {"Reshape", {{7, 2, 2, {}}, {14, 2, 2, {"allowzero"}}}},
        {"Selu", {{7, 1, 1, {"alpha", "gamma"}}}},
        {"Shape", {{7, 1, 1, {}}, {15, 1, 1, {"end", "start"}}}},
        {"Sigmoid", {{7, 1, 1, {}}}},
        {"Slice", {{7, 1, 1, {"axes", "ends", "starts"}}, {10, 3, 5, {}}}},
        {"Softmax", {{7, 1, 1, {"axis"}}}},
        {"Softplus", {{7, 1, 1, {}}}},
        {"Softsign", {{7, 1, 1, {}}}},
        {"Split",
         {{7, 1, 1, {"axis", "split"}}, {13, 1, 2, {"axis"}}, {18, 1, 2, {"axis", "num_outputs"}}}},
        {"Squeeze", {{7, 1, 1, {"axes"}}, {13, 1, 2, {}}}},
        {"Sub", {{7, 2, 2, {}}}},
        {"Sum", {{7, 1, many, {}}}},
        {"Tanh", {{7, 1, 1, {}}}},
        {"ThresholdedRelu", {{10, 1, 1, {"alpha"}}}},
        {"Transpose", {{7, 1, 1, {"perm"}}}},
        {"Unsqueeze", {{7, 1, 1, {"axes"}}, {13, 2, 2, {}}}}};
    return entries;
}

/// ONNX Runtime's own operators on integers (domain com.microsoft, version 1).
const table& contributed() {
    static const table entries = {{"QLinearAdd", {{1, 7, 8, {}}}},
                                  {"QLinearAveragePool",
                                   {{1,
                                     4,
                                     5,
                                     {"auto_pad", "ceil_mode", "channels_last", "count_include_pad",
                                      "kernel_shape", "pads", "strides"}}}},
                                  {"QLinearConcat", {{1, 3, many, {"axis"}}}},
                                  {"QLinearGlobalAveragePool", {{1, 5, 5, {"channels_last"}}}},
                                  {"QLinearLeakyRelu", {{1, 4, 5, {"alpha"}}}},
                                  {"QLinearMul", {{1, 7, 8, {}}}},
                                  {"QLinearSigmoid", {{1, 4, 5, {}}}}};
    return entries;
}

}  // namespace

op_lookup find_op(std::string_view domain, std::string_view op, std::int64_t opset) {
    const bool own = domain.empty() || domain == "ai.onnx";
    if (!own && domain != "com.microsoft") return {};
    const table& entries = own ? standard() : contributed();
    const auto found = entries.find(op);
    if (found == entries.end()) return {};
    op_lookup result;
    result.since = found->second.front().since;
    for (const op_form& form : found->second) {
        if (form.since <= opset) result.form = &form;
    }
    return result;
}

std::vector<std::string> known_ops() {
    std::vector<std::string> names;
    for (const auto& [name, forms] : standard()) names.emplace_back(name);
    return names;
}

std::string_view reason_to_refuse(std::string_view op) {
    struct group {
        std::string_view reason;
        std::vector<std::string_view> ops;  ///< sorted
    };
    static const std::vector<group> groups = {
        {"no unit here scatters one input over many outputs; cut the model before it and run the "
         "rest on the host",
         {"Col2Im", "ConvTranspose", "MaxUnpool"}},
        {"interpolation has no unit here; cut the model before it and run the rest on the host",
         {"AffineGrid", "GridSample", "Resize", "RoiAlign", "Upsample"}},
        {"it needs statistics of every image; train with BatchNormalization",
         {"GroupNormalization", "InstanceNormalization", "LRN", "LayerNormalization",
          "LpNormalization", "MeanVarianceNormalization"}},
        {"the network must be a graph of layers without loops and branches; unroll it, or cut the "
         "model before it",
         {"GRU", "If", "LSTM", "Loop", "RNN", "Scan"}},
        {"it belongs to training; export the model in evaluation mode",
         {"Adagrad", "Adam", "Bernoulli", "Gradient", "Momentum", "Multinomial",
          "NegativeLogLikelihoodLoss", "RandomNormal", "RandomNormalLike", "RandomUniform",
          "RandomUniformLike", "SoftmaxCrossEntropyLoss"}},
        {"it looks for something among the results, which is the host's; end the model before it",
         {"ArgMax", "ArgMin", "Compress", "Hardmax", "NonMaxSuppression", "NonZero", "OneHot",
          "TopK", "Unique"}},
        {"it deals with truth values, which no layer here takes; fold it into constants, or cut "
         "the model before it",
         {"And", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Equal",
          "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or",
          "Where", "Xor"}},
        {"of the reductions, mean and maximum are supported",
         {"CumSum", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMin",
          "ReduceProd", "ReduceSum", "ReduceSumSquare"}},
        {"of the operators between computed tensors, Add, Mul and Concat are supported",
         {"Einsum", "Max", "Mean", "Min", "Mod", "Pow"}},
        {"scales must be known before a run; quantise the model statically",
         {"ConvInteger", "DynamicQuantizeLinear", "MatMulInteger"}},
        {"tensors of numbers are supported, sequences, options and strings are not",
         {"ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement",
          "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert",
          "SequenceLength", "SequenceMap", "SplitToSequence", "StringNormalizer",
          "TfIdfVectorizer"}},
        {"feed the network with the result of the signal processing before it",
         {"BlackmanWindow", "DFT", "HammingWindow", "HannWindow", "MelWeightMatrix", "STFT"}}};
    for (const group& each : groups) {
        if (std::binary_search(each.ops.begin(), each.ops.end(), op)) return each.reason;
    }
    return {};
}

}  // namespace pimvp::onnx::detail
