/** details: one layer is chosen at a time; the panel beside the drawing shows what is known of it. */
export const DETAILS = `
var details = document.getElementById('details');
var graph = document.getElementById('graph');
var chosen = null;

function nodeOf(index) { return graph.querySelector('.node[data-layer="' + Number(index) + '"]'); }

function neighbours(index, here, there) {
  var found = [];
  graph.querySelectorAll('.edge[data-' + here + '="' + Number(index) + '"]').forEach(function (edge) {
    var other = layers.get(Number(edge.getAttribute('data-' + there)));
    if (other && !found.includes(other)) found.push(other);
  });
  return found;
}

function linkTo(layer) {
  return element('a', { href: '#', 'data-layer': layer.index }, [layer.mark + ' ' + layer.name]);
}

function listOf(title, others) {
  if (others.length === 0) return [];
  var items = others.map(function (other) { return element('li', {}, [linkTo(other)]); });
  return [element('h4', {}, [title]), element('ul', {}, items)];
}

function figuresTable(result) {
  if (result.figures.length === 0) return [];
  var alone = result.figures[0].length > 2;
  var head = ['', 'in the net'].concat(alone ? ['fed references'] : []);
  var rows = result.figures.map(function (row) {
    return element('tr', {}, row.map(function (cell, i) {
      return i === 0 ? element('th', { scope: 'row' }, [cell]) : element('td', { class: 'figure' }, [cell]);
    }));
  });
  var headRow = element('tr', {}, head.map(function (cell) { return element('th', { scope: 'col' }, [cell]); }));
  return [element('table', {}, [element('thead', {}, [headRow]), element('tbody', {}, rows)])];
}

// What is known of one top, under its name where the layer has several.
function resultParts(result) {
  return (result.title === undefined ? [] : [element('h4', { class: 'top' }, [result.title])]).concat(
    [element('p', { class: 'sentence ' + result.verdict }, [element('b', { class: 'mark' }, [result.mark]), ' ' + result.sentence])],
    figuresTable(result),
    result.reference ? [element('p', { class: 'remark' }, ['reference: ' + result.reference])] : []
  );
}

function show(layer) {
  var about = (layer.type + ' ' + layer.settings).trim() + (layer.shapes ? ' → ' + layer.shapes : '');
  var parts = [
    element('h3', {}, [layer.name]),
    element('p', { class: 'remark' }, [about]),
  ];
  layer.results.forEach(function (result) { parts = parts.concat(resultParts(result)); });
  parts = parts.concat(
    listOf('Reads from', neighbours(layer.index, 'to', 'from')),
    listOf('Read by', neighbours(layer.index, 'from', 'to'))
  );
  layer.results.forEach(function (result) {
    if (result.sample && result.title !== undefined) parts.push(element('h4', { class: 'top' }, [result.title]));
    parts = parts.concat(histograms(result));
  });
  details.replaceChildren.apply(details, parts);
  details.scrollTop = 0;
}

// Chooses a layer: the panel shows it, the drawing and the table mark it.
function choose(index, options) {
  var layer = layers.get(Number(index));
  var node = layer && nodeOf(layer.index);
  if (!node) return;
  if (chosen !== null) {
    var before = nodeOf(chosen);
    before.classList.remove('chosen');
    before.setAttribute('tabindex', '-1');
    document.querySelectorAll('.chosen-row').forEach(function (row) { row.classList.remove('chosen-row'); });
    graph.querySelectorAll('.edge.lit').forEach(function (edge) { edge.classList.remove('lit'); });
  }
  chosen = layer.index;
  node.classList.add('chosen');
  node.setAttribute('tabindex', '0');
  graph.querySelectorAll('.edge[data-from="' + chosen + '"], .edge[data-to="' + chosen + '"]').forEach(function (edge) { edge.classList.add('lit'); });
  document.querySelectorAll('tr[data-row="' + chosen + '"]').forEach(function (row) { row.classList.add('chosen-row'); });
  show(layer);
  bringIntoView(node, options || {});
}

document.addEventListener('click', function (event) {
  var target = event.target.closest('[data-layer]');
  if (!target) return;
  event.preventDefault();
  var inside = graph.contains(target);
  choose(target.getAttribute('data-layer'), { focus: true, centre: !inside, page: !inside && !details.contains(target) });
});
`;
