/**
 * What runs in a peer's process: an engine that is told over stdin, in lines of JSON, what to do, and answers over file
 * descriptor 3, where no library prints. peer.py is the same for engines in Python.
 */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ModelFiles } from '../model-files.js';

export interface LoadJob extends ModelFiles {
  threads: number;
  /** What only our own engine understands. */
  variant?: string;
}

export interface Output {
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

export interface Engine {
  /** Name and version. */
  version: string;
  /** Replaces what was loaded before. */
  load(job: LoadJob): Promise<void>;
  /** One forward pass; the input is set. */
  pass(): unknown;
  /** Of the last pass. */
  outputs(): readonly Output[];
}

export type Request =
  | { do: 'hello' }
  | ({ do: 'load' } & LoadJob)
  /** Passes until `seconds` are spent, and one at least. */
  | { do: 'pass'; seconds: number }
  /** Writes the outputs as raw float32 files. */
  | { do: 'outputs'; folder: string }
  | { do: 'end' };

export interface Replies {
  hello: { version: string };
  load: { seconds: number };
  pass: { seconds: number[] };
  outputs: { outputs: { name: string; shape: readonly number[]; file: string }[] };
  end: { residentBytes: number };
}

const REPLIES = 3;

/** Answers requests until `end`. */
export async function serve(engine: Engine): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    let reply: Replies[Request['do']] | { error: string };
    try {
      reply = await answer(engine, request);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    writeSync(REPLIES, `${JSON.stringify(reply)}\n`);
    // Some engines leave threads behind that would keep the process.
    if (request.do === 'end') process.exit(0);
  }
}

async function answer(engine: Engine, request: Request): Promise<Replies[Request['do']]> {
  switch (request.do) {
    case 'hello':
      return { version: engine.version };
    case 'load': {
      const start = performance.now();
      await engine.load(request);
      return { seconds: (performance.now() - start) / 1000 };
    }
    case 'pass': {
      const seconds: number[] = [];
      for (let spent = 0; spent < request.seconds || seconds.length === 0;) {
        const start = performance.now();
        await engine.pass();
        const taken = (performance.now() - start) / 1000;
        seconds.push(taken);
        spent += taken;
      }
      return { seconds };
    }
    case 'outputs':
      return {
        outputs: engine.outputs().map(({ name, shape, data }, i) => {
          const file = path.join(request.folder, `${process.pid}-${i}.f32`);
          writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
          return { name, shape, file };
        }),
      };
    case 'end':
      return { residentBytes: process.resourceUsage().maxRSS * 1024 };
  }
}

/** The values of an input file. */
export function readFloats(file: string): Float32Array {
  const { buffer, byteOffset, length } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
}
