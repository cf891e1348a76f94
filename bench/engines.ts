/**
 * The engines that can be measured: ours in its variants, and the peers that this machine has.
 */
import path from 'node:path';
import { PeerProcess } from './peer-process.js';

/** An engine as it is measured, in a process of its own. */
export interface Contender {
  engine: string;
  threads: number;
  reads: 'caffe' | 'caffe-shared' | 'onnx';
  command: readonly string[];
  /** Ours only: words for peers/netspec.ts. */
  variant?: string;
}

/** Where to look for peers. */
export interface Surroundings {
  /** The repository. */
  root: string;
  /** Python interpreters to try. */
  pythons: readonly string[];
  /** Folder whose node_modules has ONNX Runtime. */
  modules: string;
}

/** Words for peers/netspec.ts, and what they mean. */
export const OUR_VARIANTS: Readonly<Record<string, string>> = {
  auto: 'netspec',
  gemm: 'netspec, `gemm`',
  'auto plain': 'netspec, plain SIMD',
  'gemm plain': 'netspec, `gemm`, plain SIMD',
  'auto all-blobs': 'netspec, all blobs kept',
  'auto shared': 'netspec, weights shared by name',
};

const tsx = (file: string, ...args: string[]): string[] => [process.execPath, '--import', 'tsx', file, ...args];

export function ours(variant: string, threads: number): Contender {
  return {
    engine: OUR_VARIANTS[variant] ?? `netspec, ${variant}`,
    threads,
    reads: variant.includes('shared') ? 'caffe-shared' : 'caffe',
    command: tsx('bench/peers/netspec.ts'),
    variant,
  };
}

interface Peer {
  reads: Contender['reads'];
  /** Knows one thread only. */
  single?: boolean;
  /** Ways to start it, of which the first that works is taken. */
  commands: (threads: number) => string[][];
}

function peers({ pythons, modules }: Pick<Surroundings, 'pythons' | 'modules'>): Record<string, Peer> {
  const python = (file: string, ...args: string[]): string[][] =>
    pythons.map((interpreter) => [interpreter, path.join('bench', 'peers', file), ...args]);
  const onnxRuntime = (kind: string): string[] => tsx('bench/peers/onnxruntime-js.ts', kind, modules);
  return {
    opencv: { reads: 'caffe', commands: () => python('opencv.py') },
    caffe: { reads: 'caffe', commands: (threads) => python('pycaffe.py', String(threads)) },
    onnxruntime: { reads: 'onnx', commands: () => [...python('onnx_runtime.py'), onnxRuntime('node')] },
    'onnxruntime-web': { reads: 'onnx', commands: () => [onnxRuntime('web')] },
    'opencv-js': { reads: 'caffe', single: true, commands: () => [tsx('bench/peers/opencv-js.ts')] },
  };
}

export const PEER_NAMES: readonly string[] = Object.keys(peers({ pythons: [], modules: '' }));

/** The peers of these names that work here; `onMissing` is told of the others. */
export async function findPeers(
  names: readonly string[],
  threads: number,
  where: Surroundings,
  onMissing: (name: string, reason: string) => void,
): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const [name, { reads, single, commands }] of Object.entries(peers(where))) {
    if (!names.includes(name)) continue;
    const count = single ? 1 : threads;
    const reasons: string[] = [];
    for (const command of commands(count)) {
      const child = new PeerProcess(command, where.root);
      try {
        const { version } = await child.ask({ do: 'hello' });
        found.push({ engine: version, threads: count, reads, command });
        reasons.length = 0;
        break;
      } catch (error) {
        reasons.push((error as Error).message.split('\n').at(-1)!);
      } finally {
        child.kill();
      }
    }
    if (reasons.length > 0) onMissing(name, reasons.join('; '));
  }
  return found;
}
