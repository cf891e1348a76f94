/**
 * table: every kind of file that is given for a prototxt, a caffemodel or other weights. One row a kind: how its first bytes
 * tell it, what errors call it, and what to do instead of giving it. A new kind is a new row and a test's example.
 */
import type { FileHead } from './file-head.js';
import {
  isMeanFile,
  isNetParameter,
  isOnnx,
  isPaddleProgram,
  isSavedModel,
  isSolverState,
  isTensorflowGraph,
} from './protobuf-kinds.js';

/** What a file was expected to be; a `net` is a prototxt, a `net file` a prototxt or a caffemodel. */
export type ExpectedFile = 'net' | 'net file' | 'solver' | 'caffemodel' | 'weights' | 'message';

/** What to do with a file of a kind, by what was expected; `any` where nothing else is said. */
export type Advice = Readonly<Partial<Record<ExpectedFile | 'any', string>>>;

/** A kind of file. */
export interface FileKind {
  /** Unique; weight formats refer to it. */
  readonly id: string;
  /** What errors call such a file: `an ONNX model`. */
  readonly is: string;
  readonly match: (head: FileHead) => boolean;
  readonly advice?: Advice | ((head: FileHead) => Advice);
  /** The file may still be what was expected: it is tried as that, and called by this kind only where that fails. */
  readonly uncertain?: boolean;
}

const starts =
  (...signatures: readonly string[]) =>
  ({ text }: FileHead): boolean =>
    signatures.some((signature) => text.startsWith(signature));

const matches =
  (pattern: RegExp) =>
  ({ text }: FileHead): boolean =>
    pattern.test(text);

const UNPACK: Advice = { any: 'unpack it first' };
const VIA_ONNX: Advice = { any: 'convert the model to ONNX and import that' };
const HOLDS_WEIGHTS = 'it holds weights; the net is in a prototxt';
const TENSORS: Advice = { net: HOLDS_WEIGHTS, caffemodel: 'pack its tensors into a caffemodel first' };
const NO_WEIGHTS: Advice = {
  caffemodel: 'the weights are in the .caffemodel',
  weights: 'it holds no weights; these are in a .caffemodel, a checkpoint or the like',
};

/** Before each entry of a zip archive. */
const ZIP_ENTRY = 'PK\x03\x04';

/** The format's own limit for the header that its first eight bytes announce. */
const LONGEST_SAFETENSORS_HEADER = 100_000_000;

function isSafetensors({ bytes }: FileHead): boolean {
  if (bytes.length <= 8 || bytes[8] !== 0x7b) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length <= LONGEST_SAFETENSORS_HEADER;
}

/** With a byte order mark; or, without one, characters of ASCII that take two bytes each. */
const isUtf16 = matches(/^(\xff\xfe|\xfe\xff)|^([\t\n\r -~]\0){4}|^(\0[\t\n\r -~]){4}/);

/** Whether a file is no text: messages have control characters among their first tags and lengths, text white space only. */
export function isBinary({ bytes }: FileHead): boolean {
  return bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32));
}

const isText = (head: FileHead): boolean => !isBinary(head);

/** A stray control character does not make a text binary. */
function isSurelyBinary({ bytes }: FileHead): boolean {
  const control = bytes.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length;
  return control > Math.max(3, bytes.length / 20);
}

/** Not just any bytes that are no control characters: most are characters of ASCII. */
function isSurelyText(head: FileHead): boolean {
  const { bytes } = head;
  return isText(head) && bytes.length >= 8 && bytes.filter((byte) => byte > 31 && byte < 127).length > bytes.length / 2;
}

/** A text that matches. */
const text =
  (pattern: RegExp) =>
  (head: FileHead): boolean =>
    isText(head) && pattern.test(head.text);

/** Fields of SolverParameter that no NetParameter has. */
const SOLVER_FIELD =
  /^[ \t]*(net|train_net|test_net|base_lr|lr_policy|max_iter|test_iter|test_interval|solver_mode|solver_type)[ \t]*:/m;

