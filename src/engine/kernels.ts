/**
 * The WebAssembly kernels: which variant this host can run, compiled once per process and instantiated over a memory.
 * Four builds of the same source exist; the choice is made once, by feature detection.
 */
import type { Kernels } from '../generated/kernels.js';

export type { Kernels };

/** `relaxed` has fused multiply-add (relaxed SIMD), `simd` is plain SIMD128. */
export type KernelVariant = 'relaxed' | 'simd';

/**
 * (func (result v128) (f32x4.relaxed_madd …)): three zero vectors, then opcode 0xfd 0x105. WebAssembly.validate says
 * whether the host knows the instruction.
 */
const RELAXED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // \0asm, version 1
  ...[1, 5, 1, 0x60, 0, 1, 0x7b], // type section: () -> v128
  ...[3, 2, 1, 0], // function section: one function of type 0
  ...[10, 19, 1, 17, 0], // code section: one body of 17 bytes, no locals
  ...[0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f], // i32.const 0, i8x16.splat; thrice
  ...[0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd, end
);

/** Runs before the first WebAssembly is compiled. */
type Hook = () => void;
const hooks: Hook[] = [];

/**
 * Registers what a platform has to do before WebAssembly features are looked at: the Node entry turns on a V8 flag here.
 * No effect once the first arena exists.
 */
export function beforeFirstCompile(hook: Hook): void {
  hooks.push(hook);
}

/** Whether the host has fused multiply-add in WebAssembly (relaxed SIMD). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/** Whether memory can be shared between threads here: in a browser, only on a cross-origin isolated page. */
export function hasSharedMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
}

let detected: KernelVariant | undefined;

/** The best variant that this host can run; looked at once per process. */
export function detectVariant(): KernelVariant {
  if (!detected) {
    for (const hook of hooks) hook();
    detected = hasRelaxedSimd() ? 'relaxed' : 'simd';
  }
  return detected;
}

const loaders = {
  simd: () => import('../generated/kernels-simd.js'),
  'simd-shared': () => import('../generated/kernels-simd-shared.js'),
  relaxed: () => import('../generated/kernels-relaxed.js'),
  'relaxed-shared': () => import('../generated/kernels-relaxed-shared.js'),
};

const modules = new Map<string, Promise<WebAssembly.Module>>();

/**
 * The compiled module of a variant, from this process's cache or compiled now. It can be posted to a worker.
 * @throws WebAssembly.CompileError when a variant is asked for that the host cannot run.
 */
export function compileKernels(variant: KernelVariant, shared: boolean): Promise<WebAssembly.Module> {
  const name = shared ? (`${variant}-shared` as const) : variant;
  let module = modules.get(name);
  if (!module) {
    module = loaders[name]().then(({ wasm }) => WebAssembly.compile(decodeBase64(wasm)));
    modules.set(name, module);
  }
  return module;
}

/** Instantiates a module of {@link compileKernels} over a memory. */
export async function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  return instance.exports as unknown as Kernels;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
