#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs an ONNX model in ONNX Runtime, graph optimisation disabled, and writes every tensor as .npy
// or compares every tensor with a folder of .npy files. The independent check of our integers.
//
//   npm install --ignore-scripts onnxruntime-node@1.30.0
//   node scripts/onnx_compare.mjs MODEL.onnx --input [NAME=]X.npy [--dump DIR] [--compare DIR]
//
// Inner tensors become outputs of a copy of the model in memory. A tensor NAME lies in the file
// DIR/NAME.npy with every byte other than A-Z a-z 0-9 . _ - replaced by %XX (hexadecimal).
import {mkdirSync, existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {descriptors, die, fileOf, loadRuntime, openModel, openSession, readNpy, writeNpy}
    from './onnx_runtime.mjs';

const usage = `usage: node onnx_compare.mjs MODEL.onnx --input [NAME=]X.npy [options]
  --input [NAME=]X.npy   a graph input (repeat for several); rows beyond the first are further runs
  --rows N               run at most N rows of the inputs (default: all)
  --tensors A,B,...      only these tensors (default: every tensor, or every file of --compare)
  --dump DIR             write tensors, one row a run: DIR/<tensor>.npy
  --compare DIR          compare with DIR/<tensor>.npy; exit 3 if an element differs
  --runtime DIR          folder that holds node_modules/onnxruntime-node (default: where npm put it)
`;

function parseArguments(list) {
    const options = {inputs: [], rows: Infinity};
    for (let i = 0; i < list.length; ++i) {
        const next = () => list[++i] ?? die(`${list[i - 1]} needs a value\n${usage}`);
        switch (list[i]) {
        case '--input': options.inputs.push(next()); break;
        case '--rows': options.rows = Number(next()); break;
        case '--tensors': options.tensors = next().split(','); break;
        case '--dump': options.dump = next(); break;
        case '--compare': options.compare = next(); break;
        case '--runtime': options.runtime = next(); break;
        case '-h': case '--help': console.log(usage); process.exit(0); break;
        default:
            if (list[i].startsWith('-') || options.model) {
                die(`unknown argument ${list[i]}\n${usage}`);
            }
            options.model = list[i];
        }
    }
    if (!options.model || options.inputs.length === 0) die(usage);
    if (!(options.rows >= 1)) die('--rows must be 1 or more');
    return options;
}

const options = parseArguments(process.argv.slice(2));
const runtime = loadRuntime(options.runtime);
const model = openModel(options.model);
let wanted = options.tensors;
if (!wanted && options.compare) {
    if (!existsSync(options.compare)) die(`${options.compare}: does not exist`);
    const files = new Set(readdirSync(options.compare));
    wanted = model.inner.filter(name => files.has(fileOf(name)));
    const known = new Set(model.inner.map(fileOf));
    const strays = [...files].filter(f => f.endsWith('.npy') && !known.has(f));
    if (strays.length) console.error(`note: no tensor of the model is called ${strays.join(', ')}`);
}
wanted ??= model.inner;
for (const name of wanted) if (!model.inner.includes(name)) die(`no node gives a tensor '${name}'`);
if (wanted.length === 0) die('no tensor to look at');

const run = await openSession(runtime, options.model, wanted);
const feeds = options.inputs.map(text => {
    const [, name, path] = /^(?:([^=]+)=)?(.+)$/.exec(text);
    return {name, ...readNpy(path)};
});
const rows = Math.min(options.rows, ...feeds.map(f => f.dims[0]));
const results = new Map(wanted.map(name => [name, []]));
for (let row = 0; row < rows; ++row) {
    const out = await run(feeds.map(({name, type, dims, data}) => {
        const size = data.length / dims[0];
        return {name, type, dims: [1, ...dims.slice(1)],
                data: data.slice(row * size, (row + 1) * size)};
    }));
    for (const [name, tensor] of out) results.get(name).push(tensor);
}

let differing = 0, elements = 0, bad = 0;
if (options.dump) mkdirSync(options.dump, {recursive: true});
for (const [name, runs] of results) {
    const size = runs[0].data.length;
    const data = new runs[0].data.constructor(size * runs.length);
    runs.forEach((each, i) => data.set(each.data, i * size));
    const dims = [runs.length * (runs[0].dims[0] ?? 1), ...runs[0].dims.slice(1)];
    const all = {type: runs[0].type, dims, data};
    if (options.dump && descriptors[all.type]) writeNpy(join(options.dump, fileOf(name)), all);
    if (!options.compare) continue;
    const expected = readNpy(join(options.compare, fileOf(name)));
    if (expected.data.length < data.length || expected.type !== all.type) {
        console.log(`${name}: ${expected.type} ${expected.dims} here, ` +
                    `${all.type} ${all.dims} in ONNX Runtime`);
        ++bad;
        continue;
    }
    let count = 0, first = -1;
    for (let i = 0; i < data.length; ++i) {
        if (data[i] === expected.data[i]) continue;
        if (count++ === 0) first = i;
    }
    elements += data.length;
    differing += count;
    if (count) {
        ++bad;
        console.log(`${name}: ${count} of ${data.length} differ; first at ${first}: ` +
                    `${expected.data[first]} expected, ${data[first]} in ONNX Runtime`);
    }
}
if (options.compare) {
    console.log(`${wanted.length} tensors, ${rows} runs, ${elements} elements: ` +
                `${differing} differ`);
    process.exit(bad ? 3 : 0);
}
console.log(`${wanted.length} tensors, ${rows} runs`);
