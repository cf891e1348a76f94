/** graph-view: the net as a drawing beside its text: choosing, folding, finding, moving about. */
import { shapesOf } from '../../src/draw/draw.js';
import { foldGraph, type FoldedGraph } from '../../src/draw/fold.js';
import type { NetGraph } from '../../src/draw/graph.js';
import { layOut } from '../../src/draw/layout.js';
import { ARROW_MARKER, graphElements, nodeSize, type NodeLook } from '../../src/draw/svg.js';

/** From here on names cannot be read. */
const FAR = 0.3;

export class GraphView {
  #graph: NetGraph = { name: '', nodes: [], edges: [] };
  #folded: FoldedGraph = foldGraph(this.#graph, 0);
  #level = 0;
  readonly #open = new Set<string>();
  #shown = '';
  #busy = false;
  #zoom = 1;
  #size = { width: 1, height: 1 };
  #chosen: number | undefined;
  #wrong: number | undefined;
  #found: readonly number[] = [];

  /** @param onChoose told the index of the layer that was chosen in the drawing */
  constructor(
    readonly frame: HTMLElement,
    readonly onChoose: (index: number) => void,
    readonly onDrawn: (milliseconds: number) => void,
  ) {
    frame.addEventListener('click', (event) => {
      const node = (event.target as Element).closest<SVGElement>('[data-layer]');
      if (node) this.#click(Number(node.dataset['layer']));
    });
    frame.addEventListener('keydown', (event) => this.#key(event));
    frame.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const { left, top } = frame.getBoundingClientRect();
        this.zoomTo(this.#zoom * Math.exp(-event.deltaY * 0.002), event.clientX - left, event.clientY - top);
      },
      { passive: false },
    );
  }

  /** Draws a net; what is drawn already is not laid out again. */
  async show(graph: NetGraph): Promise<void> {
    this.#graph = graph;
    await this.#draw();
  }

  /** Forgets what was shown: the next net is seen from its start, as large as it is. */
  reset(): void {
    this.#shown = '';
    this.#zoom = 1;
    this.#chosen = this.#wrong = undefined;
    this.#found = [];
    this.#open.clear();
  }

