/**
 * The times that were measured, kept as JSON in the cache folder.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../src/node.js';

/** An engine's times in one round, in seconds: those of a pass. */
export interface Times {
  median: number;
  min: number;
  /** Cores that others kept busy meanwhile. */
  othersBusy: number;
}

export interface Round {
  /** When, as ISO 8601. */
  at: string;
  /** By the engine's key. */
  times: Record<string, Times>;
}

/** What is known of an engine besides its times. */
export interface EngineFacts {
  engine: string;
  threads: number;
  /** Ours only. */
  variant?: string;
  /** Its memory at most, in processes that ran this case alone. */
  residentBytes?: number;
  /** Largest difference of an output from ours, relative to that output's largest value. */
  difference?: number;
}

export interface CaseResults {
  machine: string;
  /** Multiply-accumulates of a pass. */
  macs: number;
  engines: Record<string, EngineFacts>;
  rounds: Round[];
}

/** By the case's name; single layers are `layer NAME`. */
export type Results = Record<string, CaseResults>;

const fileIn = (folder: string): string => path.join(folder, 'results.json');

export function readResults(folder: string): Results {
  const file = fileIn(folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};
}

export async function writeResults(folder: string, results: Results): Promise<void> {
  await writeFileAtomically(fileIn(folder), (sink) =>
    sink.write(new TextEncoder().encode(`${JSON.stringify(results, null, 1)}\n`)),
  );
}

export function keyOf({ engine, threads }: Pick<EngineFacts, 'engine' | 'threads'>): string {
  return `${engine} | ${threads}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
