import { isFinished, type OperationView } from '../wire/index.js';
import { fit, type Terminal } from './terminal.js';
import { duration } from './wording.js';

const FRAME_MS = 250;

/** Shows an operation while it runs: one line drawn over on a screen, plain lines elsewhere. */
export class OperationProgress {
  readonly #terminal: Terminal;
  readonly #said = new Set<string>();
  #view: OperationView | undefined;
  #received = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(view: OperationView): void {
    this.#view = view;
    this.#received = Date.now();
    if (this.#terminal.isScreen) {
      this.#draw();
      this.#timer ??= setInterval(() => this.#draw(), FRAME_MS);
      this.#timer.unref();
      return;
    }
    for (const resource of view.resources) {
      const line = `${view.vc}: ${resource.kind} ${resource.name}: ${resource.state === 'running' ? resource.phase : resource.state}`;
      if (resource.state === 'waiting' || this.#said.has(line)) continue;
      this.#said.add(line);
      this.#terminal.err(`${line}\n`);
    }
  }

  /** Takes the line away again. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#terminal.isScreen && this.#view !== undefined) this.#terminal.err('\r\u001b[2K');
    this.#view = undefined;
  }

  #draw(): void {
    const view = this.#view;
    if (view === undefined) return;
    const elapsed = view.timing.totalMs + (isFinished(view.state) ? 0 : Date.now() - this.#received);
    const running = view.resources.filter(resource => resource.state === 'running').map(({ name, phase }) => (phase.includes(name) ? phase : `${name}: ${phase}`));
    const words = `◐ ${view.title}  ${view.progress.done}/${view.progress.total}  ${duration(elapsed)}  ${running.join(', ') || view.phase}`;
    this.#terminal.err(`\r\u001b[2K${fit(words, this.#terminal.columns - 1)}`);
  }
}
