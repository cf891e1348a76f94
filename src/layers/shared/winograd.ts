/**
 * Winograd convolution of several images, of several sizes, by one set of kernels. It calls assembly/winograd.ts
 * block by block, which bounds the memory.
 */
import type { Arena } from '../../engine/arena.js';
import { Job } from '../../engine/thread-pool.js';
import {
  apart,
  EPILOGUE_BYTES,
  roundUp,
  SUM_BLOCK,
  TILE_BYTES,
  viewsOf,
  writeEpilogue,
  writeWords,
  type RowEpilogue,
} from './task.js';
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

/** Results in a tile along each axis, and places of a transformed tile. */
const TILE = 4;
const PLACES = 36;
/** Tiles in a panel, and in a unit of the image's transform. */
const PANEL = 8;
const INPUT_TILES = 32;
/** Outputs of the kernel's panels come in twelves, then in fours. */
const PANEL_OUTPUTS = 12;

/**
 * Transformed kernels up to this size are made first, and units are tiles. Each unit then reads all kernels from
 * the caches.
 */
const SMALL_KERNELS = 6 * 1024 * 1024;
/** Bytes of transformed image and products of a unit of tiles. */
const UNIT_BYTES = 800 * 1024;
/** Tiles that are described at a time; and whose transformed images exist at a time, where units are outputs. */
const MAX_DESCRIBED = 8192;
const MAX_TILES = 512;
/** Outputs whose transformed kernels a thread holds at a time. */
const MAX_OUTPUTS = 128;
const UNITS_PER_THREAD = 2;

const IMAGE_WORDS = 15;
const PATCH_BYTES = 96;
/** The kernels' work space and tile. */
const WORK_BYTES = PLACES * 16 + TILE_BYTES;
const TASK_BYTES = 128;

/** Whether a convolution can be computed in this way, and is then faster. */
export function suitsWinograd({ axes }: Geometry, channels: number, outputs: number): boolean {
  return (
    axes.length === 2 &&
    axes.every(({ kernel, stride, dilation }) => kernel === 3 && stride === 1 && dilation === 1) &&
    channels >= 16 &&
    outputs >= 8
  );
}

/** Tiles that cover an output of `geometry`. */
function tilesOf({ axes }: Geometry): { down: number; across: number } {
  return { down: Math.ceil(axes[0]!.output / TILE), across: Math.ceil(axes[1]!.output / TILE) };
}

/** How the work is cut: see assembly/winograd.ts. */
interface Cut {
  byTiles: boolean;
  /** Tiles of all images; and how many are computed at a time. */
  all: number;
  tiles: number;
  unitTiles: number;
  unitOutputs: number;
  /** Outputs, those included that fill panels. */
  uOutputs: number;
  vPlace: number;
  uPlace: number;
  mPlace: number;
  /** Bytes of what threads share, and scratch of each. */
  sharedBytes: number;
  threadBytes: number;
}

function cut(calls: readonly WinogradCall[], channels: number, outputs: number, threads: number): Cut {
  const all = calls.reduce((sum, { batch, geometry }) => {
    const { down, across } = tilesOf(geometry);
    return sum + batch * down * across;
  }, 0);
  const uOutputs = roundUp(outputs, PANEL_OUTPUTS);
  const depth = Math.ceil(channels / Math.ceil(channels / SUM_BLOCK));
  const byTiles = PLACES * uOutputs * channels * 4 <= SMALL_KERNELS;
  const tiles = Math.ceil(all / Math.ceil(all / (byTiles ? MAX_DESCRIBED : MAX_TILES)));
  if (byTiles) {
    const most = Math.max(PANEL, Math.floor(UNIT_BYTES / (PLACES * 4 * (depth + uOutputs)) / PANEL) * PANEL);
    const units = roundUp(Math.max(Math.ceil(tiles / most), threads * UNITS_PER_THREAD), threads);
    const unitTiles = roundUp(Math.ceil(tiles / units), PANEL);
    const vPlace = apart(unitTiles * depth * 4);
    const uPlace = apart(uOutputs * channels * 4);
    const mPlace = apart(unitTiles * uOutputs * 4);
    const sharedBytes = PLACES * uPlace;
    const threadBytes = WORK_BYTES + PLACES * (vPlace + mPlace);
    return {
      byTiles,
      all,
      tiles,
      unitTiles,
      unitOutputs: 0,
      uOutputs,
      vPlace,
      uPlace,
      mPlace,
      sharedBytes,
      threadBytes,
    };
  }
  const share = threads === 1 ? MAX_OUTPUTS : Math.ceil(outputs / (threads * UNITS_PER_THREAD));
  const unitOutputs = Math.min(MAX_OUTPUTS, roundUp(Math.min(share, outputs), 4));
  const padded = roundUp(unitOutputs, PANEL_OUTPUTS);
  const vPlace = apart(roundUp(tiles, PANEL) * channels * 4);
  const uPlace = apart(padded * depth * 4);
  const mPlace = apart(padded * roundUp(tiles, PANEL) * 4);
  const sharedBytes = PLACES * vPlace;
  const threadBytes = WORK_BYTES + PLACES * (uPlace + mPlace);
  return { byTiles, all, tiles, unitTiles: 0, unitOutputs, uOutputs, vPlace, uPlace, mPlace, sharedBytes, threadBytes };
}

