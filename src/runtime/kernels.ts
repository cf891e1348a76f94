/** The kernels' signatures, as exported by assembly/. */
export type Kernels = Record<string, (...args: number[]) => number>;
