import type { Logger } from 'pino';

/** What has to be ended, last begun first. Running it twice does it once; one step that fails does not keep the others. */
export class StopSteps {
  readonly #log: Pick<Logger, 'warn' | 'debug'>;
  readonly #steps: { readonly name: string; readonly end: () => Promise<void> | void }[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Pick<Logger, 'warn' | 'debug'>) {
    this.#log = log;
  }

  add(name: string, end: () => Promise<void> | void): void {
    this.#steps.push({ name, end });
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (const { name, end } of this.#steps.reverse()) {
      try {
        await end();
        this.#log.debug({ step: name }, 'ended');
      } catch (error) {
        this.#log.warn({ err: error, step: name }, 'could not be ended in order');
      }
    }
  }
}
