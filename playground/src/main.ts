/** main: the playground: a net's text, its graph and its values beside each other. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { forceLinting, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { PrototxtDocument, type NetFacts } from '../../src/language/index.js';
import { blobElements } from './blob-view.js';
import { Engine } from './engine.js';
import type { Picture } from './engine.worker.js';
import { EXAMPLES } from './examples.js';
import { GraphView } from './graph-view.js';
import { element, withText } from './elements.js';
import { COLORS, prototxtSupport } from './language.js';
import { programSupport } from './program-language.js';
import { programOf, runProgram } from './program.js';
import { session } from './session.js';

/** An element of the page; `kind` is the name of its tag. */
function byId<K extends keyof HTMLElementTagNameMap = 'div'>(id: string, kind?: K): HTMLElementTagNameMap[K] {
  const found = document.querySelector<HTMLElementTagNameMap[K]>(`${kind ?? ''}#${id}`);
  if (!found) throw new Error(`the page has no ${kind ?? 'element'} ${id}`);
  return found;
}

let current = new PrototxtDocument('');
let facts: NetFacts | undefined;
let weights: File | undefined;
let picture: Picture | undefined;
/** The text that the engine has loaded, with which weights. */
let inEngine: { text: string; weights: File | undefined } | undefined;
let chosen: number | undefined;
/** The layer that a comparison found to be wrong, and what was found. */
let wrong: { readonly layer: string; readonly text: string } | undefined;
/** The net that an example should be. */
let original: string | undefined;
let isFromGraph = false;

const engine = new Engine(({ done, total, layer }) => {
  const progress = byId('progress', 'progress');
  progress.max = total;
  progress.value = done;
  if (layer !== '') say(`${done} of ${total}: ${layer}`);
});

const graph = new GraphView(
  byId('graph'),
  (index) => choose(index, 'graph'),
  (milliseconds) => {
    document.body.dataset['drawn'] = String(Math.round(milliseconds));
    // Not before: its program is large, and the first drawing waits for other large ones.
    engine.start();
  },
);

function say(text: string, isBad = false): void {
  const status = byId('status');
  status.textContent = text;
  status.classList.toggle('bad', isBad);
}

const look: Extension = [
  lineNumbers(),
  foldGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  syntaxHighlighting(COLORS),
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...completionKeymap,
    ...lintKeymap,
    indentWithTab,
  ]),
];

const formatKey = keymap.of([
  {
    key: 'Shift-Alt-f',
    run: (view) => {
      const edit = current.format();
      if (edit) view.dispatch({ changes: { from: edit.start, to: edit.end, insert: edit.text } });
      return true;
    },
  },
]);

let changedAt = 0;
const editor = new EditorView({
  parent: byId('editor'),
  state: EditorState.create({
    extensions: [
      look,
      formatKey,
      prototxtSupport(
        () => current,
        (problems) => {
          const box = byId('problems');
          const errors = problems.filter(({ severity }) => severity === 'error').length;
          const others = problems.length - errors;
          const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
          box.textContent =
            problems.length === 0 ? 'no problems' : `${count(errors, 'error')}, ${count(others, 'remark')}`;
          box.classList.toggle('bad', errors > 0);
          document.body.dataset['diagnosed'] = String(Math.round(performance.now() - changedAt));
        },
      ),
      EditorView.contentAttributes.of({ 'aria-label': 'Prototxt' }),
      EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
        if (docChanged) {
          changedAt = performance.now();
          if (wrong) graph.markWrong((wrong = undefined));
          current = current.changed(state.doc.toString());
          scheduleGraph();
        }
        if (selectionSet && !isFromGraph) chooseAt(state.selection.main.head);
      }),
    ],
  }),
});

const program = new EditorView({
  parent: byId('program'),
  state: EditorState.create({
    extensions: [
      look,
      programSupport(),
      autocompletion(),
      EditorView.contentAttributes.of({ 'aria-label': 'Program of the DSL' }),
    ],
  }),
});

let timer: ReturnType<typeof setTimeout> | undefined;
function scheduleGraph(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void updateGraph(), 150);
}

/** @param onAsked told when the layout is asked for, or there is none to ask for */
async function updateGraph(onAsked?: () => void): Promise<void> {
  const asked = current;
  const found = await asked.facts();
  let drawing: Promise<void> | undefined;
  // While a text is being typed its last net stays in sight.
  if (asked === current && found && (found.graph.nodes.length > 0 || asked.text.trim() === '')) {
    facts = found;
    drawing = graph.show(found.graph);
  }
  onAsked?.();
  await drawing;
}

