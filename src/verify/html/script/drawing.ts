/** drawing: moving about the graph: scrolling, dragging, zooming, the keyboard, and finding layers by name. */
export const DRAWING = `
var viewport = document.getElementById('viewport');
var full = { width: Number(graph.getAttribute('width')), height: Number(graph.getAttribute('height')) };
var zoom = 1;

// Zooms about a point of the viewport, by default its middle.
function setZoom(wanted, x, y) {
  var next = Math.min(3, Math.max(0.02, wanted));
  var atX = x === undefined ? viewport.clientWidth / 2 : x;
  var atY = y === undefined ? viewport.clientHeight / 2 : y;
  var left = (viewport.scrollLeft + atX) / zoom, top = (viewport.scrollTop + atY) / zoom;
  zoom = next;
  graph.setAttribute('width', String(full.width * zoom));
  graph.setAttribute('height', String(full.height * zoom));
  graph.classList.toggle('far', zoom < 0.3);
  viewport.scrollLeft = left * zoom - atX;
  viewport.scrollTop = top * zoom - atY;
}

function fit() {
  setZoom(Math.min(1, (viewport.clientWidth - 4) / full.width, (viewport.clientHeight - 4) / full.height));
}

function bringIntoView(node, options) {
  if (options.page) document.getElementById('graph-title').scrollIntoView({ block: 'start' });
  var box = node.getBoundingClientRect(), frame = viewport.getBoundingClientRect();
  var outside = box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom;
  if (options.centre || outside) {
    viewport.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
    viewport.scrollTop += box.top + box.height / 2 - frame.top - frame.height / 2;
  }
  if (options.focus) node.focus({ preventScroll: true });
}

document.getElementById('zoom-in').addEventListener('click', function () { setZoom(zoom * 1.4); });
document.getElementById('zoom-out').addEventListener('click', function () { setZoom(zoom / 1.4); });
document.getElementById('zoom-one').addEventListener('click', function () { setZoom(1); });
document.getElementById('zoom-fit').addEventListener('click', fit);

// The wheel scrolls as it does everywhere; with Ctrl, which is also what pinching sends, it zooms.
viewport.addEventListener('wheel', function (event) {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  var frame = viewport.getBoundingClientRect();
  setZoom(zoom * Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), event.clientX - frame.left, event.clientY - frame.top);
}, { passive: false });

// A mouse drags the drawing; fingers scroll it by themselves.
var drag = null;
viewport.addEventListener('pointerdown', function (event) {
  if (event.pointerType !== 'mouse' || event.button !== 0) return;
  drag = { x: event.clientX, y: event.clientY, left: viewport.scrollLeft, top: viewport.scrollTop, moved: false };
});
window.addEventListener('pointermove', function (event) {
  if (!drag) return;
  var dx = event.clientX - drag.x, dy = event.clientY - drag.y;
  if (Math.abs(dx) + Math.abs(dy) > 4) drag.moved = true;
  if (!drag.moved) return;
  viewport.classList.add('dragging');
  viewport.scrollLeft = drag.left - dx;
  viewport.scrollTop = drag.top - dy;
});
window.addEventListener('pointerup', function () {
  if (drag && drag.moved) window.addEventListener('click', function (event) { event.stopPropagation(); event.preventDefault(); }, { capture: true, once: true });
  if (drag && drag.moved) setTimeout(function () { viewport.classList.remove('dragging'); }, 0);
  drag = null;
});

// Up and down go through the layers in the net's order.
graph.addEventListener('keydown', function (event) {
  var at = page.layers.findIndex(function (layer) { return layer.index === chosen; });
  var to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: page.layers.length - 1 }[event.key];
  if (event.key === 'Enter' || event.key === ' ') to = at;
  if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  var layer = page.layers[Math.min(page.layers.length - 1, Math.max(0, to))];
  choose(layer.index, { focus: true });
});
viewport.addEventListener('keydown', function (event) {
  if (event.key === '+' || event.key === '=') setZoom(zoom * 1.4);
  else if (event.key === '-') setZoom(zoom / 1.4);
  else if (event.key === '0') fit();
  else return;
  event.preventDefault();
});

var search = document.getElementById('search'), found = document.getElementById('found');
var hits = [], hit = 0;
function matches(text, layer) { return (layer.name + ' ' + layer.type).toLowerCase().includes(text.toLowerCase()); }
function findLayers() {
  var text = search.value.trim();
  hits = text === '' ? [] : page.layers.filter(function (layer) { return matches(text, layer); });
  hit = 0;
  graph.classList.toggle('searching', text !== '');
  graph.querySelectorAll('.node.hit').forEach(function (node) { node.classList.remove('hit'); });
  hits.forEach(function (layer) { nodeOf(layer.index).classList.add('hit'); });
  found.textContent = text === '' ? '' : hits.length === 0 ? 'none' : '1 of ' + hits.length;
  if (hits.length > 0) bringIntoView(nodeOf(hits[0].index), { centre: true });
}
search.addEventListener('input', findLayers);
search.addEventListener('keydown', function (event) {
  if (event.key === 'Escape') { search.value = ''; findLayers(); }
  if (event.key !== 'Enter' || hits.length === 0) return;
  event.preventDefault();
  if (chosen === hits[hit].index) hit = (hit + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
  found.textContent = (hit + 1) + ' of ' + hits.length;
  choose(hits[hit].index, { centre: true });
});
document.addEventListener('keydown', function (event) {
  if (event.key !== '/' || event.target.closest('input')) return;
  event.preventDefault();
  search.focus();
});

nodeOf(page.layers[0].index).setAttribute('tabindex', '0');
if (page.first !== null) choose(page.first, { centre: true });
else viewport.scrollLeft = Math.max(0, nodeOf(page.layers[0].index).getBoundingClientRect().left - viewport.getBoundingClientRect().left - viewport.clientWidth / 3);
`;
