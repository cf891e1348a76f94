/** geometry: places and sizes in a picture, in pixels, and where the parts of a graph go. */

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Positions in pixels from the upper left corner. */
export interface Layout extends Size {
  /** In the order of the graph's nodes: upper left corners. */
  nodes: (Point & Size)[];
  /** In the order of the graph's edges: corners of each line, from the lower side of a node to the upper of another. */
  edges: Point[][];
}
