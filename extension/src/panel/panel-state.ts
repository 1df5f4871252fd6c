import { Signal, type ISignal } from '@lumino/signaling';

/** How the person has arranged the panel. Outlives the panel's drawing. */
export class PanelState {
  readonly #changed = new Signal<this, void>(this);
  readonly #folded = new Map<string, boolean>();
  #filter = '';
  #finished = 5;
  #announce: 'all' | 'failures' | 'nothing' = 'all';

  get changed(): ISignal<this, void> { return this.#changed; }
  get folded(): ReadonlyMap<string, boolean> { return this.#folded; }
  get filter(): string { return this.#filter; }
  /** How many operations that went well are listed. */
  get finished(): number { return this.#finished; }
  /** Which ends of operations are read out. */
  get announce(): 'all' | 'failures' | 'nothing' { return this.#announce; }

  fold(key: string, folded: boolean): void {
    this.#folded.set(key, folded);
    this.#changed.emit();
  }

  setFilter(filter: string): void {
    this.#filter = filter;
    this.#changed.emit();
  }

  configure(settings: { readonly finished: number; readonly announce: 'all' | 'failures' | 'nothing' }): void {
    this.#finished = settings.finished;
    this.#announce = settings.announce;
    this.#changed.emit();
  }

  dispose(): void {
    Signal.clearData(this);
  }
}
