/** fault-layers: the layers that planted faults are made of, as prototxt. */

/** A layer; its bottoms are words. */
export const layer = (name: string, type: string, bottoms: string, rest = '', top = name): string =>
  `layer { name: "${name}" type: "${type}" ${bottoms
    .split(' ')
    .map((bottom) => `bottom: "${bottom}"`)
    .join(' ')} ${top
    .split(' ')
    .map((each) => `top: "${each}"`)
    .join(' ')} ${rest} }\n`;

export const conv = (name: string, bottom: string, settings = 'num_output: 6 kernel_size: 3 pad: 1'): string =>
  layer(name, 'Convolution', bottom, `convolution_param { ${settings} }`);

export const STEM = conv('conv', 'data');
export const after = (bottom: string): string => conv('after', bottom, 'num_output: 4 kernel_size: 3 pad: 1');
