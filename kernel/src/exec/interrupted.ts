/** The person at the notebook stopped the cell. Named as in Jupyter's first kernel, because front ends know the name. */
export class Interrupted extends Error {
  override readonly name = 'KeyboardInterrupt';

  constructor() {
    super('The cell was interrupted. Variables keep what was assigned before.');
  }
}