/** Takes a text in the place of what is there. */
function open(text: string, title: string): void {
  chosen = facts = undefined;
  editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text }, selection: { anchor: 0 } });
  editor.scrollDOM.scrollTo(0, 0);
  wrong = original = undefined;
  graph.reset();
  byId('layer').replaceChildren(byId('welcome', 'template').content.cloneNode(true));
  byId('blob').replaceChildren();
  if (!byId('program-pane').hidden) showProgram();
  clearTimeout(timer);
  // The problems are looked for while a worker lays out the graph.
  void updateGraph(() => setTimeout(() => forceLinting(editor)));
  say(title);
}

/** A text that is none of the examples. */
function openOwn(text: string, title: string): void {
  byId('example', 'select').selectedIndex = -1;
  open(text, title);
}

/** The offset of a layer of the graph in the text. */
function offsetOf(index: number): number | undefined {
  const address = facts?.addresses[index];
  return address && current.placeOf(address);
}

function chooseAt(offset: number): void {
  if (!facts) return;
  let found: number | undefined;
  for (const { index } of facts.graph.nodes) {
    const at = offsetOf(index);
    if (at !== undefined && at <= offset) found = index;
  }
  if (found !== undefined && found !== chosen) choose(found, 'text');
}

function choose(index: number, from: 'graph' | 'text' | 'find'): void {
  chosen = index;
  if (from !== 'graph') graph.choose(index);
  const offset = offsetOf(index);
  if (from !== 'text' && offset !== undefined) {
    isFromGraph = true;
    editor.dispatch({ selection: { anchor: offset }, effects: EditorView.scrollIntoView(offset, { y: 'center' }) });
    isFromGraph = false;
  }
  void showLayer(index);
}

async function showLayer(index: number): Promise<void> {
  const offset = offsetOf(index);
  const hover = offset === undefined ? undefined : await current.hover(offset + 1);
  const node = facts?.graph.nodes.find((each) => each.index === index);
  const box = byId('layer');
  box.replaceChildren();
  if (!node) return;
  box.append(withText('h3', hover?.title ?? `${node.name} (${node.type})`));
  if (wrong?.layer === node.name) box.append(withText('p', wrong.text, 'wrong'));
  for (const text of hover?.paragraphs ?? []) box.append(withText('p', text));
  const list = element('div', 'blobs');
  for (const { name } of node.tops) {
    const button = withText('button', `Show ${name}`);
    button.type = 'button';
    button.addEventListener('click', () => void showBlob(name));
    list.append(button);
  }
  box.append(list);
  const [top] = node.tops;
  if (top && isRun) await showBlob(top.name);
}

let isRun = false;
async function showBlob(name: string): Promise<void> {
  const blob = await engine.call('blob', name);
  const box = byId('blob');
  if (!blob) box.replaceChildren(withText('p', 'Run the net to see values.', 'remark'));
  else box.replaceChildren(...blobElements(blob));
}

/** Loads the text into the engine, unless it is there. */
async function load(): Promise<void> {
  const { text } = current;
  if (inEngine?.text === text && inEngine.weights === weights) return;
  inEngine = undefined;
  isRun = false;
  const { threads, remark } = await engine.call('load', text, weights);
  inEngine = { text, weights };
  document.body.dataset['threads'] = String(threads);
  say(`${remark} ${threads} ${threads === 1 ? 'thread' : 'threads'}.`);
}

/** Does something with the engine; shows what goes wrong. */
async function withEngine(action: () => Promise<void>): Promise<void> {
  const [run, stop, progress] = [byId('run', 'button'), byId('stop'), byId('progress', 'progress')];
  if (run.disabled) return;
  run.disabled = true;
  stop.hidden = progress.hidden = false;
  progress.removeAttribute('value');
  try {
    await action();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), true);
  } finally {
    run.disabled = false;
    stop.hidden = progress.hidden = true;
  }
}

async function run(): Promise<void> {
  await withEngine(async () => {
    await load();
    if (picture) await usePicture(picture);
    const { milliseconds, outputs } = await engine.call('run');
    isRun = true;
    const threads = Number(document.body.dataset['threads']);
    say(`Ran in ${milliseconds.toFixed(0)} ms on ${threads} ${threads === 1 ? 'thread' : 'threads'}.`);
    const [first] = outputs;
    if (chosen !== undefined) await showLayer(chosen);
    else if (first !== undefined) await showBlob(first);
    document.body.dataset['ran'] = String(Number(document.body.dataset['ran'] ?? 0) + 1);
  });
}

