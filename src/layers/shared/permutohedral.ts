/** Gaussian filters of many dimensions by a permutohedral lattice, in float32 as CRF-RNN's code computes them. */

const f = Math.fround;

/** Points are placed by four at a time: those that fill up the last four lie at the origin, and their vertices take part. */
const BLOCK = 4;

/**
 * A lattice over points of a feature space. Values are spread to the vertices around each point, blurred along each axis of the
 * lattice, and gathered again.
 * @source Adams et al., Fast high-dimensional filtering using the permutohedral lattice, 2010; modified_permutohedral.cpp of bittnt/caffe
 */
export class PermutohedralLattice {
  readonly #dimensions: number;
  readonly #points: number;
  /** For each point and each of its dimensions + 1 vertices: which vertex, and its share. */
  readonly #vertex: Int32Array;
  readonly #share: Float32Array;
  /** For each axis and each vertex the two neighbours, −1 where there is none. */
  readonly #neighbours: Int32Array;
  readonly #vertices: number;

  /** @param features `dimensions` numbers for each of the points */
  constructor(features: Float32Array, dimensions: number) {
    this.#dimensions = dimensions;
    this.#points = features.length / dimensions;
    const padded = Math.ceil(this.#points / BLOCK) * BLOCK;
    this.#vertex = new Int32Array(padded * (dimensions + 1));
    this.#share = new Float32Array(padded * (dimensions + 1));
    const vertices = new VertexTable(dimensions);
    const origin = new Float32Array(dimensions);
    for (let point = 0; point < padded; point++) {
      const at = point * dimensions;
      this.#place(point, point < this.#points ? features.subarray(at, at + dimensions) : origin, vertices);
    }
    this.#vertices = vertices.size;
    this.#neighbours = vertices.neighbours();
  }

  /** Finds the simplex that a point is in, its vertices, and its barycentric coordinates. */
  #place(point: number, feature: Float32Array, vertices: VertexTable): void {
    const d = this.#dimensions;
    const elevated = new Float32Array(d + 1);
    const spread = f(Math.sqrt(2 / 3) * (d + 1));
    let sum = 0;
    for (let i = d; i > 0; i--) {
      const scaled = f(feature[i - 1]! * f((1 / Math.sqrt((i + 1) * i)) * spread));
      elevated[i] = f(sum - f(i * scaled));
      sum = f(sum + scaled);
    }
    elevated[0] = sum;

    const part = f(1 / (d + 1));
    const rounded = elevated.map((value) => roundHalfEven(f(part * value)));
    const excess = rounded.reduce((total, value) => total + value, 0);
    const nearest = rounded.map((value) => value * (d + 1));
    const rank = new Int32Array(d + 1);
    for (let i = 0; i < d; i++)
      for (let j = i + 1; j <= d; j++) rank[f(elevated[i]! - nearest[i]!) < f(elevated[j]! - nearest[j]!) ? i : j]!++;
    for (let i = 0; i <= d; i++) {
      rank[i]! += excess;
      // Where the point does not lie on the plane of the lattice, it is brought back.
      const turn = rank[i]! < 0 ? d + 1 : rank[i]! > d ? -(d + 1) : 0;
      rank[i]! += turn;
      nearest[i]! += turn;
    }

    const barycentric = new Float32Array(d + 2);
    for (let i = 0; i <= d; i++) {
      const value = f(f(elevated[i]! - nearest[i]!) * part);
      barycentric[d - rank[i]!]! += value;
      barycentric[d - rank[i]! + 1]! -= value;
    }
    barycentric[0]! += f(1 + barycentric[d + 1]!);

    const key = new Int32Array(d);
    for (let colour = 0; colour <= d; colour++) {
      for (let i = 0; i < d; i++) key[i] = nearest[i]! + (rank[i]! > d - colour ? colour - (d + 1) : colour);
      this.#vertex[point * (d + 1) + colour] = vertices.add(key);
      this.#share[point * (d + 1) + colour] = barycentric[colour]!;
    }
  }

  /**
   * Filters planes of values, one value for each point in each plane.
   * @param to where the results go, as many
   */
  filter(from: Float32Array, to: Float32Array): void {
    const [points, corners] = [this.#points, this.#dimensions + 1];
    const scale = f(1 / (1 + 2 ** -this.#dimensions));
    let values = new Float32Array(this.#vertices);
    let blurred = new Float32Array(this.#vertices);
    for (let start = 0; start < from.length; start += points) {
      values.fill(0);
      for (let i = 0; i < points * corners; i++)
        values[this.#vertex[i]!]! += f(this.#share[i]! * from[start + Math.floor(i / corners)]!);
      for (let axis = 0; axis < corners; axis++) {
        for (let v = 0, at = axis * this.#vertices * 2; v < this.#vertices; v++, at += 2) {
          const [one, other] = [this.#neighbours[at]!, this.#neighbours[at + 1]!];
          const beside = f((one < 0 ? 0 : values[one]!) + (other < 0 ? 0 : values[other]!));
          blurred[v] = values[v]! + 0.5 * beside;
        }
        [values, blurred] = [blurred, values];
      }
      for (let point = 0; point < points; point++) {
        let sum = 0;
        for (let i = point * corners; i < (point + 1) * corners; i++)
          sum = f(sum + f(f(this.#share[i]! * scale) * values[this.#vertex[i]!]!));
        to[start + point] = sum;
      }
    }
  }
}

/** The vertices of a lattice by their coordinates, of which the last is left out: all add up to 0. */
class VertexTable {
  readonly #byKey = new Map<string, number>();
  readonly #keys: Int32Array[] = [];

  constructor(readonly dimensions: number) {}

  get size(): number {
    return this.#keys.length;
  }

  /** The number of a vertex, which is a new one where there was none. */
  add(key: Int32Array): number {
    const text = key.join();
    let index = this.#byKey.get(text);
    if (index === undefined) {
      index = this.#keys.push(key.slice()) - 1;
      this.#byKey.set(text, index);
    }
    return index;
  }

  /** For each axis and each vertex its two neighbours along the axis, −1 where there is none. */
  neighbours(): Int32Array {
    const d = this.dimensions;
    const found = new Int32Array((d + 1) * this.size * 2);
    let at = 0;
    for (let axis = 0; axis <= d; axis++)
      for (const key of this.#keys)
        for (const step of [1, -1]) {
          const beside = key.map((value, i) => (i === axis ? value + step * d : value - step));
          found[at++] = this.#byKey.get(beside.join()) ?? -1;
        }
    return found;
  }
}

function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}
