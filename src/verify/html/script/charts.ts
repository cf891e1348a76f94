/** charts: histograms as SVG and planes of values on canvases. */
export const CHARTS = `
function element(name, attributes, children) {
  var made = ['svg', 'path', 'rect', 'line', 'text'].includes(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  Object.entries(attributes || {}).forEach(function (entry) { made.setAttribute(entry[0], String(entry[1])); });
  (children || []).forEach(function (child) { made.append(child); });
  return made;
}

// Both sides' values over one range: the reference as an area, the net as a line.
function valueHistogram(sample) {
  var width = 320, height = 110, bins = sample.actual.length;
  var most = Math.max.apply(null, sample.actual.concat(sample.reference, [1]));
  // Most values of a rectified layer are 0: a square root keeps the others visible.
  function y(count) { return height - 1 - Math.sqrt(count / most) * (height - 6); }
  function outline(counts) {
    return counts.map(function (count, i) {
      var at = y(count).toFixed(1);
      return (i === 0 ? 'M0,' : 'L' + ((i * width) / bins).toFixed(1) + ',') + at + 'H' + (((i + 1) * width) / bins).toFixed(1);
    }).join('');
  }
  return element('svg', { viewBox: '0 0 ' + width + ' ' + height, class: 'histogram', role: 'img', 'aria-label': 'Distribution of values, ' + sample.range }, [
    element('path', { class: 'reference-area', d: outline(sample.reference) + 'V' + height + 'H0z' }),
    element('path', { class: 'actual-line', d: outline(sample.actual) }),
    element('line', { class: 'base', x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }),
  ]);
}

function errorHistogram(sample) {
  var width = 320, height = 110, room = 26;
  var most = Math.max.apply(null, sample.errors.concat([1]));
  var total = sample.errors.reduce(function (sum, count) { return sum + count; }, 0);
  var step = width / sample.errors.length;
  var parts = [];
  sample.errors.forEach(function (count, i) {
    var bar = count === 0 ? 0 : Math.max(2, Math.sqrt(count / most) * (height - room - 14));
    var x = i * step;
    parts.push(element('rect', { class: 'bar', x: x + 2, y: height - room - bar, width: step - 4, height: bar }));
    if (count > 0) parts.push(element('text', { x: x + step / 2, y: height - room - bar - 3, 'text-anchor': 'middle' }, [percent(count / total)]));
    parts.push(element('text', { x: x + step / 2, y: height - room + 12, 'text-anchor': 'middle' }, [page.errorBins[i]]));
  });
  parts.push(element('line', { class: 'base', x1: 0, x2: width, y1: height - room + 0.5, y2: height - room + 0.5 }));
  return element('svg', { viewBox: '0 0 ' + width + ' ' + height, class: 'histogram', role: 'img', 'aria-label': 'Distribution of differences by power of ten' }, parts);
}

function percent(part) {
  return part >= 0.995 && part < 1 ? '>99' : part < 0.01 ? '<1' : String(Math.round(part * 100));
}

function histograms(result) {
  if (!result.sample) return [];
  var key = element('span', { class: 'key' }, [
    element('i', { class: 'reference-key' }), ' reference  ', element('i', { class: 'actual-key' }), ' net',
  ]);
  return [
    element('h4', {}, ['Values']), valueHistogram(result.sample),
    element('p', { class: 'remark' }, [result.sample.range + ', ' + result.sample.remark + '; heights are square roots.  ', key]),
    element('h4', {}, ['Absolute differences']), errorHistogram(result.sample),
    element('p', { class: 'remark' }, ['Per cent of the values; a bar holds the differences below its label.']),
  ];
}

document.querySelectorAll('[data-histogram]').forEach(function (place) {
  var layer = layers.get(Number(place.getAttribute('data-histogram')));
  var result = layer && layer.results.find(function (each) { return each.top === Number(place.getAttribute('data-top')); });
  if (result) place.append.apply(place, histograms(result));
});

// Values from dark to bright (after viridis), differences from blue over nothing to red; bytes of 0 are not finite.
var VALUE_STOPS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
var darkTheme = window.matchMedia('(prefers-color-scheme: dark)');

function differenceStops() {
  return darkTheme.matches
    ? [[120, 180, 255], [40, 80, 140], [24, 27, 33], [150, 55, 45], [255, 150, 120]]
    : [[20, 70, 160], [130, 170, 225], [250, 250, 250], [230, 140, 110], [165, 25, 25]];
}

function paint(canvas) {
  var stops = canvas.getAttribute('data-plane') === 'difference' ? differenceStops() : VALUE_STOPS;
  var binary = atob(canvas.getAttribute('data-bytes'));
  var context = canvas.getContext('2d');
  var picture = context.createImageData(canvas.width, canvas.height);
  for (var i = 0; i < binary.length; i++) {
    var byte = binary.charCodeAt(i);
    var at = ((byte - 1) / 254) * (stops.length - 1);
    var low = Math.min(Math.floor(at), stops.length - 2);
    for (var c = 0; c < 3; c++)
      picture.data[i * 4 + c] = byte === 0 ? [255, 0, 255][c] : stops[low][c] + (stops[low + 1][c] - stops[low][c]) * (at - low);
    picture.data[i * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

function paintAll() { document.querySelectorAll('canvas[data-plane]').forEach(paint); }
paintAll();
darkTheme.addEventListener('change', paintAll);
`;
