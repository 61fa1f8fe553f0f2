// SPDX-License-Identifier: Apache-2.0
// What the scripts that ask ONNX Runtime share: .npy files, every tensor of a model as an output,
// runs without graph optimisation.
import {readFileSync, writeFileSync, existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

export function die(message) {
    console.error(message);
    process.exit(2);
}

// ---- .npy -------------------------------------------------------------------------------------
const kinds = {
    '|u1': ['uint8', Uint8Array], '|i1': ['int8', Int8Array],
    '<u2': ['uint16', Uint16Array], '<i2': ['int16', Int16Array],
    '<i4': ['int32', Int32Array], '<f4': ['float32', Float32Array],
    '<i8': ['int64', BigInt64Array], '<f8': ['float64', Float64Array]};
export const descriptors =
    Object.fromEntries(Object.entries(kinds).map(([d, [type]]) => [type, d]));

export function readNpy(path) {
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

export function writeNpy(path, {type, dims, data}) {
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

export const fileOf = name => [...Buffer.from(name)].map(byte => {
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
export function openModel(path) {
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

export function loadRuntime(folder) {
    const here = fileURLToPath(new URL('.', import.meta.url));
    const places = [folder, process.cwd(), here].filter(p => p);
    for (const place of places) {
        try {
            return createRequire(resolve(place, 'x.js'))('onnxruntime-node');
        } catch { /* the next place */ }
    }
    die('onnxruntime-node is not installed: ' +
        'npm install --ignore-scripts onnxruntime-node@1.30.0, or name its folder with --runtime');
}

// ---- runs ---------------------------------------------------------------------------------------
// Returns a function that runs the model once: inputs [{name, type, dims, data}] with dims[0] = 1
// (no name: in the order of the graph) to a Map from each name in `wanted` to {type, dims, data}.
//
// ONNX Runtime's AVX2 kernels for uint8 x int8 saturate sums of two products at 16 bits; CPUs with
// VNNI (and its uint8 x uint8 kernels) do not. Integers are comparable only on the latter.
export async function openSession(runtime, path, wanted) {
    const refuse = e => die(`${path}: ${e.message}`);
    const session = await runtime.InferenceSession.create(openModel(path).withOutputs(wanted), {
        graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1,
        executionProviders: ['cpu'], logSeverityLevel: 3}).catch(refuse);
    return async inputs => {
        const feed = {};
        inputs.forEach(({name, type, dims, data}, i) => {
            feed[name ?? session.inputNames[i]] = new runtime.Tensor(type, data, dims);
        });
        const out = await session.run(feed, wanted).catch(refuse);
        return new Map(wanted.map(name => {
            const {type, dims, data} = out[name];
            return [name, {type, dims, data: data.slice()}];
        }));
    };
}