/** Bytes of scratch that {@link winograd} needs. */
export function winogradScratch(
  { threads }: Arena,
  calls: readonly WinogradCall[],
  channels: number,
  outputs: number,
): number {
  const { tiles, sharedBytes, threadBytes } = cut(calls, channels, outputs, threads);
  return headerBytes(calls) + roundUp(tiles, PANEL) * PATCH_BYTES + sharedBytes + threads * threadBytes;
}

/** The task, the epilogue and the images. */
function headerBytes(calls: readonly WinogradCall[]): number {
  const images = calls.reduce((sum, { batch }) => sum + batch, 0);
  return roundUp(TASK_BYTES + EPILOGUE_BYTES + images * IMAGE_WORDS * 4, 64);
}

/** Computes convolutions. `scratch` is 64-byte aligned; the epilogue's residual is given by the calls. */
export function winograd(
  arena: Arena,
  scratch: number,
  calls: readonly WinogradCall[],
  layer: { weights: number; channels: number; outputs: number; epilogue: RowEpilogue },
): void {
  const { weights, channels, outputs, epilogue } = layer;
  const { byTiles, all, tiles, unitTiles, unitOutputs, ...at } = cut(calls, channels, outputs, arena.threads);
  const epiloguePtr = scratch + TASK_BYTES;
  const images = epiloguePtr + EPILOGUE_BYTES;
  const patches = scratch + headerBytes(calls);
  const shared = patches + roundUp(tiles, PANEL) * PATCH_BYTES;
  const threadsPtr = shared + at.sharedBytes;
  writeEpilogue(viewsOf(arena), epiloguePtr, epilogue, 0);
  writeWords(
    arena,
    images,
    calls.flatMap((call) => imagesOf(call, channels, outputs)),
  );
  for (let done = 0; done < all; done += tiles) {
    const now = Math.min(tiles, all - done);
    arena.kernels.winograd_patches__scalar(patches, images, done, now);
    writeWords(arena, scratch, [
      ...[patches, now, channels, outputs, weights],
      ...[shared, at.vPlace, shared, at.uPlace, at.uOutputs],
      ...[unitOutputs, unitTiles, threadsPtr, at.threadBytes, at.mPlace, epiloguePtr],
    ]);
    const work = now * channels * PLACES;
    const parts = Math.ceil(channels / SUM_BLOCK);
    if (byTiles) {
      // They are the same for all tiles of a block.
      if (done === 0)
        arena.run(Job.winogradKernels, scratch, Math.ceil(outputs / PANEL_OUTPUTS), outputs * channels * PLACES);
      arena.run(Job.winogradTiles, scratch, Math.ceil(now / unitTiles), work * outputs);
    } else {
      arena.run(Job.winogradInput, scratch, Math.ceil(now / INPUT_TILES) * parts, work);
      arena.run(Job.winogradOutputs, scratch, Math.ceil(outputs / unitOutputs), work * outputs);
    }
  }
}

/** The images of a call, as the class WinogradImage under assembly/ has them. */
function imagesOf({ x, y, residual, batch, geometry }: WinogradCall, channels: number, outputs: number): number[] {
  const [h, w] = geometry.axes as [Geometry['axes'][number], Geometry['axes'][number]];
  const { down, across } = tilesOf(geometry);
  const [xChannel, yChannel] = [geometry.imageCount * 4, geometry.outputCount * 4];
  return Array.from({ length: batch }, (_, image) => {
    const to = image * outputs * yChannel;
    return [
      ...[x + image * channels * xChannel, w.image * 4, xChannel, h.image, w.image, h.pad, w.pad],
      ...[y + to, w.output * 4, yChannel, h.output, w.output, down, across, residual && residual + to],
    ];
  }).flat();
}
