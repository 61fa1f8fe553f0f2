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
import {readFileSync, writeFileSync, mkdirSync, existsSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const usage = `usage: node onnx_compare.mjs MODEL.onnx --input [NAME=]X.npy [options]
  --input [NAME=]X.npy   a graph input (repeat for several); rows beyond the first are further runs
  --rows N               run at most N rows of the inputs (default: all)
  --tensors A,B,...      only these tensors (default: every tensor, or every file of --compare)
  --dump DIR             write tensors, one row a run: DIR/<tensor>.npy
  --compare DIR          compare with DIR/<tensor>.npy; exit 3 if an element differs
  --runtime DIR          folder that holds node_modules/onnxruntime-node (default: where npm put it)
`;

function die(message) {
    console.error(message);
    process.exit(2);
}

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

// ---- .npy -------------------------------------------------------------------------------------
const kinds = {
    '|u1': ['uint8', Uint8Array], '|i1': ['int8', Int8Array],
    '<u2': ['uint16', Uint16Array], '<i2': ['int16', Int16Array],
    '<i4': ['int32', Int32Array], '<f4': ['float32', Float32Array],
    '<i8': ['int64', BigInt64Array], '<f8': ['float64', Float64Array]};
const descriptors = Object.fromEntries(Object.entries(kinds).map(([d, [type]]) => [type, d]));

function readNpy(path) {
    if (!existsSync(path)) die(`${path}: does not exist`);
    const bytes = readFileSync(path);
    if (bytes.length < 12 || bytes.toString('latin1', 1, 6) !== 'NUMPY') {
        die(`${path}: is no .npy file`);
    }
    const version = bytes[6];
    const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
    const start = (version === 1 ? 10 : 12) + length;
    const header = bytes.toString('latin1', start - length, start);
    const descriptor = /'descr':\s*'([^']+)'/.exec(header)?.[1].replace(/^[<=](?=.1$)/, '|');
    const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1].split(',').filter(t => t.trim())
        .map(Number);
    if (!kinds[descriptor] || !dims || /'fortran_order':\s*True/.test(header)) {
        die(`${path}: element type or order not supported: ${header.trim()}`);
    }
    const [type, Array] = kinds[descriptor];
    const body = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
    const count = dims.reduce((a, b) => a * b, 1);
    if (body.byteLength !== count * Array.BYTES_PER_ELEMENT) die(`${path}: is truncated`);
    return {type, dims, data: new Array(body)};
}

function writeNpy(path, {type, dims, data}) {
    const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
    const text =
        `{'descr': '${descriptors[type]}', 'fortran_order': False, 'shape': ${shape}, }`;
    const padded = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
    const head = Buffer.alloc(10);
    head.write('\x93NUMPY\x01\x00', 'latin1');
    head.writeUInt16LE(padded.length, 8);
    const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    writeFileSync(path, Buffer.concat([head, Buffer.from(padded, 'latin1'), body]));
}

const fileOf = name => [...Buffer.from(name)].map(byte => {
    const c = String.fromCharCode(byte);
    return /[A-Za-z0-9._-]/.test(c) ? c : '%' + byte.toString(16).toUpperCase().padStart(2, '0');
}).join('') + '.npy';

// ---- protobuf: just enough to find the nodes' outputs and to add graph outputs ------------------
function varint(value) {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
    return Buffer.from([...bytes, value]);
}

function* fields(bytes) {
    let at = 0;
    const number = () => {
        let value = 0, unit = 1, byte;
        do {
            if (at >= bytes.length) die('the model is truncated');
            byte = bytes[at++];
            value += (byte & 127) * unit;
            unit *= 128;
        } while (byte > 127);
        return value;
    };
    while (at < bytes.length) {
        const begin = at;
        const key = number();
        const wire = key % 8;
        let body;
        if (wire === 0) number();
        else if (wire === 1) at += 8;
        else if (wire === 5) at += 4;
        else if (wire === 2) {
            const length = number();
            body = bytes.subarray(at, at + length);
            at += length;
        } else die('this is no ONNX model');
        yield {field: Math.floor(key / 8), body, raw: bytes.subarray(begin, at)};
    }
}

const message = (field, body) => Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);

// Returns the names of all tensors the nodes give and a function that adds some as outputs.
function openModel(path) {
    if (!existsSync(path)) die(`${path}: does not exist`);
    const model = [...fields(readFileSync(path))];
    const graph = model.find(f => f.field === 7)?.body ?? die(`${path}: holds no graph`);
    const parts = [...fields(graph)];
    const nameOf = (body, field) => [...fields(body)].filter(f => f.field === field)
        .map(f => f.body.toString('utf8'));
    const inner = parts.filter(f => f.field === 1).flatMap(f => nameOf(f.body, 2)).filter(n => n);
    const outputs = new Set(parts.filter(f => f.field === 12).flatMap(f => nameOf(f.body, 1)));
    const withOutputs = names => {
        const added = names.filter(n => !outputs.has(n))
            .map(n => message(12, message(1, Buffer.from(n))));  // ONNX Runtime infers the type
        const bytes = message(7, Buffer.concat([...parts.map(f => f.raw), ...added]));
        return Buffer.concat(model.map(f => f.field === 7 ? bytes : f.raw));
    };
    return {inner, withOutputs};
}

function loadRuntime(folder) {
    const here = fileURLToPath(new URL('.', import.meta.url));
    const places = [folder, process.cwd(), here].filter(p => p);
    for (const place of places) {
        try {
            return createRequire(join(place, 'x.js'))('onnxruntime-node');
        } catch { /* the next place */ }
    }
    die('onnxruntime-node is not installed: ' +
        'npm install --ignore-scripts onnxruntime-node@1.30.0, or name its folder with --runtime');
}

// ---- run ----------------------------------------------------------------------------------------
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

// ONNX Runtime's AVX2 kernels for uint8 x int8 saturate sums of two products at 16 bits; CPUs with
// VNNI (and its uint8 x uint8 kernels) do not. Integers are comparable only on the latter.
const session = await runtime.InferenceSession.create(model.withOutputs(wanted), {
    graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1,
    executionProviders: ['cpu'], logSeverityLevel: 3})
    .catch(e => die(`${options.model}: ${e.message}`));
const feeds = options.inputs.map((text, i) => {
    const [, name, path] = /^(?:([^=]+)=)?(.+)$/.exec(text);
    return {name: name ?? session.inputNames[i], ...readNpy(path)};
});
const rows = Math.min(options.rows, ...feeds.map(f => f.dims[0]));
const results = new Map(wanted.map(name => [name, []]));
for (let row = 0; row < rows; ++row) {
    const feed = {};
    for (const {name, type, dims, data} of feeds) {
        const size = data.length / dims[0];
        feed[name] = new runtime.Tensor(type, data.slice(row * size, (row + 1) * size),
                                        [1, ...dims.slice(1)]);
    }
    const out = await session.run(feed, wanted).catch(e => die(`${options.model}: ${e.message}`));
    for (const name of wanted) {
        const tensor = out[name];
        results.get(name).push({type: tensor.type, dims: tensor.dims, data: tensor.data.slice()});
    }
}

let differing = 0, elements = 0, bad = 0;
if (options.dump) mkdirSync(options.dump, {recursive: true});
for (const [name, runs] of results) {
    const size = runs[0].data.length;
    const data = new runs[0].data.constructor(size * runs.length);
    runs.forEach((run, i) => data.set(run.data, i * size));
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
