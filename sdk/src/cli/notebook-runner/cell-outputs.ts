import type { Output } from './notebook-file.js';

type Content = Readonly<Record<string, unknown>>;
interface Stored { output_type: string; [key: string]: unknown }

/** Collects what cells show, by the rules of Jupyter: streams join, displays with an id are changed in place, clearing may wait. */
export class CellOutputs {
  readonly #cells = new Map<string, Stored[]>();
  readonly #displays = new Map<string, Stored[]>();
  #clearNext = new Set<string>();

  of(cell: string): readonly Output[] {
    return this.#cells.get(cell) ?? [];
  }

  /** Takes one iopub message; true when it was an output. */
  take(cell: string, type: string, content: Content): boolean {
    switch (type) {
      case 'stream': this.#stream(cell, String(content['name']), String(content['text'])); return true;
      case 'display_data': this.#add(cell, { output_type: 'display_data', data: content['data'], metadata: content['metadata'] ?? {} }, displayId(content)); return true;
      case 'execute_result': this.#add(cell, { output_type: 'execute_result', data: content['data'], metadata: content['metadata'] ?? {}, execution_count: content['execution_count'] ?? null }, displayId(content)); return true;
      case 'error': this.#add(cell, { output_type: 'error', ename: content['ename'], evalue: content['evalue'], traceback: content['traceback'] ?? [] }, undefined); return true;
      case 'update_display_data': this.#update(displayId(content), content); return true;
      case 'clear_output': this.#clear(cell, content['wait'] === true); return true;
      default: return false;
    }
  }

  #outputs(cell: string): Stored[] {
    const outputs = this.#cells.get(cell) ?? [];
    this.#cells.set(cell, outputs);
    if (this.#clearNext.delete(cell)) outputs.length = 0;
    return outputs;
  }

  #add(cell: string, output: Stored, id: string | undefined): void {
    this.#outputs(cell).push(output);
    if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output]);
  }

  #stream(cell: string, name: string, text: string): void {
    const outputs = this.#outputs(cell);
    const last = outputs.at(-1);
    if (last?.output_type === 'stream' && last['name'] === name) last['text'] = String(last['text']) + text;
    else outputs.push({ output_type: 'stream', name, text });
  }

  #update(id: string | undefined, content: Content): void {
    for (const output of id === undefined ? [] : this.#displays.get(id) ?? []) Object.assign(output, { data: content['data'], metadata: content['metadata'] ?? {} });
  }

  #clear(cell: string, wait: boolean): void {
    if (wait) this.#clearNext.add(cell);
    else this.#cells.set(cell, []);
  }
}

function displayId(content: Content): string | undefined {
  const id = (content['transient'] as Content | undefined)?.['display_id'];
  return typeof id === 'string' ? id : undefined;
}
