/**
 * The page's script, in parts. It is plain JavaScript for browsers, kept as text since it is never run here, and without
 * template literals so that the text is what it looks like. Text from a net's file reaches the page only as textContent.
 */
import { CHARTS } from './charts.js';
import { DETAILS } from './details.js';
import { DRAWING } from './drawing.js';
import { TABLE } from './table.js';

/** The whole script; the page's policy names its hash. */
export const SCRIPT = `(function () {
'use strict';
var page = JSON.parse(document.getElementById('data').textContent);
var layers = new Map(page.layers.map(function (layer) { return [layer.index, layer]; }));
${CHARTS}
${DETAILS}
${DRAWING}
${TABLE}
})();`;
