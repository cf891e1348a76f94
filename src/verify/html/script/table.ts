/** table: sorting by a column's head, and narrowing down to names, types and failures. */
export const TABLE = `
var table = document.getElementById('layers'), body = table.tBodies[0];
var filter = document.getElementById('filter'), failures = document.getElementById('failures'), shown = document.getElementById('shown');

function keyOf(row, column) {
  var cell = row.cells[column];
  return cell.hasAttribute('data-key') ? cell.getAttribute('data-key') : cell.textContent;
}

function sortBy(column, head) {
  // Figures: the worst first; names: from a to z; a second click turns it round.
  var figure = head.classList.contains('figure') && column > 0;
  var now = head.getAttribute('aria-sort');
  var descending = now === null ? figure : now === 'ascending';
  var number = head.classList.contains('figure');
  var rows = Array.from(body.rows);
  rows.sort(function (a, b) {
    var x = keyOf(a, column), y = keyOf(b, column);
    // Rows without a figure stay at the end.
    if (x === '' || y === '') return (x === '' ? 1 : 0) - (y === '' ? 1 : 0);
    var order = number ? compareFigures(Number(x), Number(y)) : x < y ? -1 : x > y ? 1 : 0;
    return descending ? -order : order;
  });
  table.querySelectorAll('[aria-sort]').forEach(function (other) { other.removeAttribute('aria-sort'); });
  head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  body.append.apply(body, rows);
}

// NaN is worse than any number.
function compareFigures(x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0);
  return x - y;
}

function narrow() {
  var text = filter.value.trim(), count = 0;
  Array.from(body.rows).forEach(function (row) {
    var layer = layers.get(Number(row.getAttribute('data-row')));
    var wanted = layer && matches(text, layer) && !(failures.checked && ['agrees', 'unchecked'].includes(row.getAttribute('data-verdict')));
    row.hidden = !wanted;
    if (wanted) count++;
  });
  shown.textContent = count === body.rows.length ? '' : count + ' of ' + body.rows.length + ' layers';
}

table.tHead.addEventListener('click', function (event) {
  var button = event.target.closest('button');
  if (button) sortBy(Number(button.getAttribute('data-column')), button.closest('th'));
});
filter.addEventListener('input', narrow);
failures.addEventListener('change', narrow);
narrow();
`;
