#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What ONNX Runtime computes for a shipped integer network, as goldens for the tests. Called by
// refresh_goldens.sh:
//
//   node scripts/refresh_goldens.mjs NETWORK_FOLDER GOLDENS_FOLDER RUNTIME_FOLDER
//
// NETWORK_FOLDER holds model_int8.onnx, images.npy and preprocess.yaml. The goldens:
//   goldens.json        engine, SHA-256 of the model, and per tensor its SHA-256 over all images
//   outputs.npy         the integer output of every image
//   complete/NAME.npy   every integer of each tensor, for a few images; NAME as in onnx_compare.mjs
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {die, fileOf, loadRuntime, openModel, openSession, readNpy, writeNpy}
    from './onnx_runtime.mjs';

const completeImages = 4;

const [network, goldens, runtimeFolder] = process.argv.slice(2);
if (!runtimeFolder) die('usage: refresh_goldens.mjs NETWORK_FOLDER GOLDENS_FOLDER RUNTIME_FOLDER');
const runtime = loadRuntime(runtimeFolder);
const model = join(network, 'model_int8.onnx');
const images = readNpy(join(network, 'images.npy'));

// Grey images only: N x H x W x 1 is N x 1 x H x W in memory.
const [count, height, width, channels] = images.dims;
if (channels !== 1) die(`${network}: only grey images, N x H x W x 1, are understood`);
const yaml = readFileSync(join(network, 'preprocess.yaml'), 'utf8');
const [scale, mean, std] = ['scale', 'mean', 'std'].map(
    key => Number(new RegExp(`^${key}: *\\[?([^\\]\\n]+)\\]?$`, 'm').exec(yaml)?.[1]));
const inputOf = index => ({
    type: 'float32', dims: [1, 1, height, width],
    data: Float32Array.from(images.data.subarray(index * height * width,
                                                 (index + 1) * height * width),
                            pixel => (pixel * scale - mean) / std)});

// Helpers of the file (pimvp/...) and what is float again are no values of the network.
const inner = openModel(model).inner.filter(name => !name.startsWith('pimvp/'));
const run = await openSession(runtime, model, inner);
const isInteger = ({type}) => /^u?int(8|16)$/.test(type);
const names = [...await run([inputOf(0)])].filter(([, t]) => isInteger(t)).map(([name]) => name);
const output = names.at(-1);  // nodes stand in the order they run
const stacked = tensors => {
    const {type, dims, data} = tensors[0];
    const all = new data.constructor(data.length * tensors.length);
    tensors.forEach((tensor, i) => all.set(tensor.data, i * data.length));
    return {type, dims: [tensors.length, ...dims.slice(1)], data: all};
};

const seen = new Map(names.map(name => [name, {hash: createHash('sha256'), complete: []}]));
const outputs = [], kept = [];
for (let index = 0; index < count; ++index) {
    const keep = index % Math.ceil(count / completeImages) === 0;
    if (keep) kept.push(index);
    const tensors = await run([inputOf(index)]);
    for (const [name, {hash, complete}] of seen) {
        const tensor = tensors.get(name);
        hash.update(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset,
                                   tensor.data.byteLength));
        if (keep) complete.push(tensor);
    }
    outputs.push(tensors.get(output));
}

rmSync(join(goldens, 'complete'), {recursive: true, force: true});
mkdirSync(join(goldens, 'complete'), {recursive: true});
for (const [name, {complete}] of seen) {
    writeNpy(join(goldens, 'complete', fileOf(name)), stacked(complete));
}
writeNpy(join(goldens, 'outputs.npy'), stacked(outputs));
writeFileSync(join(goldens, 'goldens.json'), JSON.stringify({
    engine: `onnxruntime-node ${runtime.env.versions.node}, graph optimisation disabled`,
    model_sha256: createHash('sha256').update(readFileSync(model)).digest('hex'),
    images: count, complete_images: kept, output,
    tensors: [...seen].map(([name, {hash}]) =>
        ({name, file: `complete/${fileOf(name)}`, sha256: hash.digest('hex')}))}, null, 2) + '\n');
console.log(`${names.length} tensors of ${count} images, complete for ${kept.join(', ')}`);
