/** nnie: the image_list of HiSilicon's nnie_mapper for inputs that are no pictures: the values of a sample on each line. */
import type { ListFormat } from './list.js';

export const NNIE: ListFormat = {
  name: 'nnie',
  describe: "image_list of HiSilicon's nnie_mapper with image_type 0: the numbers of a sample on each line",
  source: 'the HiSVP development guide, "image_list"',
  write: ({ inputs, samples, values }) =>
    inputs.map((input) => ({
      input,
      text: async () => {
        const lines: string[] = [];
        for (let sample = 0; sample < samples.length; sample++)
          lines.push(
            `${Array.from(await values(sample, input), (value) => String(Number(value.toPrecision(9)))).join(' ')}\n`,
          );
        return lines.join('');
      },
    })),
};
