/** values-section: the values of the layer that was diagnosed: against each other, and its worst channels as pictures. */
import { escapeMarkup } from '../../draw/markup.js';
import { formatFigure } from '../../compare/figures.js';
import type { Evidence } from '../diagnosis.js';
import type { VerifyReport } from '../result.js';
import { worstPlanes, type Plane } from './planes.js';
import { scatterPlot } from './scatter.js';

/** The section's HTML; empty without evidence, or where the shapes differ and nothing can be held side by side. */
export function valuesSection({ evidence, layers }: VerifyReport): string {
  if (!evidence) return '';
  const layer = layers.find(({ index, top }) => index === evidence.index && top === evidence.top);
  const { actual, fed } = chosenSide(evidence);
  const { reference } = evidence;
  if (!layer || actual.data.length !== reference.data.length) return '';
  const data = Float32Array.from(actual.data);
  const planes = worstPlanes(actual.shape, data, reference.data);
  const scatter = scatterPlot(data, reference.data);
  return `<section aria-labelledby="values-title">
<h2 id="values-title">Values of <a href="#" data-layer="${layer.index}">${escapeMarkup(layer.label)}</a></h2>
<p class="remark">The net's own values are those it gives ${fed ? 'when it is fed the references of what it reads' : 'as the net runs'}.</p>
<div class="values">
${scatter ? `<figure>${scatter.svg}<figcaption>${scatter.description}. Equal values lie on the diagonal.</figcaption></figure>` : ''}
<figure class="histograms" data-histogram="${layer.index}" data-top="${layer.topIndex}"></figure>
</div>
${planes.length > 0 ? planesHtml(planes) : ''}
</section>`;
}

/** Fed references where the layer differs even then: that shows its own error and nobody else's. */
function chosenSide({ actual, isolated, reference }: Evidence): { actual: Evidence['actual']; fed: boolean } {
  const differs = isolated?.data.some((value, i) => value !== reference.data[i]);
  return isolated && differs ? { actual: isolated, fed: true } : { actual, fed: false };
}

function planesHtml(planes: readonly Plane[]): string {
  const [{ width, height, fullWidth, fullHeight }] = planes as readonly [Plane];
  const reduced =
    width < fullWidth || height < fullHeight
      ? ` Reduced from ${fullWidth}x${fullHeight} to ${width}x${height}: each pixel is the place of its block where the two differ most.`
      : '';
  return `<h3>Where they differ most</h3>
<p class="remark">${planes.length} ${planes.length === 1 ? 'picture' : 'channels, the worst first'}.${reduced}</p>
<div class="planes">
${planes.map(planeHtml).join('\n')}
</div>`;
}

function planeHtml({ label, width, height, low, high, limit, ...bytes }: Plane): string {
  const range = `${formatFigure(low)} to ${formatFigure(high)}`;
  const pictures = [
    ['actual', 'net', range],
    ['reference', 'reference', range],
    ['difference', 'difference', `±${formatFigure(limit)}`],
  ] as const;
  const cells = pictures.map(
    ([kind, title, caption]) =>
      `<figure><canvas data-plane="${kind}" width="${width}" height="${height}" role="img" ` +
      `aria-label="${title}, ${label}, ${caption}" data-bytes="${base64(bytes[kind])}"></canvas>` +
      `<figcaption>${title}<br><span class="remark">${caption}</span></figcaption></figure>`,
  );
  return `<div class="plane"><h4>${label}</h4>${cells.join('')}</div>`;
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
