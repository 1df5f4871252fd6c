/** The holder of one variable of the notebook. Functions of earlier cells keep the box, not the value. */
export interface Box {
  v: unknown;
}

/** The variables of a notebook. */
export class Boxes {
  readonly #boxes = new Map<string, Box>();

  box(name: string): Box {
    let box = this.#boxes.get(name);
    if (!box) this.#boxes.set(name, (box = { v: undefined }));
    return box;
  }

  has(name: string): boolean {
    return this.#boxes.has(name);
  }

  get(name: string): unknown {
    return this.#boxes.get(name)?.v;
  }

  names(): readonly string[] {
    return [...this.#boxes.keys()];
  }

  /** The boxes of these names as the second argument of a compiled cell. */
  pick(names: readonly string[]): Readonly<Record<string, Box>> {
    return Object.fromEntries(names.map((name) => [name, this.box(name)]));
  }
}