/** Puts a picture into the net, and shows boxes where the net is a detector. */
async function usePicture(given: Picture): Promise<void> {
  const found = await engine.call('detect', given);
  if (!found) {
    const mean = numbersOf(byId('mean', 'input').value);
    const [scale = 1] = numbersOf(byId('scale', 'input').value);
    const order = byId('order', 'select').value === 'RGB' ? 'RGB' : 'BGR';
    await engine.call('setPicture', given, mean, scale, order);
    return;
  }
  const canvas = element('canvas');
  canvas.width = given.width;
  canvas.height = given.height;
  const context = canvas.getContext('2d')!;
  context.putImageData(new ImageData(new Uint8ClampedArray(given.rgba), given.width, given.height), 0, 0);
  context.lineWidth = Math.max(2, given.width / 200);
  context.strokeStyle = context.fillStyle = '#e6194b';
  context.font = `${Math.max(12, given.width / 40)}px sans-serif`;
  for (const { box, score, label } of found.boxes) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    context.fillText(`${label}: ${score.toFixed(2)}`, x1, Math.max(12, y1 - 4));
  }
  const frame = element('div', 'picture');
  frame.append(withText('h3', `${found.boxes.length} ${found.boxes.length === 1 ? 'box' : 'boxes'}`), canvas);
  byId('layer').replaceChildren(frame);
}

/** `104, 117, 123` as numbers. */
function numbersOf(text: string): number[] {
  const numbers = text
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .map(Number);
  if (numbers.some((value) => !Number.isFinite(value))) throw new Error(`'${text}' is no list of numbers`);
  return numbers;
}

/** Has a picture go into the input at each run, or none. */
function setPicture(given: Picture | undefined): void {
  picture = given;
  byId('picture', 'fieldset').hidden = given === undefined;
}

/** What a file is for: its name says the kind, and a question what arrays are. */
async function take(file: File): Promise<void> {
  const { name } = file;
  if (/\.(prototxt|pbtxt|txt)$/i.test(name)) openOwn(await file.text(), name);
  else if (/\.(png|jpe?g|webp|bmp|gif)$/i.test(name) || file.type.startsWith('image/')) {
    const given = await pixelsOf(file);
    setPicture(given);
    say(`${name}: ${given.width}x${given.height}`);
    await run();
  } else if (/\.onnx$/i.test(name)) {
    await withEngine(async () => {
      const imported = await engine.call('importOnnx', file);
      weights = new File([new Uint8Array(imported.weights)], `${name}.caffemodel`);
      openOwn(imported.text, name);
      say([`${name}: imported.`, ...imported.remarks].join(' '));
    });
  } else if (/\.np[yz]$/i.test(name)) await takeArrays(file);
  else await takeWeights(file);
}

async function takeWeights(file: File): Promise<void> {
  weights = file;
  await withEngine(load);
  if (!inEngine) weights = undefined;
}

async function takeArrays(file: File): Promise<void> {
  let names: string[] = [];
  let inputs: string[] = [];
  await withEngine(async () => {
    await load();
    ({ names, inputs } = await engine.call('look', file));
  });
  if (names.length === 0) return;
  const areInputs = inputs.length === names.length || /\.npy$/i.test(file.name);
  const use = areInputs ? 'inputs' : await ask(file.name, names);
  if (use === 'weights') await takeWeights(file);
  else if (use === 'inputs') {
    setPicture(undefined);
    await withEngine(async () => {
      say(`Set ${(await engine.call('setInputs', file)).join(', ')}.`);
    });
  } else if (use === 'references') await compare(file);
}

/** Compares with references, and shows the report and the layer that is wrong. */
async function compare(file: File): Promise<void> {
  await withEngine(async () => {
    await load();
    const { html, isGood, layer, cause } = await engine.call('verify', file);
    const text = isGood ? 'All layers agree.' : `Layer '${layer ?? ''}' is wrong: ${cause ?? 'no cause was found.'}`;
    say(text, !isGood);
    isRun = true;
    const index = facts?.graph.nodes.find(({ name }) => name === layer)?.index;
    wrong = isGood || layer === undefined ? undefined : { layer, text };
    graph.markWrong(wrong && index);
    if (wrong && index !== undefined) choose(index, 'find');
    const frame = element('iframe');
    frame.title = 'Report of the comparison';
    frame.sandbox.add('allow-scripts');
    frame.srcdoc = html;
    const dialog = byId('report', 'dialog');
    dialog.querySelector('iframe')?.remove();
    dialog.append(frame);
    dialog.showModal();
  });
}

/** References of an example come from the net that it should be; for other nets a file is asked for. */
async function chooseReferences(): Promise<void> {
  if (original === undefined) {
    byId('references', 'input').click();
    return;
  }
  let archive: Uint8Array | undefined;
  await withEngine(async () => {
    await load();
    archive = await engine.call('referencesOf', original!);
  });
  if (archive) await compare(new File([new Uint8Array(archive)], 'references.npz'));
}

