/**
 * Nets of forks, damaged with regard to their structure: fields, types and values go from one fork's net into another's, in text and in
 * bytes. Each must be read, printed, built for its shapes and written, or refused in words. The same seed makes the same net.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../src/errors.js';
import { seededRandom } from '../../src/engine/random.js';
import type { NetParameter } from '../../src/generated/messages.js';
import { CaffemodelReader } from '../../src/proto/caffemodel-reader.js';
import { encodeNet } from '../../src/proto/codec.js';
import { forks } from '../../src/proto/forks/catalog.js';
import { isList } from '../../src/proto/scalars.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { Net } from '../../src/runtime/net.js';

type Message = Record<string, unknown>;

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures', 'forks');

/** Values that fit few fields. */
const ODD: readonly unknown[] = [
  ...[0, -1, 1, 2, 255, 65_536, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 53 - 1, 0.5, -1e30, NaN, Infinity, true, false],
  ...['', 'x', 'SSD', 'a\nb', '\u{1F600}', {}, [], [1, 2, 3], { shape: { dim: [1, 2] } }],
];

let bases: { texts: readonly string[]; nets: readonly NetParameter[] } | undefined;

/** The nets that are damaged: those that the forks' layers are tested with, and texts as people write them. */
function loadBases() {
  if (bases) return bases;
  const cases = readdirSync(FIXTURES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const texts = cases.map(({ name }) => readFileSync(path.join(FIXTURES, name, 'net.prototxt'), 'utf8'));
  const written = JSON.parse(readFileSync(path.join(FIXTURES, 'text.json'), 'utf8')) as { text: string }[];
  texts.push(...written.map(({ text }) => text));
  return (bases = { texts, nets: texts.map((text) => parsePrototxt(text, { upgrade: false })) });
}

/** What became of a damaged net. */
export type Outcome = 'accepted' | 'refused';

/**
 * Damages a net and puts it through everything.
 * @throws whatever is no NetspecError: a defect
 */
export async function fuzzForks(seed: number): Promise<Outcome> {
  const { texts, nets } = loadBases();
  const random = seededRandom(seed, 'forks');
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const damaged = structuredClone(pick(nets)) as Message;
  for (let i = 0, count = 1 + Math.floor(random() * 2); i < count; i++)
    damage(damaged, structuredClone(pick(nets)) as Message, { random, pick });
  const schema = random() < 0.1 ? pick(forks()).schema : undefined;
  const steps: (() => Promise<void> | void)[] = [
    async () => {
      const text = random() < 0.15 ? spliced(texts, random, pick) : textOf(damaged);
      const net = parsePrototxt(text, { schema });
      formatPrototxt(net, { schema });
      await build(net);
    },
    async () => {
      // A program's message, or one that was written as another Caffe would have it.
      const bytes = Uint8Array.from(encodeNet(damaged, random() < 0.2 ? pick(forks()).schema : undefined));
      if (random() < 0.3)
        for (let i = 0; i < 3 && bytes.length > 0; i++)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const reader = await CaffemodelReader.open(bytes, { schema });
      formatPrototxt(reader.net);
      await build(reader.net);
    },
  ];
  let outcome: Outcome = 'accepted';
  for (const step of steps)
    try {
      await step();
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      outcome = 'refused';
    }
  return outcome;
}

async function build(net: NetParameter): Promise<void> {
  (await Net.load(net, { stepOver: 'open', shapesOnly: true })).dispose();
}

interface Dice {
  random: () => number;
  pick: <T>(list: readonly T[]) => T;
}

/** Changes one thing of a net, with what another one has. */
function damage(net: Message, other: Message, dice: Dice): void {
  const { random, pick } = dice;
  const layers = layersOf(net);
  const others = layersOf(other);
  if (layers.length === 0 || others.length === 0) return;
  const [layer, donor] = [pick(layers), pick(others)];
  const kind = Math.floor(random() * 7);
  if (kind === 0)
    for (const name of Object.keys(donor).filter((each) => each.endsWith('_param')))
      layer[name] = structuredClone(donor[name]);
  else if (kind === 1) layer['type'] = donor['type'];
  else if (kind === 2) layers.push(structuredClone(donor));
  else if (kind === 3) layer['bottom'] = donor['bottom'];
  else {
    // Somewhere within: a field of the other, an odd value, or nothing.
    const place = pick(messagesIn(layer));
    const [name, value] = pick(fieldsIn(donor));
    const own = Object.keys(place);
    // Copies: a message that is given to itself would have no end, and no seed may change what the next one finds.
    if (kind === 4 || own.length === 0) place[name] = structuredClone(value);
    else if (kind === 5) place[pick(own)] = structuredClone(pick(ODD));
    else Reflect.deleteProperty(place, pick(own));
  }
}

function layersOf(net: Message): Message[] {
  return (net['layer'] ??= net['layers'] ?? []) as Message[];
}

/** A message and all within it. */
function messagesIn(message: Message): Message[] {
  const inner = Object.values(message).flatMap((value) => [value].flat(1).filter(isMessage));
  return [message, ...inner.flatMap(messagesIn)];
}

function fieldsIn(message: Message): [string, unknown][] {
  return messagesIn(message).flatMap((each) => Object.entries(each));
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** As people write it; what is no value of the text format is written all the same. */
function textOf(message: Message): string {
  const one = (name: string, value: unknown): string =>
    isMessage(value)
      ? `${name} { ${textOf(value)} }`
      : `${name}: ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
  return Object.entries(message)
    .flatMap(([name, value]) => (value === undefined ? [] : [value].flat(1).map((each) => one(name, each))))
    .join('\n');
}

/** The beginning of one text, and the end of another. */
function spliced(texts: readonly string[], random: Dice['random'], pick: Dice['pick']): string {
  const [head, tail] = [pick(texts), pick(texts)];
  return head.slice(0, Math.floor(random() * head.length)) + tail.slice(Math.floor(random() * tail.length));
}
