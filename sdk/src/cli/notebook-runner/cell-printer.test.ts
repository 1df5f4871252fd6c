import { describe, expect, it } from 'vitest';
import { CellPrinter } from './cell-printer.js';

function printer(isScreen: boolean) {
  const said = { out: '', err: '' };
  const made = new CellPrinter({ out: text => { said.out += text; }, err: text => { said.err += text; }, isScreen, ask: undefined, columns: 20 });
  return { said, made };
}

const display = (text: string, id?: string) => ({ data: { 'text/plain': text }, metadata: {}, transient: id === undefined ? {} : { display_id: id } });

describe('CellPrinter', () => {
  it('prints a display that changes once, as it is at the end', () => {
    const { said, made } = printer(false);
    made.show('display_data', display('0 %', 'd'));
    made.show('stream', { name: 'stdout', text: 'line\n' });
    made.show('update_display_data', display('✔ done', 'd'));
    made.show('update_display_data', display('of another cell', 'other'));
    made.show('execute_result', display('3'));
    made.end();
    expect(said).toEqual({ out: 'line\n3\n✔ done\n', err: '' });
  });

  it('draws it over on a screen meanwhile', () => {
    const { said, made } = printer(true);
    made.show('display_data', display('a text that is longer than the screen\nsecond', 'd'));
    made.show('error', { traceback: ['E'] });
    made.end();
    expect(said.err).toBe('\r\u001b[2Ka text that is lon…\r\u001b[2KE\n');
    expect(said.out).toBe('a text that is longer than the screen\nsecond\n');
  });
});
