/**
 * Winograd convolution of several images, of several sizes, by one set of kernels: what assembly/winograd.ts wants to be
 * told, in blocks that bound the memory.
 */
import type { Arena } from '../runtime/arena.js';
import { Job } from '../runtime/team.js';
import { apart, EPILOGUE_BYTES, writeEpilogue, writeWords, type RowEpilogue } from './task.js';
import type { Geometry } from './window.js';

/** Images and their results, one after another; addresses. */
export interface WinogradCall {
  x: number;
  y: number;
  /** What is added to the results, laid out as they are; or 0. */
  residual: number;
  batch: number;
  geometry: Geometry;
}

/** Results in a tile along each axis, and image rows and columns that they depend on. */
const TILE = 4;
const PATCH = 6;
/** Places of a transformed tile. */
const PLACES = PATCH * PATCH;

/** Tiles whose transformed images exist at a time. */
const MAX_TILES = 512;
/** Outputs whose transformed kernels a thread holds at a time. */
const MAX_OUTPUTS = 128;
const UNITS_PER_THREAD = 2;
/** Channels whose tiles are transformed in one unit. */
const UNIT_CHANNELS = 8;

const PATCH_WORDS = 16;
/** The kernel's work space and its tile. */
const WORK_BYTES = PLACES * 16 + 640;
/** Products that are summed at a time, as assembly/inline/tile.ts has it. */
const SUM_BLOCK = 256;
const TASK_BYTES = 128;

/** Whether a convolution can be computed so; and whether it is worth it. */
export function suitsWinograd({ axes }: Geometry, channels: number, outputs: number): boolean {
  return (
    axes.length === 2 &&
    axes.every(({ kernel, stride, dilation }) => kernel === 3 && stride === 1 && dilation === 1) &&
    channels >= 16 &&
    outputs >= 8
  );
}

function roundUp(n: number, step: number): number {
  return Math.ceil(n / step) * step;
}

/** Tiles that cover an output of `geometry`. */
function tilesOf({ axes }: Geometry): { down: number; across: number } {
  return { down: Math.ceil(axes[0]!.output / TILE), across: Math.ceil(axes[1]!.output / TILE) };
}

/** How the work is cut. */
function cut(calls: readonly WinogradCall[], channels: number, outputs: number, threads: number) {
  const all = calls.reduce((sum, { batch, geometry }) => {
    const { down, across } = tilesOf(geometry);
    return sum + batch * down * across;
  }, 0);
  const tiles = Math.min(all, Math.ceil(all / Math.ceil(all / MAX_TILES)));
  const share = threads === 1 ? MAX_OUTPUTS : Math.ceil(outputs / (threads * UNITS_PER_THREAD));
  const unitOutputs = Math.min(MAX_OUTPUTS, roundUp(Math.min(share, outputs), 4));
  // The kernel's panels are of 12 outputs, then of 4.
  const padded = roundUp(unitOutputs, 12);
  const vPlace = apart(roundUp(tiles, 8) * channels * 4);
  const depth = Math.ceil(channels / Math.ceil(channels / SUM_BLOCK));
  const uPlace = apart(padded * depth * 4);
  const mPlace = apart(padded * roundUp(tiles, 8) * 4);
  const threadBytes = WORK_BYTES + PLACES * (uPlace + mPlace);
  return { all, tiles, unitOutputs, vPlace, uPlace, mPlace, threadBytes };
}

/** Bytes of scratch that {@link winograd} needs. */
export function winogradScratch(
  { threads }: Arena,
  calls: readonly WinogradCall[],
  channels: number,
  outputs: number,
): number {
  const { tiles, vPlace, threadBytes } = cut(calls, channels, outputs, threads);
  const patches = roundUp(tiles, 8) * PATCH_WORDS * 4;
  return TASK_BYTES + EPILOGUE_BYTES + patches + PLACES * vPlace + threads * threadBytes;
}

/** Computes convolutions. `scratch` is 64-byte aligned; the epilogue's residual is given by the calls. */
export function winograd(
  arena: Arena,
  scratch: number,
  calls: readonly WinogradCall[],
  layer: { weights: number; channels: number; outputs: number; epilogue: RowEpilogue },
): void {
  const { weights, channels, outputs, epilogue } = layer;
  const { all, tiles, unitOutputs, vPlace, uPlace, mPlace, threadBytes } = cut(calls, channels, outputs, arena.threads);
  const epiloguePtr = scratch + TASK_BYTES;
  const patches = epiloguePtr + EPILOGUE_BYTES;
  const v = patches + roundUp(tiles, 8) * PATCH_WORDS * 4;
  const threadsPtr = v + PLACES * vPlace;
  writeEpilogue(arena, epiloguePtr, epilogue, 0);
  const source = patchesOf(calls, channels, outputs);
  for (let done = 0; done < all; done += tiles) {
    const now = Math.min(tiles, all - done);
    const words = new Int32Array(arena.buffer, patches, roundUp(now, 8) * PATCH_WORDS);
    for (let i = 0; i < now; i++) words.set(source.next().value!, i * PATCH_WORDS);
    for (let i = now; i % 8 !== 0; i++) words.copyWithin(i * PATCH_WORDS, (i - 1) * PATCH_WORDS, i * PATCH_WORDS);
    writeWords(arena, scratch, [
      ...[patches, now, channels, outputs, v, vPlace, weights, UNIT_CHANNELS, unitOutputs],
      ...[threadsPtr, threadBytes, uPlace, mPlace, epiloguePtr],
    ]);
    const work = now * channels * PLACES;
    arena.run(Job.winogradInput, scratch, Math.ceil(channels / UNIT_CHANNELS), work);
    arena.run(Job.winogradProduct, scratch, Math.ceil(outputs / unitOutputs), work * outputs);
  }
}

/** The patches of all tiles, as assembly/winograd.ts has them. The array that is yielded is the same every time. */
function* patchesOf(
  calls: readonly WinogradCall[],
  channels: number,
  outputs: number,
): Generator<Int32Array, undefined> {
  const patch = new Int32Array(PATCH_WORDS);
  for (const { x, y, residual, batch, geometry } of calls) {
    const [h, w] = geometry.axes as [Geometry['axes'][number], Geometry['axes'][number]];
    const { down, across } = tilesOf(geometry);
    const [xChannel, yChannel] = [geometry.imageCount * 4, geometry.outputCount * 4];
    for (let image = 0; image < batch; image++)
      for (let i = 0; i < down; i++)
        for (let j = 0; j < across; j++) {
          const [top, left] = [i * TILE - h.pad, j * TILE - w.pad];
          const at = (image * outputs * geometry.outputCount + i * TILE * w.output + j * TILE) * 4;
          patch.set([
            x + (image * channels * geometry.imageCount + top * w.image + left) * 4,
            ...[w.image * 4, xChannel],
            ...inside(top, h.image),
            ...inside(left, w.image),
            ...[y + at, w.output * 4, yChannel],
            ...[Math.min(TILE, h.output - i * TILE), Math.min(TILE, w.output - j * TILE)],
            residual && residual + at,
          ]);
          yield patch;
        }
  }
  return undefined;
}

/** The rows of a patch from image row `first` on that lie inside an image of `size` rows. */
function inside(first: number, size: number): [number, number] {
  const begin = Math.min(PATCH, Math.max(0, -first));
  return [begin, Math.max(begin, Math.min(PATCH, size - first))];
}
