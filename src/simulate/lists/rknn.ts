/** rknn: dataset.txt of RKNN-Toolkit2: a line for each sample, the files of its inputs with spaces between. */
import { lineForSample, type ListFormat } from './list.js';

export const RKNN: ListFormat = {
  name: 'rknn',
  describe: 'dataset.txt of RKNN-Toolkit2: a line for each sample, with the file of each input',
  source: 'the RKNN-Toolkit2 API reference, rknn.build(dataset=…)',
  write: (list) => [lineForSample(list, ' ', 'rknn')],
};