/** Asks what the arrays of a file are. */
function ask(name: string, names: readonly string[]): Promise<string> {
  const dialog = byId('use', 'dialog');
  byId('use-names').textContent = `${name} has ${names.slice(0, 6).join(', ')}${names.length > 6 ? ' …' : ''}`;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

async function pixelsOf(file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return { width, height, rgba: data };
}

/** Nets first, then what is for them. */
async function takeAll(files: readonly File[]): Promise<void> {
  const isNet = ({ name }: File): boolean => /\.(prototxt|pbtxt|onnx)$/i.test(name);
  for (const file of [...files].sort((a, b) => Number(isNet(b)) - Number(isNet(a)))) await take(file);
}

function showPane(name: string): void {
  document.body.dataset['pane'] = name;
  for (const button of document.querySelectorAll<HTMLElement>('[data-show]'))
    button.setAttribute('aria-pressed', String(button.dataset['show'] === name));
}

function showTab(isProgram: boolean): void {
  byId('editor').hidden = isProgram;
  byId('program-pane').hidden = !isProgram;
  byId('tab-program').setAttribute('aria-selected', String(isProgram));
  byId('tab-prototxt').setAttribute('aria-selected', String(!isProgram));
  if (isProgram) showProgram();
}

/** The program of the net that is open. */
function showProgram(): void {
  const { text, error } = programOf(current.text);
  byId('program-error').textContent = error;
  program.dispatch({ changes: { from: 0, to: program.state.doc.length, insert: text } });
}

function addListeners(): void {
  const on = (id: string, action: () => unknown): void => byId(id).addEventListener('click', () => void action());
  const example = byId('example', 'select');
  for (const [name, { title }] of Object.entries(EXAMPLES)) example.add(new Option(title, name));
  example.addEventListener('change', () => {
    const chosenExample = EXAMPLES[example.value]!;
    weights = undefined;
    setPicture(undefined);
    open(chosenExample.text(), chosenExample.title);
    original = chosenExample.original?.();
  });
  const input = byId('open', 'input');
  input.addEventListener('change', () => {
    void takeAll([...(input.files ?? [])]).then(() => (input.value = ''));
  });
  byId('open-label').addEventListener('keydown', ({ key }) => {
    if (key === 'Enter' || key === ' ') input.click();
  });
  on('run', run);
  on('compare', chooseReferences);
  const references = byId('references', 'input');
  references.addEventListener('change', () => {
    const [file] = references.files ?? [];
    if (file) void compare(file).then(() => (references.value = ''));
  });
  on('drop-picture', () => setPicture(undefined));
  on('stop', () => engine.call('stop'));
  on('save', () => {
    const link = element('a');
    link.href = URL.createObjectURL(new Blob([current.text], { type: 'text/plain' }));
    link.download = 'net.prototxt';
    link.click();
    URL.revokeObjectURL(link.href);
  });
  on('zoom-in', () => graph.zoomBy(1.3));
  on('zoom-out', () => graph.zoomBy(1 / 1.3));
  on('fit', () => graph.fit());
  on('tab-prototxt', () => showTab(false));
  on('tab-program', () => showTab(true));
  on('apply', async () => {
    const { text, error } = await runProgram(program.state.doc.toString());
    byId('program-error').textContent = error;
    if (error !== '') return;
    openOwn(text, 'The net of the program.');
    showTab(false);
  });
  byId('fold', 'select').addEventListener('change', ({ target }) => {
    void graph.fold(Number((target as HTMLSelectElement).value));
  });
  const find = byId('find', 'input');
  let at = 0;
  find.addEventListener('keydown', ({ key }) => {
    if (key !== 'Enter') return;
    const found = graph.find(find.value);
    const index = found[at++ % Math.max(1, found.length)];
    if (index === undefined) say(`no layer has '${find.value}' in its name or type`);
    else {
      say(`${((at - 1) % found.length) + 1} of ${found.length}`);
      choose(index, 'find');
    }
  });
  find.addEventListener('input', () => (at = 0));
  for (const button of document.querySelectorAll<HTMLElement>('[data-show]'))
    button.addEventListener('click', () => showPane(button.dataset['show']!));
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) document.body.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    void takeAll([...(event.dataTransfer?.files ?? [])]);
  });
  addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') void run();
  });
}

async function start(): Promise<void> {
  addListeners();
  const opened = await session;
  if (!opened) {
    const [[, first]] = Object.entries(EXAMPLES) as [[string, (typeof EXAMPLES)[string]]];
    open(first.text(), 'Drop a net, weights, arrays or a picture on the page. Nothing leaves it.');
    return;
  }
  const { net, weights } = opened;
  openOwn(net.text, net.name);
  if (weights) await takeWeights(new File([await weights.bytes()], weights.name));
}

void start();
