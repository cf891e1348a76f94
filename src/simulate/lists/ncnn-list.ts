/** ncnn-list: the file lists of ncnn2table with type=1: one list for each input, a .npy file on each line. */
import type { ListFormat } from './list.js';

export const NCNN_LIST: ListFormat = {
  name: 'ncnn-list',
  describe: 'file list of ncnn2table (type=1): a .npy file on each line, a list for each input',
  source: "ncnn's tools/quantize/ncnn2table.cpp",
  write: ({ inputs, samples }) =>
    inputs.map((input) => ({ input, text: () => samples.map((sample) => `${sample[input]!}\n`).join('') })),
};
