/** settings-text: the settings of a simulation in one line. */
import { FORMATS } from './formats/index.js';
import type { Settings } from './options.js';

export function settingsText(settings: Settings): string {
  const { format, calibration, percentile, zeroPoint, weightScales, scope, saturate } = settings;
  const where = scope === 'all' ? 'all layers' : 'what layers with weights read';
  if ('limits' in FORMATS[format]) return `${format}, ${where}${saturate ? ', saturated' : ''}`;
  return [
    format,
    where,
    `a scale for each ${weightScales === 'channel' ? 'channel' : 'matrix'} of weights`,
    zeroPoint ? 'values with zero points' : 'symmetric values',
    `calibration ${calibration}${calibration === 'percentile' ? ` ${percentile}` : ''}`,
  ].join(', ');
}