const LAYER = /^layers?\s*\{/m;

/** A solver's settings, where layers can only stand in a net that the solver holds. */
function isSolver({ text }: FileHead): boolean {
  if (!SOLVER_FIELD.test(text)) return false;
  const net = /^[ \t]*(train_|test_)?net_param\s*:?\s*\{/m.exec(text);
  return !LAYER.test(net ? text.slice(0, net.index) : text);
}

/** The net that a solver's prototxt names. */
function solverAdvice({ text }: FileHead): Advice {
  const net = /^[ \t]*(?:train_)?net[ \t]*:\s*(["'])(.*?)\1/m.exec(text)?.[2];
  return { ...NO_WEIGHTS, net: net === undefined ? 'give the prototxt of its net' : `its net is ${net}` };
}

/** The kinds, in the order in which they are tried. The last takes what is left. */
export const FILE_KINDS: readonly FileKind[] = [
  { id: 'empty', is: 'an empty file', match: ({ bytes }) => bytes.length === 0 },

  {
    id: 'lfs-pointer',
    is: 'a Git LFS pointer',
    match: starts('version https://git-lfs', 'version https://hawser'),
    advice: { any: 'fetch the file itself with git lfs pull' },
  },
  {
    id: 'html',
    is: 'a web page (HTML)',
    match: matches(/^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)?<(!doctype html|html|head|body)\b/i),
    advice: { any: 'download the raw file' },
  },
  { id: 'xml', is: 'an XML file, such as an OpenVINO model', match: matches(/^(\xef\xbb\xbf)?\s*<\?xml/i) },
  { id: 'utf-16', is: 'UTF-16 text', match: isUtf16, advice: { any: 'save it as UTF-8' } },

  {
    id: 'onnx',
    is: 'an ONNX model',
    match: isOnnx,
    advice: { any: 'import it: it holds a net and its weights' },
  },
  { id: 'tensorflow-saved-model', is: 'a TensorFlow SavedModel', match: isSavedModel, advice: VIA_ONNX },
  { id: 'tensorflow-graph', is: 'a TensorFlow graph', match: isTensorflowGraph, advice: VIA_ONNX },
  {
    id: 'tflite',
    is: 'a TensorFlow Lite model',
    match: ({ text }) => text.startsWith('TFL3', 4),
    advice: VIA_ONNX,
  },
  {
    id: 'hdf5',
    is: 'an HDF5 file',
    match: starts('\x89HDF\r\n'),
    advice: {
      net: HOLDS_WEIGHTS,
      any: 'if Keras wrote it, save its weights as .npz; if Caffe wrote it (.caffemodel.h5), save a binary .caffemodel',
    },
  },
  {
    id: 'keras',
    is: 'a Keras model (.keras)',
    // The name of the first entry follows its header of 30 bytes.
    match: ({ text }) => text.startsWith(ZIP_ENTRY) && /^(metadata|config)\.json/.test(text.slice(30)),
    advice: { net: VIA_ONNX.any, any: 'save its weights as .npz' },
  },
  { id: 'paddle-program', is: 'a PaddlePaddle program', match: isPaddleProgram, advice: VIA_ONNX },
  {
    id: 'paddle-parameters',
    is: 'a file of PaddlePaddle parameters',
    // The versions of the file and of its first tensor and the levels of detail, all 0; then a message of a few bytes.
    match: ({ text, bytes }) => text.startsWith('\0'.repeat(16)) && bytes[16]! > 0 && text.startsWith('\0\0\0\b', 17),
    advice: VIA_ONNX,
  },
  {
    id: 'ncnn-param',
    is: 'an ncnn .param file',
    match: matches(/^7767517\s/),
    advice: { any: 'give the Caffe or ONNX model that it was made from' },
  },
  {
    id: 'darknet-cfg',
    is: 'a Darknet .cfg file',
    match: text(/^(\s*#.*\n)*\s*\[(net|network|convolutional)\]/),
    advice: { any: 'convert the model to ONNX or Caffe first' },
  },
  {
    id: 'darknet-weights',
    is: 'a file of Darknet weights',
    // Three numbers: the version, 0.1.0 to 0.2.5.
    match: ({ text, bytes: [, , , , minor = 0, , , , revision = 9] }) =>
      text.startsWith('\0\0\0\0') && minor > 0 && minor < 3 && revision < 6 && text.startsWith('\0\0\0', 9),
    advice: { any: 'convert the model to ONNX or Caffe first' },
  },

  { id: 'numpy', is: 'a NumPy array (.npy)', match: starts('\x93NUMPY'), advice: TENSORS },
  {
    id: 'zip',
    is: 'a zip archive, such as .npz or .pth',
    match: starts(ZIP_ENTRY, 'PK\x05\x06'),
    advice: TENSORS,
  },
  {
    id: 'pickle',
    is: 'a Python pickle, such as .pth',
    match: ({ bytes: [first, protocol = 255] }) => first === 0x80 && protocol < 32,
    advice: TENSORS,
  },
  { id: 'safetensors', is: 'a safetensors file', match: isSafetensors, advice: TENSORS },

  { id: 'gzip', is: 'a gzip archive', match: starts('\x1f\x8b'), advice: UNPACK },
  { id: 'bzip2', is: 'a bzip2 archive', match: matches(/^BZh[1-9]1AY&SY/), advice: UNPACK },
  { id: 'xz', is: 'an xz archive', match: starts('\xfd7zXZ\0'), advice: UNPACK },
  { id: 'zstd', is: 'a zstd archive', match: starts('\x28\xb5\x2f\xfd'), advice: UNPACK },
  { id: '7z', is: 'a 7z archive', match: starts("7z\xbc\xaf'\x1c"), advice: UNPACK },
  { id: 'rar', is: 'a RAR archive', match: starts('Rar!\x1a\x07'), advice: UNPACK },
  {
    id: 'tar',
    is: 'a tar archive',
    match: ({ text }) => text.startsWith('ustar', 257),
    advice: {
      ...UNPACK,
      weights:
        'unpack it first; if it is a PyTorch checkpoint from before 2017, load it in Python and save it again with torch.save',
    },
  },

  { id: 'jpeg', is: 'a JPEG picture', match: starts('\xff\xd8\xff') },
  { id: 'png', is: 'a PNG picture', match: starts('\x89PNG\r\n') },
  { id: 'gif', is: 'a GIF picture', match: starts('GIF87a', 'GIF89a') },
  { id: 'webp', is: 'a WebP picture', match: matches(/^RIFF[^]{4}WEBP/) },
  { id: 'pdf', is: 'a PDF document', match: starts('%PDF-') },

  {
    id: 'mean-file',
    is: "a mean file of Caffe's (.binaryproto)",
    match: isMeanFile,
    advice: { any: 'the weights are in the .caffemodel', net: 'the net is in a prototxt' },
  },
  {
    id: 'solver-state',
    is: "the state of a solver of Caffe's (.solverstate)",
    match: isSolverState,
    advice: { any: 'the weights are in the .caffemodel beside it', net: 'the net is in a prototxt' },
  },
  {
    id: 'caffemodel',
    is: 'a binary net (a caffemodel)',
    match: (head) => isBinary(head) && isNetParameter(head),
    advice: { any: 'give the prototxt, or convert it to text' },
    uncertain: true,
  },

  {
    id: 'solver',
    is: "a solver's prototxt",
    match: (head) => isText(head) && isSolver(head),
    advice: solverAdvice,
    uncertain: true,
  },
  { id: 'json', is: 'JSON', match: text(/^\s*[[{]\s*([-\d"\]}[{]|$)/), uncertain: true },
  {
    id: 'program',
    is: 'a program',
    match: text(/(?<![^])#!|^(from [\w.]+ import |import [\w.{*'"]|export )/m),
    advice: { net: 'run it to write the prototxt' },
    uncertain: true,
  },
  {
    id: 'prototxt',
    is: "a net's prototxt (text)",
    match: text(/(^|[\s{}])(name|layers?|input(_dim|_shape)?|type|state|force_backward)\s*[:{]/),
    advice: NO_WEIGHTS,
    uncertain: true,
  },
  { id: 'binary', is: 'a binary file', match: isSurelyBinary, advice: { net: 'a prototxt is text' }, uncertain: true },
  { id: 'text', is: 'a text file', match: isSurelyText, uncertain: true },
  { id: 'unknown', is: 'a file of an unknown kind', match: () => true, uncertain: true },
];