  /** Folds by so many parts of the names. */
  async fold(level: number): Promise<void> {
    this.#level = level;
    this.#open.clear();
    // Fewer nodes than those for which the drawing was made small.
    if (this.#zoom < FAR) this.#zoom = 1;
    await this.#draw();
  }

  /** Marks a layer as one that is wrong, or none. */
  markWrong(index: number | undefined): void {
    this.#wrong = index;
    this.#mark('wrong', index === undefined ? [] : [index]);
  }

  /** Marks a layer and brings it into view. */
  choose(index: number | undefined): void {
    this.#chosen = index;
    this.#mark('chosen', index === undefined ? [] : [index]);
    const node = index === undefined ? undefined : this.#element(index);
    if (!node) return;
    const box = node.getBoundingClientRect();
    const frame = this.frame.getBoundingClientRect();
    if (box.top < frame.top || box.bottom > frame.bottom || box.left < frame.left || box.right > frame.right)
      this.frame.scrollBy(
        box.left + box.width / 2 - frame.left - frame.width / 2,
        box.top + box.height / 2 - frame.top - frame.height / 2,
      );
  }

  /** Marks the layers whose name or type has some words, and gives them in order. */
  find(words: string): readonly number[] {
    const sought = words.trim().toLowerCase();
    const has = (text: string): boolean => text.toLowerCase().includes(sought);
    const { nodes } = this.#graph;
    this.#found =
      sought === '' ? [] : nodes.filter(({ name, type }) => has(name) || has(type)).map(({ index }) => index);
    this.#mark('found', this.#found);
    return this.#found;
  }

  zoomTo(wanted: number, x = this.frame.clientWidth / 2, y = this.frame.clientHeight / 2): void {
    const next = Math.min(3, Math.max(0.01, wanted));
    const left = (this.frame.scrollLeft + x) / this.#zoom;
    const top = (this.frame.scrollTop + y) / this.#zoom;
    this.#zoom = next;
    this.#applyZoom();
    this.frame.scrollTo(left * next - x, top * next - y);
  }

  zoomBy(factor: number): void {
    this.zoomTo(this.#zoom * factor);
  }

  /** The whole net in the frame. */
  fit(): void {
    const { width, height } = this.#size;
    this.zoomTo(Math.min(1, (this.frame.clientWidth - 4) / width, (this.frame.clientHeight - 4) / height));
  }

  #applyZoom(): void {
    const svg = this.frame.querySelector('svg');
    svg?.setAttribute('width', String(this.#size.width * this.#zoom));
    svg?.classList.toggle('far', this.#zoom < FAR);
    svg?.setAttribute('height', String(this.#size.height * this.#zoom));
  }

  /** The first layer in the middle above: a wide net may have nothing in the middle of its drawing. */
  #goToStart(): void {
    this.frame.scrollTo(0, 0);
    const first = this.frame.querySelector('.node')?.getBoundingClientRect();
    const frame = this.frame.getBoundingClientRect();
    if (first) this.frame.scrollTo(first.left + first.width / 2 - frame.left - frame.width / 2, 0);
  }

  #mark(name: string, layers: readonly number[]): void {
    for (const node of this.frame.querySelectorAll(`.node.${name}`)) node.classList.remove(name);
    for (const layer of layers) this.#element(layer)?.classList.add(name);
  }

  #element(layer: number): SVGElement | undefined {
    const { members } = this.#folded;
    const node = members.has(layer) ? layer : [...members].find(([, layers]) => layers.includes(layer))?.[0];
    return this.frame.querySelector<SVGElement>(`[data-layer="${node ?? -1}"]`) ?? undefined;
  }

  #click(index: number): void {
    const prefix = this.#folded.prefixes.get(index);
    if (prefix !== undefined) {
      this.#open.add(prefix);
      void this.#draw();
    }
    this.choose(index);
    this.onChoose(index);
  }

  #key(event: KeyboardEvent): void {
    const { nodes } = this.#folded.graph;
    const at = nodes.findIndex(({ index }) => index === this.#chosen);
    const steps: Partial<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: nodes.length - 1,
    };
    const to = steps[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '-') this.zoomBy(event.key === '+' ? 1.3 : 1 / 1.3);
    else if (event.key === 'Enter' && nodes[at]) this.#click(nodes[at].index);
    else if (to === undefined) return;
    else {
      const node = nodes[Math.max(0, Math.min(nodes.length - 1, to))];
      if (!node) return;
      this.choose(node.index);
      this.onChoose(node.index);
    }
    event.preventDefault();
  }

  async #draw(): Promise<void> {
    // One layout at a time: the last one that was asked for comes after it.
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const started = performance.now();
        const folded = foldGraph(this.#graph, this.#level, this.#open);
        const key = JSON.stringify(folded.graph);
        if (key === this.#shown) break;
        await this.#render(folded);
        this.#shown = key;
        this.onDrawn(performance.now() - started);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #render(folded: FoldedGraph): Promise<void> {
    const { graph } = folded;
    const looks = graph.nodes.map((node): NodeLook => {
      const settings = `${node.type} ${node.settings}`.trimEnd();
      const shapes = shapesOf(node);
      return {
        lines: [node.name, settings, ...(shapes === '' ? [] : [shapes])],
        classes: [node.family, ...(folded.prefixes.has(node.index) ? ['folded'] : [])],
        tooltip: `${node.name}\n${settings}\n${node.tops.map(({ name, shape }) => `${name} ${shape?.join('x') ?? ''}`).join('\n')}`,
        attributes: { 'data-layer': String(node.index) },
      };
    });
    const layout = await layOut(graph, (i) => nodeSize(looks[i]!));
    const [width, height] = [Math.ceil(Math.max(layout.width, 1)), Math.ceil(Math.max(layout.height, 1))];
    const isFirst = this.#shown === '';
    this.#folded = folded;
    this.#size = { width, height };
    this.frame.innerHTML =
      `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The net, ${graph.nodes.length} nodes">` +
      `<defs>${ARROW_MARKER}</defs>${graphElements(graph, layout, looks)}</svg>`;
    this.#applyZoom();
    if (isFirst) this.#goToStart();
    this.#mark('found', this.#found);
    this.markWrong(this.#wrong);
    this.choose(this.#chosen);
  }
}
