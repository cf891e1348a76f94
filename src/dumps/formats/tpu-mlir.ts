/**
 * tpu-mlir: the .npz that Sophgo's `npz_tool.py compare` holds against the outputs of a converted net: blobs after the pass, by
 * name, as its own `model_runner.py` takes them from pycaffe. What Split and Slice layers write is not in it.
 */
import type { DumpFormat } from '../format.js';
import { archiveOf } from './npz.js';

/** The tool's converter gives the tops of these other names. */
const LEFT_OUT: ReadonlySet<string> = new Set(['Split', 'Slice']);

export const tpuMlir: DumpFormat = {
  name: 'tpu-mlir',
  docs: {
    readBy: "tpu-mlir's `npz_tool.py compare`",
    names: '`NET_ref_outputs.npz`, with an array for each blob; tops of Split and Slice are left out',
    source: 'github.com/sophgo/tpu-mlir, `python/tools/model_runner.py` and `python/transform/CaffeConverter.py`',
  },
  of: 'blobs',
  extension: '.npz',
  write: ({ net, tops }) => ({
    files: [
      archiveOf(
        `${net.replace(/[^\w.-]/g, '_') || 'net'}_ref_outputs.npz`,
        tops.filter(({ writers }) => writers.some((type) => !LEFT_OUT.has(type))),
      ),
    ],
  }),
};
